"""Photos as other people and cameras would have taken or sent them, at five severities.

Noise, defocus and zoom blur, brightness, contrast, pixelation and JPEG follow Hendrycks and Dietterich 2019 (ICLR,
"Benchmarking neural network robustness to common corruptions and perturbations"), with the severities used there for
photos of 224 px. Motion blur, low light, white balance, crops, distance, tilt and other backdrops are this project's.
Every function takes uint8 (side, side, 3), a severity from 1 to 5 and a random generator, and returns the same shape.
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from core.datasets import other_things
from core.photos import foreground

Pixels = NDArray[np.uint8]
Corruption = Callable[[Pixels, int, Generator], Pixels]

SEVERITIES = (1, 2, 3, 4, 5)
REFERENCE_SIDE = 224  # px, the side for which radii and lengths are given
BACKDROPS = ("wood", "marble", "bricks", "clouds", "stripes", "checkerboard")


def _of(severity: int, *values: float) -> float:
    return values[severity - 1]


def _levels(levels: NDArray[np.floating]) -> Pixels:
    """Levels from 0 to 1 as bytes."""
    return np.clip(255 * levels + 0.5, 0, 255).astype(np.uint8)


def gaussian_noise(photo: Pixels, severity: int, random: Generator) -> Pixels:
    return _levels(photo / 255 + random.normal(0, _of(severity, 0.08, 0.12, 0.18, 0.26, 0.38), photo.shape))


def shot_noise(photo: Pixels, severity: int, random: Generator) -> Pixels:
    photons = _of(severity, 60, 25, 12, 5, 3)
    return _levels(random.poisson(photo / 255 * photons) / photons)


def impulse_noise(photo: Pixels, severity: int, random: Generator) -> Pixels:
    share = _of(severity, 0.03, 0.06, 0.09, 0.17, 0.27)
    chosen = random.random(photo.shape)
    return np.where(chosen < share / 2, 0, np.where(chosen > 1 - share / 2, 255, photo)).astype(np.uint8)


def defocus_blur(photo: Pixels, severity: int, random: Generator) -> Pixels:
    radius = _of(severity, 3, 4, 6, 8, 10) * len(photo) / REFERENCE_SIDE
    reach = int(np.ceil(radius))
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disk = np.clip(radius + 0.5 - np.hypot(rows, columns), 0, 1)
    return cv2.filter2D(photo, -1, disk / disk.sum(), borderType=cv2.BORDER_REFLECT)  # type: ignore[return-value]


def motion_blur(photo: Pixels, severity: int, random: Generator) -> Pixels:
    length = max(3, round(_of(severity, 10, 15, 20, 25, 30) * len(photo) / REFERENCE_SIDE)) | 1
    line = np.zeros((length, length), np.float32)
    line[length // 2] = 1
    turn = cv2.getRotationMatrix2D((length // 2, length // 2), random.uniform(-45, 45), 1)
    line = cv2.warpAffine(line, turn, (length, length))
    return cv2.filter2D(photo, -1, line / line.sum(), borderType=cv2.BORDER_REFLECT)  # type: ignore[return-value]


def zoom_blur(photo: Pixels, severity: int, random: Generator) -> Pixels:
    zooms = np.linspace(1, _of(severity, 1.1, 1.15, 1.2, 1.25, 1.3), 8)
    return _levels(np.mean([_zoomed(photo, zoom) / 255 for zoom in zooms], axis=0))


def brightness(photo: Pixels, severity: int, random: Generator) -> Pixels:
    hsv = cv2.cvtColor((photo / 255).astype(np.float32), cv2.COLOR_RGB2HSV)
    hsv[..., 2] = np.clip(hsv[..., 2] + _of(severity, 0.1, 0.2, 0.3, 0.4, 0.5), 0, 1)
    return _levels(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB))


def low_light(photo: Pixels, severity: int, random: Generator) -> Pixels:
    light, noise = _of(severity, 0.6, 0.45, 0.3, 0.2, 0.13), _of(severity, 0.01, 0.02, 0.03, 0.04, 0.05)
    return _levels((photo / 255) ** 1.2 * light + random.normal(0, noise, photo.shape))


def contrast(photo: Pixels, severity: int, random: Generator) -> Pixels:
    levels = photo / 255
    mean = levels.mean((0, 1), keepdims=True)
    return _levels((levels - mean) * _of(severity, 0.4, 0.3, 0.2, 0.1, 0.05) + mean)


def white_balance(photo: Pixels, severity: int, random: Generator) -> Pixels:
    """As under a lamp, or in the shade: red and blue change in opposite directions, green a little."""
    strength = _of(severity, 0.1, 0.2, 0.3, 0.4, 0.5) * random.choice([-1, 1])
    gains = np.array([1 + strength, 1 + random.uniform(-0.2, 0.2) * strength, 1 - strength])
    return _levels(photo / 255 * gains / gains.mean())


def crop(photo: Pixels, severity: int, random: Generator) -> Pixels:
    """A part of the photo, as large as the whole."""
    side = round(len(photo) * _of(severity, 0.9, 0.8, 0.7, 0.6, 0.5))
    top, left = random.integers(0, len(photo) - side + 1, 2)
    part = photo[top : top + side, left : left + side]
    return cv2.resize(part, photo.shape[1::-1], interpolation=cv2.INTER_CUBIC)  # type: ignore[return-value]


def distance(photo: Pixels, severity: int, random: Generator) -> Pixels:
    """The photo from further away; what its borders show goes on, out of focus."""
    side = round(len(photo) * _of(severity, 0.85, 0.72, 0.6, 0.5, 0.4))
    small = cv2.resize(photo, (side, side), interpolation=cv2.INTER_AREA)
    top, left = (int(place) for place in random.integers(0, len(photo) - side + 1, 2))
    rest = len(photo) - side
    around = cv2.copyMakeBorder(small, top, rest - top, left, rest - left, cv2.BORDER_REPLICATE)
    far = cv2.GaussianBlur(around, (0, 0), len(photo) / 40)
    far[top : top + side, left : left + side] = small
    return far  # type: ignore[return-value]


def tilt(photo: Pixels, severity: int, random: Generator) -> Pixels:
    degrees = _of(severity, 8, 16, 25, 35, 45) * random.choice([-1, 1])
    centre = (len(photo) / 2 - 0.5, len(photo) / 2 - 0.5)
    turn = cv2.getRotationMatrix2D(centre, degrees, 1)
    return cv2.warpAffine(photo, turn, photo.shape[1::-1], borderMode=cv2.BORDER_REFLECT)  # type: ignore[return-value]


def pixelate(photo: Pixels, severity: int, random: Generator) -> Pixels:
    side = max(1, round(len(photo) * _of(severity, 0.6, 0.5, 0.4, 0.3, 0.25)))
    small = cv2.resize(photo, (side, side), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, photo.shape[1::-1], interpolation=cv2.INTER_NEAREST)  # type: ignore[return-value]


def jpeg(photo: Pixels, severity: int, random: Generator) -> Pixels:
    quality = int(_of(severity, 25, 18, 15, 10, 7))
    written = cv2.imencode(".jpg", photo[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return cv2.imdecode(written, cv2.IMREAD_COLOR)[..., ::-1]  # type: ignore[index]


def backdrop(photo: Pixels, severity: int, random: Generator) -> Pixels:
    """The garment in front of a drawn texture, which covers the old backdrop more with each severity."""
    picture = other_things.picture(str(random.choice(BACKDROPS)), int(random.integers(0, 40)))
    texture = cv2.resize(picture, photo.shape[1::-1], interpolation=cv2.INTER_AREA) / 255
    mask = cv2.resize(foreground.mask(photo), photo.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    covered = (1 - mask[..., None]) * _of(severity, 0.2, 0.4, 0.6, 0.8, 1.0)
    return _levels(photo / 255 * (1 - covered) + texture * covered)


def _zoomed(photo: Pixels, zoom: float) -> Pixels:
    centre = (len(photo) / 2 - 0.5, len(photo) / 2 - 0.5)
    return cv2.warpAffine(photo, cv2.getRotationMatrix2D(centre, 0, zoom), photo.shape[1::-1])  # type: ignore[return-value]


CORRUPTIONS: dict[str, Corruption] = {
    "Gaussian noise": gaussian_noise,
    "shot noise": shot_noise,
    "impulse noise": impulse_noise,
    "defocus blur": defocus_blur,
    "motion blur": motion_blur,
    "zoom blur": zoom_blur,
    "pixelation": pixelate,
    "JPEG": jpeg,
    "brightness": brightness,
    "low light": low_light,
    "contrast": contrast,
    "white balance": white_balance,
    "crop": crop,
    "distance": distance,
    "tilt": tilt,
    "backdrop": backdrop,
}
