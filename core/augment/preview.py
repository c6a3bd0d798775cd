"""Previews of a recipe: pure functions of one photo, with a caption for each picture.

`number` is the photo's key as a number (`photos.key_number`). The pictures are the ones that training sees. A recipe
that mixes photos needs `partners`: with the training photos, they are those of training.
"""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from core import photos
from core.augment import chance, engine
from core.augment.catalogue import transform as find
from core.augment.partners import NamedPartners, mixes, parts
from core.augment.passes import Draw, sort_by_stage
from core.augment.recipe import Recipe, Step, choice_count, step
from core.augment.transform import Floats, Pixels, Transform

UNCHANGED = "unchanged"
SIZE = 299  # px, the largest size in Machine Learning Zoomcamp


@dataclass(frozen=True)
class Preview:
    """A picture with its texts: `label` says which picture it is, `caption` what was done to it."""

    pixels: Pixels  # uint8 (height, width, 3)
    label: str
    caption: str
    partners: tuple[tuple[str, float], ...] = ()  # labels of the photos mixed in, and their shares in its label


def draws(
    pixels: Pixels, number: int, recipe: Recipe, seed: int, count: int, partners: NamedPartners | None = None
) -> list[Preview]:
    """The photo's first `count` views: view 0 is what the first epoch sees."""
    draws = engine.draw(recipe, number, range(count), seed)
    stack = np.broadcast_to(pixels, (count, *pixels.shape))
    pictures = _render(stack, recipe, draws, range(count), seed, partners)
    mixed = _Mixed(draws, pixels, partners)
    return [
        Preview(picture, f"View {view + 1}", caption, mixed.partners(view))
        for view, (picture, caption) in enumerate(zip(pictures, _captions(draws, count, mixed), strict=True))
    ]


def across(
    photos: Sequence[Pixels],
    number: int,
    recipe: Recipe,
    seed: int,
    view: int = 0,
    partners: NamedPartners | None = None,
) -> list[Preview]:
    """The same draw on several photos of one size: all get the values that photo `number` gets in this view.

    Training never does this: there, each photo has values of its own (`draws`).
    """
    draws = engine.draw(recipe, [number] * len(photos), view, seed)
    stack: Pixels = np.stack(list(photos))
    pictures = _render(stack, recipe, draws, view, seed, partners)
    captions = _captions(draws, len(stack), _Mixed(draws, stack[0], partners))
    return [
        Preview(picture, f"Photo {place}", caption)
        for place, (picture, caption) in enumerate(zip(pictures, captions, strict=True), 1)
    ]


def strip(
    pixels: Pixels,
    transform_key: str,
    settings: Mapping[str, Any],
    steps: int = 7,
    partners: NamedPartners | None = None,
) -> list[Preview]:
    """A single transform from one end of its settings to the other, in `steps` pictures.

    Nothing is random: evenly spaced numbers from 0 to 1 replace the random ones. A transform that is only on or off (a
    flip) gives two pictures, one that only carries settings (the border) gives the photo itself. Raises SettingsError
    for settings out of range.
    """
    transform = find(transform_key)
    checked = step(transform_key, 1.0, **settings)
    if not transform.draws:
        return [Preview(pixels, transform.label, transform.caption())]
    if not transform.uniforms:
        (changed,) = _render(pixels[None], (checked,), _draw(checked, np.zeros((1, 0))), 0, 0)
        return [Preview(pixels, transform.label, "off"), Preview(changed, transform.label, "on")]
    draws = _draw(checked, _sweep(transform, steps))
    pictures = _render(np.broadcast_to(pixels, (steps, *pixels.shape)), (checked,), draws, 0, 0, partners)
    mixed = _Mixed(draws, pixels, partners)
    rows = engine.captions(draws, mixed.words)
    return [
        Preview(picture, *row[0], mixed.partners(i))
        for i, (picture, row) in enumerate(zip(pictures, rows, strict=True))
    ]


class _Mixed:
    """Which partners the pictures have, in words and as labels with their shares."""

    def __init__(self, draws: Sequence[Draw], pixels: Pixels, partners: NamedPartners | None) -> None:
        height, width = pixels.shape[:2]
        self._mixes = mixes(draws, height, width, partners)
        self._partners = partners
        self.words = {
            mix.transform.key: [
                f"{1 - share:.0%} this photo, {share:.0%} {self._label(place)}"
                for place, share in zip(mix.places.tolist(), mix.shares.tolist(), strict=True)
            ]
            for mix in self._mixes
        }

    def partners(self, i: int) -> tuple[tuple[str, float], ...]:
        """The labels of the photos that are mixed into picture `i`, with their shares in its label."""
        return tuple((self._label(place), share) for place, share in parts(self._mixes, i))

    def _label(self, place: int) -> str:
        assert self._partners is not None
        return self._partners.label(place)


def _captions(draws: Sequence[Draw], count: int, mixed: _Mixed) -> list[str]:
    """What each of `count` pictures got, in one line."""
    rows = engine.captions(draws, mixed.words) or [[] for _ in range(count)]
    return [" · ".join(f"{label} {value}" for label, value in row) or UNCHANGED for row in rows]


def _draw(step: Step, u: Floats) -> tuple[Draw, ...]:
    return (Draw(step, np.ones(len(u), np.bool_), step.transform.draw(u, **step.settings)),)


def _sweep(transform: Transform, steps: int) -> Floats:
    """Numbers (steps, uniforms) from 0 to just below 1, or the other way; those that don't move are random."""
    up = np.linspace(0, 1, steps) * (1 - 2.0**-53)
    still = chance.uniforms(0, 0, 0, transform.key, transform.uniforms)[0]
    directions = transform.sweep or (1,) * transform.uniforms
    ways = {1: up, -1: up[::-1]}
    return np.stack([ways.get(way, np.full(steps, u)) for way, u in zip(directions, still, strict=True)], axis=1)


def steps(
    pixels: Pixels, number: int, recipe: Recipe, seed: int, view: int = 0, partners: NamedPartners | None = None
) -> list[Preview]:
    """The original photo, the photo after each step in the order of application, and the result.

    Each picture fuses the steps so far: it is warped once, not again for each step. A step that skips the photo in
    this view is included, and its caption says so; with a choice of steps it is left out, since most steps skip it.
    """
    ordered = sort_by_stage(engine.draw(recipe, number, [view], seed))
    mixed = _Mixed(ordered, pixels, partners)
    captions = iter(engine.captions(ordered, mixed.words)[0] if ordered else [])
    previews = [Preview(pixels, "Original", "")]

    def after(count: int) -> Pixels:
        (picture,) = _render(pixels[None], recipe, ordered[:count], view, seed, partners)
        return np.asarray(picture)

    active = [count for count, draw in enumerate(ordered, 1) if draw.active[0]]
    pictures = dict(zip(active, _threads().map(after, active), strict=True))
    chooses = choice_count(recipe) is not None
    for count, draw in enumerate(ordered, 1):
        label = draw.step.transform.label
        if count in pictures:
            previews.append(Preview(pictures[count], label, next(captions)[1]))
        elif not chooses:
            previews.append(Preview(previews[-1].pixels, label, "not in this view"))
    return [*previews, Preview(previews[-1].pixels, "Result", f"View {view + 1}")]


def _render(
    stack: Pixels,
    recipe: Recipe,
    draws: Sequence[Draw],
    views: ArrayLike,
    seed: int,
    partners: NamedPartners | None = None,
) -> Pixels:
    if not draws:
        return stack
    return engine.render(stack, views, recipe, draws, seed, _threads() if len(stack) > 1 else None, partners)


def encode(pixels: Pixels) -> bytes:
    """`pixels` as PNG, which loses nothing, so that a black patch has clean edges."""
    return photos.png(pixels)


def encode_all(previews: Sequence[Preview]) -> list[bytes]:
    """The pictures as PNG, encoded on all cores; equal pictures are encoded once."""
    distinct = {id(preview.pixels): preview.pixels for preview in previews}
    files = dict(zip(distinct, _threads().map(encode, distinct.values()), strict=True))
    return [files[id(preview.pixels)] for preview in previews]


def sheet(previews: Sequence[Preview], columns: int = 4) -> bytes:
    """The pictures side by side in one PNG, with a thin white line between them."""
    side, gap = previews[0].pixels.shape[0], 4
    rows = -(-len(previews) // columns)
    paper = np.full((rows * (side + gap) - gap, columns * (side + gap) - gap, 3), 255, np.uint8)
    for i, preview in enumerate(previews):
        top, left = (side + gap) * (i // columns), (side + gap) * (i % columns)
        paper[top : top + side, left : left + side] = preview.pixels
    return encode(paper)


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(min(4, os.cpu_count() or 1), thread_name_prefix="preview")
