"""The engine: draw for a whole batch at once, fuse what was drawn, apply it to the pixels.

However many geometric transforms are on, there is one matrix and one warp, so one interpolation and no stacked blur;
however many tables, there is one table; however many colour matrices, one. What is drawn depends on (seed, view,
photo, transform) alone: batches, threads and the other transforms of the recipe don't matter, and the preview of view 3
is what training sees in view 3.
"""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.augment.border import BORDER, FILL_MODES
from core.augment.chance import uniforms
from core.augment.passes import Drawn, Pass, in_order, of_one, passes
from core.augment.recipe import Recipe
from core.augment.transform import Floats, Pixels

cv2.setNumThreads(1)  # photos are spread over threads here; OpenCV's own threads per photo only get in the way

FLAGS = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP


@dataclass(frozen=True)
class Plan:
    """What is done to each photo of a batch, fused. None where nothing of that kind is on."""

    matrices: Floats | None  # (photos, 2, 3), from output to input pixels; (photos, 3, 3) with perspective
    border: int  # OpenCV's border mode
    cval: float
    passes: tuple[Pass, ...]  # over the pixels, after the warp


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
    """One matrix and the fewest passes per photo, for photos of `height` × `width` pixels."""
    matrices: Floats | None = None
    for one in drawn:
        if one.step.transform.matrix:
            matrix = one.step.transform.matrix(height, width, **one.values)
            matrix[~one.active] = np.eye(3)
            matrices = matrix if matrices is None else matrices @ matrix
    if matrices is not None and (matrices[:, 2] == (0, 0, 1)).all():
        matrices = np.ascontiguousarray(matrices[:, :2])
    border = next((step.settings for step in recipe if step.transform is BORDER), BORDER.settings())
    return Plan(
        matrices, FILL_MODES[str(border["fill_mode"])], float(str(border["cval"])), passes(drawn, height, width)
    )


def apply(photos: Pixels, plan: Plan, threads: Executor | None = None) -> Pixels:
    """The changed photos: uint8 (photos, height, width, 3), a new array; `threads` only make it faster."""
    changed = np.empty(photos.shape, np.uint8)
    if threads is None or len(photos) < 4:
        _apply_some(photos, plan, changed, 0, len(photos))
        return changed
    size = max(2, len(photos) // 16)
    jobs = [
        threads.submit(_apply_some, photos, plan, changed, start, min(start + size, len(photos)))
        for start in range(0, len(photos), size)
    ]
    for job in jobs:
        job.result()
    return changed


def _apply_some(photos: Pixels, plan: Plan, changed: Pixels, start: int, stop: int) -> None:
    """Photos `start` to `stop`. The loop runs once per photo: what can be known beforehand is, for all at once."""
    height, width = photos.shape[1:3]
    matrices = None if plan.matrices is None else plan.matrices[start:stop]
    warps = [_NONE] * (stop - start) if matrices is None else _warps(matrices)
    # OpenCV 5 warps four channels in half the time of three, to the same bits, the two conversions included
    before, after = (np.empty((height, width, 4), np.uint8) for _ in range(2))
    options: dict[str, Any] = {"dsize": (width, height), "dst": after, "flags": FLAGS}
    options |= {"borderMode": plan.border, "borderValue": (plan.cval,) * 4}
    whose = [one.on[start:stop].tolist() for one in plan.passes]
    for i in range(stop - start):
        photo, out, warp = photos[start + i], changed[start + i], warps[i]
        if matrices is None or warp == _NONE:
            np.copyto(out, photo)
        else:
            cv2.cvtColor(photo, cv2.COLOR_RGB2RGBA, dst=before)
            if warp == _AFFINE:
                cv2.warpAffine(before, matrices[i, :2], **options)
            else:
                cv2.warpPerspective(before, matrices[i], **options)
            cv2.cvtColor(after, cv2.COLOR_RGBA2RGB, dst=out)
        for one, on in zip(plan.passes, whose, strict=True):
            if on[i]:
                one.paint(start + i, out)


_NONE, _AFFINE, _PERSPECTIVE = range(3)


def _warps(matrices: Floats) -> list[int]:
    """Which warp each photo needs: the perspective one is never used where the affine one will do, so that photos
    which perspective passes over come out as if it were not in the recipe."""
    rows = matrices.shape[1]
    moves: NDArray[np.bool_] = (matrices != np.eye(3)[:rows]).any(axis=(1, 2))
    bends = (matrices[:, 2:] != (0, 0, 1)).any(axis=(1, 2)) if rows == 3 else np.zeros(len(matrices), np.bool_)
    kinds: list[int] = np.where(bends, _PERSPECTIVE, np.where(moves, _AFFINE, _NONE)).tolist()
    return kinds


def augmented(
    photos: Pixels,
    keys: ArrayLike,
    views: ArrayLike,
    recipe: Recipe,
    seed: int,
    threads: Executor | None = None,
) -> Pixels:
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
    ordered = in_order(drawn)
    return [
        [
            (one.step.transform.label, one.step.transform.caption(**of_one(one.values, i)))
            for one in ordered
            if one.active[i]
        ]
        for i in range(len(drawn[0].active))
    ]


__all__ = ["Drawn", "Plan", "apply", "augmented", "captions", "draw", "fuse", "uniforms"]
