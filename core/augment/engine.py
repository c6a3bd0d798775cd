"""The engine: draw for a whole batch at once, fuse what was drawn, apply it to the pixels.

However many geometric transforms are on, there is one matrix and one warp, so one interpolation and no stacked blur;
however many tables, there is one table. What is drawn depends on (seed, view, photo, transform) alone: batches,
threads and the other transforms of the recipe don't matter, and the preview of view 3 is what training sees in view 3.
"""

import hashlib
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.augment.recipe import Recipe, Step
from core.augment.transform import Floats, Stage, Values

cv2.setNumThreads(1)  # photos are spread over threads here; OpenCV's own threads per photo only get in the way

BORDERS = {
    "nearest": cv2.BORDER_REPLICATE,
    "reflect": cv2.BORDER_REFLECT,
    "wrap": cv2.BORDER_WRAP,
    "constant": cv2.BORDER_CONSTANT,
}
GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Drawn:
    """What one step drew for a batch: for whom it happens, and with which values."""

    step: Step
    active: NDArray[np.bool_]  # (photos,)
    values: Values


@dataclass(frozen=True)
class Plan:
    """What is done to each photo of a batch, fused. None where nothing of that kind is on."""

    matrices: Floats | None  # (photos, 2, 3), from output to input pixels
    tables: NDArray[np.uint8] | None  # (photos, 256)
    patches: NDArray[np.intp] | None  # (photos, patches, 5): left, top, right, bottom, grey; empty ones do nothing
    border: int  # OpenCV's border mode
    cval: float


def uniforms(seed: int, views: ArrayLike, keys: ArrayLike, transform_key: str, count: int) -> Floats:
    """Uniform numbers in [0, 1): float64 (photos, count), a pure function of the arguments.

    `keys` are the photos' numbers (uint64), `views` counts from 0; the two are broadcast. The numbers come from the
    SplitMix64 mixing function (Steele, Lea & Flood 2014, "Fast splittable pseudorandom number generators", OOPSLA):
    a NumPy generator per photo would halve the engine's speed.
    """
    keys, views = np.broadcast_arrays(np.asarray(keys, np.uint64), np.asarray(views, np.uint64))
    with np.errstate(over="ignore"):  # arithmetic modulo 2^64 is what is wanted
        start = _mixed(np.uint64(seed % 2**64) * GOLDEN + np.uint64(_number(transform_key)))
        state = _mixed(_mixed(start + keys * GOLDEN) + views * GOLDEN)
        counters = np.arange(1, count + 1, dtype=np.uint64) * GOLDEN
        bits = _mixed(state.reshape(-1, 1) + counters)
        numbers: Floats = (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return numbers


def _mixed(bits: Any) -> Any:
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


@lru_cache
def _number(transform_key: str) -> int:
    return int.from_bytes(hashlib.blake2b(transform_key.encode(), digest_size=8).digest(), "little")


def draw(recipe: Recipe, keys: ArrayLike, views: ArrayLike, seed: int) -> tuple[Drawn, ...]:
    """What every step draws for each photo; `keys` and `views` are broadcast to (photos,)."""
    drawn = []
    for step in recipe:
        if not step.transform.draws:
            continue
        u = uniforms(seed, views, keys, step.transform.key, 1 + step.transform.uniforms)
        drawn.append(Drawn(step, u[:, 0] < step.probability, step.transform.draw(u[:, 1:], **step.settings)))
    return tuple(drawn)


def fuse(recipe: Recipe, drawn: Sequence[Drawn], height: int, width: int) -> Plan:
    """One matrix, one table and the patches per photo, for photos of `height` × `width` pixels."""
    matrices: Floats | None = None
    tables: NDArray[np.uint8] | None = None
    patches = []
    for one in drawn:
        transform, off = one.step.transform, ~one.active
        if transform.matrix:
            matrix = transform.matrix(height, width, **one.values)
            matrix[off] = np.eye(3)
            matrices = matrix if matrices is None else matrices @ matrix
        elif transform.table:
            table = transform.table(**one.values)
            table[off] = np.arange(256)
            tables = table if tables is None else np.take_along_axis(table, tables.astype(np.intp), axis=1)
        elif transform.patch:
            patch = transform.patch(height, width, **one.values)
            patch[off] = 0
            patches.append(patch)
    border = next((step.settings for step in recipe if step.transform.key == "border"), {})
    return Plan(
        matrices=None if matrices is None else matrices[:, :2],
        tables=tables,
        patches=np.stack(patches, axis=1) if patches else None,
        border=BORDERS[str(border.get("fill_mode", "nearest"))],
        cval=float(border.get("cval", 0)),  # type: ignore[arg-type]
    )


IDENTITY = np.eye(3)[:2]


def apply(photos: NDArray[np.uint8], plan: Plan, threads: Executor | None = None) -> NDArray[np.uint8]:
    """The changed photos: uint8 (photos, height, width, 3), a new array; `threads` only make it faster."""
    changed = np.empty(photos.shape, np.uint8)
    if threads is None or len(photos) < 8:
        _apply_some(photos, plan, changed, 0, len(photos))
        return changed
    size = max(4, len(photos) // 16)
    jobs = [
        threads.submit(_apply_some, photos, plan, changed, start, min(start + size, len(photos)))
        for start in range(0, len(photos), size)
    ]
    for job in jobs:
        job.result()
    return changed


def _apply_some(photos: NDArray[np.uint8], plan: Plan, changed: NDArray[np.uint8], start: int, stop: int) -> None:
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    height, width = photos.shape[1:3]
    fill = (plan.cval,) * 3
    still = None if plan.matrices is None else (plan.matrices[start:stop] == IDENTITY).all(axis=(1, 2))
    for i in range(start, stop):
        out = changed[i]
        if plan.matrices is None or (still is not None and still[i - start]):
            np.copyto(out, photos[i])
        else:
            cv2.warpAffine(
                photos[i],
                plan.matrices[i],
                (width, height),
                dst=out,
                flags=flags,
                borderMode=plan.border,
                borderValue=fill,
            )
        if plan.tables is not None:
            cv2.LUT(out, plan.tables[i], dst=out)
        if plan.patches is not None:
            for left, top, right, bottom, grey in plan.patches[i]:
                out[top:bottom, left:right] = grey


def augmented(
    photos: NDArray[np.uint8],
    keys: ArrayLike,
    views: ArrayLike,
    recipe: Recipe,
    seed: int,
    threads: Executor | None = None,
) -> NDArray[np.uint8]:
    """The photos as training sees them in the given views: uint8 (photos, height, width, 3).

    `keys` (uint64) and `views` are broadcast to the number of photos. An empty recipe gives the photos back.
    """
    if not any(step.transform.draws for step in recipe):
        return photos
    height, width = photos.shape[1:3]
    keys = np.broadcast_to(np.asarray(keys, np.uint64), len(photos))
    plan = fuse(recipe, draw(recipe, keys, views, seed), height, width)
    return apply(photos, plan, threads)


def captions(drawn: Sequence[Drawn]) -> list[list[tuple[str, str]]]:
    """For each photo the (label, values in words) of what happens to it, in the order in which it happens."""
    if not drawn:
        return []
    ordered = sorted(drawn, key=lambda one: one.step.transform.stage)
    return [
        [
            (one.step.transform.label, one.step.transform.caption(**{n: float(v[i]) for n, v in one.values.items()}))
            for one in ordered
            if one.active[i]
        ]
        for i in range(len(drawn[0].active))
    ]


__all__ = ["Drawn", "Plan", "Stage", "apply", "augmented", "captions", "draw", "fuse", "uniforms"]
