"""What a page shows of a recipe: pure functions of one photo, with the words below each picture.

`number` is the photo's key as a number (`photos.key_number`). The pictures are those that training sees.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from core import photos
from core.augment import chance, engine
from core.augment.catalogue import transform as find
from core.augment.passes import Drawn, in_order
from core.augment.recipe import Recipe, step
from core.augment.transform import Floats, Pixels, Transform

UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Shown:
    """A picture with its words: `label` says which one it is, `caption` what was done to it."""

    pixels: Pixels  # uint8 (height, width, 3)
    label: str
    caption: str


def draws(pixels: Pixels, number: int, recipe: Recipe, seed: int, count: int) -> list[Shown]:
    """The photo's first `count` views: view 0 is what the first epoch sees."""
    return _views(pixels, number, recipe, seed, [(view, f"View {view + 1}") for view in range(count)])


def in_epochs(
    pixels: Pixels, number: int, recipe: Recipe, seed: int, epochs: Iterable[int], views: int | None = None
) -> list[Shown]:
    """The photo as training sees it in these epochs, which count from 0.

    With `views`, the number of views in the feature bank, epoch e sees view e mod views; without, each its own.
    """
    numbered = [(epoch if views is None else epoch % views, f"Epoch {epoch + 1}") for epoch in epochs]
    return _views(pixels, number, recipe, seed, numbered)


def _views(pixels: Pixels, number: int, recipe: Recipe, seed: int, numbered: Sequence[tuple[int, str]]) -> list[Shown]:
    drawn = engine.draw(recipe, number, [view for view, _ in numbered], seed)
    changed = _applied(pixels, recipe, drawn, len(numbered))
    told = engine.captions(drawn) or [[] for _ in numbered]
    said = [" · ".join(f"{label} {value}" for label, value in one) or UNCHANGED for one in told]
    return [Shown(*shown) for shown in zip(changed, (label for _, label in numbered), said, strict=True)]


def strip(pixels: Pixels, transform_key: str, settings: Mapping[str, Any], steps: int = 7) -> list[Shown]:
    """One transform by itself from one end of what its settings allow to the other, in `steps` pictures.

    Nothing is left to chance: in place of random numbers those from 0 to 1 are put in. A transform that knows only
    yes and no (a flip) gives two pictures, one that only sets something (the border) the photo as it is. Raises
    SettingsError for settings out of range.
    """
    one = find(transform_key)
    checked = step(transform_key, 1.0, **settings)
    if not one.draws:
        return [Shown(pixels, one.label, one.caption())]
    if not one.uniforms:
        (changed,) = _applied(pixels, (checked,), _given(checked, np.zeros((1, 0))), 1)
        return [Shown(pixels, one.label, "off"), Shown(changed, one.label, "on")]
    drawn = _given(checked, _sweep(one, steps))
    told = engine.captions(drawn)
    changed = _applied(pixels, (checked,), drawn, steps)
    return [Shown(picture, *words[0]) for picture, words in zip(changed, told, strict=True)]


def _given(checked: Any, u: Floats) -> tuple[Drawn, ...]:
    return (Drawn(checked, np.ones(len(u), np.bool_), checked.transform.draw(u, **checked.settings)),)


def _sweep(one: Transform, steps: int) -> Floats:
    """(steps, uniforms) from 0 to just below 1, or the other way; what doesn't move lies where chance would put it."""
    up = np.linspace(0, 1, steps) * (1 - 2.0**-53)
    still = chance.uniforms(0, 0, 0, one.key, one.uniforms)[0]
    directions = one.sweep or (1,) * one.uniforms
    ways = {1: up, -1: up[::-1]}
    return np.stack([ways.get(way, np.full(steps, u)) for way, u in zip(directions, still, strict=True)], axis=1)


def steps(pixels: Pixels, number: int, recipe: Recipe, seed: int, view: int = 0) -> list[Shown]:
    """The photo, what it looks like after each step in the order in which they are applied, and the result.

    Each picture is what the engine makes of the steps so far, fused: one warp, not one after the other. A step that
    passes the photo over in this view is there too, and says so.
    """
    ordered = in_order(engine.draw(recipe, number, [view], seed))
    told = iter(engine.captions(ordered)[0] if ordered else [])
    shown = [Shown(pixels, "Original", "")]

    def after(count: int) -> Pixels:
        (picture,) = _applied(pixels, recipe, ordered[:count], 1)
        return np.asarray(picture)

    happening = [count for count, one in enumerate(ordered, 1) if one.active[0]]
    pictures = dict(zip(happening, _threads().map(after, happening), strict=True))
    for count, one in enumerate(ordered, 1):
        label = one.step.transform.label
        if count in pictures:
            shown.append(Shown(pictures[count], label, next(told)[1]))
        else:
            shown.append(Shown(shown[-1].pixels, label, "not in this view"))
    return [*shown, Shown(shown[-1].pixels, "Result", f"View {view + 1}")]


def _applied(pixels: Pixels, recipe: Recipe, drawn: Sequence[Drawn], count: int) -> Pixels:
    copies = np.broadcast_to(pixels, (count, *pixels.shape))
    if not drawn:
        return copies
    return engine.apply(copies, engine.fuse(recipe, drawn, *pixels.shape[:2]), _threads() if count > 1 else None)


def encoded(pixels: Pixels) -> bytes:
    """`pixels` as PNG, for showing: what was computed and nothing else, so that a black patch has clean edges."""
    return photos.png(pixels)


def all_encoded(shown: Sequence[Shown]) -> list[bytes]:
    """The pictures as `encoded`, on all cores; one that comes twice is encoded once."""
    different = {id(one.pixels): one.pixels for one in shown}
    files = dict(zip(different, _threads().map(encoded, different.values()), strict=True))
    return [files[id(one.pixels)] for one in shown]


def sheet(shown: Sequence[Shown], columns: int = 4) -> bytes:
    """The pictures side by side in one PNG, with a thin white line between them."""
    side, gap = shown[0].pixels.shape[0], 4
    rows = -(-len(shown) // columns)
    paper = np.full((rows * (side + gap) - gap, columns * (side + gap) - gap, 3), 255, np.uint8)
    for i, one in enumerate(shown):
        top, left = (side + gap) * (i // columns), (side + gap) * (i % columns)
        paper[top : top + side, left : left + side] = one.pixels
    return encoded(paper)


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(min(4, os.cpu_count() or 1), thread_name_prefix="preview")
