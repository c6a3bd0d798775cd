"""Pictures of things other than clothes, all drawn by code: an honest model answers "none of these".

`KINDS` has a painter for each kind of picture. It gets a random generator and a side in pixels and returns uint8
(side, side, 3). `picture(kind, number)` is always the same picture. `crop` makes background crops, the only kind that
needs photos.
"""

from collections.abc import Callable, Iterator

import cv2
import numpy as np
from numpy.random import Generator

from core.datasets.other_things import brush, charts, papers, scenes, screens, textures
from core.datasets.other_things.brush import Pixels

SIDE = 256  # px

Painter = Callable[[Generator, int], Pixels]

SCENES: dict[str, Painter] = {
    "landscape": scenes.landscape,
    "sea": scenes.sea,
    "houses": scenes.houses,
    "car": scenes.car,
    "face": scenes.face,
    "cat": scenes.cat,
    "fruit": scenes.fruit,
    "night sky": scenes.night_sky,
}
TEXTURES: dict[str, Painter] = {
    "noise": textures.noise,
    "gradient": textures.gradient,
    "stripes": textures.stripes,
    "checkerboard": textures.checkerboard,
    "clouds": textures.clouds,
    "wood": textures.wood,
    "marble": textures.marble,
    "bricks": textures.bricks,
}
PAPERS: dict[str, Painter] = {
    "printed page": papers.page,
    "handwriting": papers.handwriting,
    "receipt": papers.receipt,
    "square code": papers.square_code,
    "barcode": papers.barcode,
}
SCREENS: dict[str, Painter] = {
    "window": screens.window,
    "editor": screens.editor,
    "phone": screens.phone,
    "bar chart": charts.bars,
    "line chart": charts.curves,
    "pie chart": charts.pie,
}
KINDS = {**SCENES, **TEXTURES, **PAPERS, **SCREENS}


def picture(kind: str, number: int, side: int = SIDE) -> Pixels:
    """The picture of a kind and number: uint8 (side, side, 3), always the same one."""
    rng = np.random.default_rng([number, *kind.encode()])
    pixels = KINDS[kind](rng, side)
    return pixels if kind in TEXTURES or rng.random() < 0.5 else _photographed(rng, pixels)


def pictures(count: int, side: int = SIDE) -> Iterator[tuple[str, Pixels]]:
    """The first `count` pictures of each kind, with their kinds."""
    return ((kind, picture(kind, number, side)) for kind in KINDS for number in range(count))


def crop(photo: Pixels, corner: int) -> Pixels:
    """A corner of a photo, a fifth of its sides: usually wall, floor, table or grass."""
    height, width = photo.shape[0] // 5, photo.shape[1] // 5
    top, left = corner % 2 * (photo.shape[0] - height), corner // 2 % 2 * (photo.shape[1] - width)
    return np.ascontiguousarray(photo[top : top + height, left : left + width])


def _photographed(rng: Generator, pixels: Pixels) -> Pixels:
    """The picture as a camera would take it: a little blur, uneven light, noise."""
    side = len(pixels)
    soft = cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.4, 1.2) * side / SIDE)
    y, x = np.mgrid[0:side, 0:side] / side
    light = 1 - rng.uniform(0, 0.4) * np.hypot(x - rng.random(), y - rng.random())
    return brush.shades(soft * light[..., None] + rng.normal(0, rng.uniform(1, 5), soft.shape))
