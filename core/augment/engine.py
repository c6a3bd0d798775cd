"""The engine: draw values for a whole batch, fuse them, apply them to the pixels.

All geometric transforms together are one matrix and one warp, so there is one interpolation and no stacked blur.
Adjacent tables become one table, adjacent colour matrices one matrix. The draws depend only on (seed, view, photo,
transform), not on batches, threads or the recipe's other transforms: the preview of view 3 is what training sees in
view 3. Only a choice of steps depends on which steps there are. Mixing takes the partner's finished picture of the same
view.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.augment import partners as mixing
from core.augment.border import FILL_MODES
from core.augment.chance import uniforms
from core.augment.choice import chosen
from core.augment.partners import Mix, Partners
from core.augment.passes import Draw, Pass, passes, photo_values, sort_by_stage
from core.augment.recipe import Recipe, choice_count, competing
from core.augment.recipe import border as border_of
from core.augment.transform import Floats, Pixels

cv2.setNumThreads(1)  # photos are spread over our own threads; OpenCV's threads would compete with them

Captions = list[tuple[str, str]]
FLAGS = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP


@dataclass(frozen=True)
class Plan:
    """The fused changes to the photos of a batch."""

    matrices: (
        Floats | None
    )  # (photos, 2, 3), or (photos, 3, 3) with perspective: from output to input pixels; None: no warp
    border: int  # OpenCV's border mode
    cval: float
    passes: tuple[Pass, ...]  # over the pixels, after the warp


def draw(recipe: Recipe, keys: ArrayLike, views: ArrayLike, seed: int) -> tuple[Draw, ...]:
    """The draws of all steps for each photo; `keys` and `views` are broadcast to (photos,)."""
    draws = []
    for step in recipe:
        if not step.transform.draws:
            continue
        u = uniforms(seed, views, keys, step.transform.key, 1 + step.transform.uniforms)
        draws.append(Draw(step, u[:, 0] < step.probability, step.transform.draw(u[:, 1:], **step.settings)))
    count = choice_count(recipe)
    if count is not None and (names := [step.transform.key for step in competing(recipe)]):
        winners = dict(zip(names, chosen(seed, views, keys, names, count).T, strict=True))
        draws = [replace(draw, active=draw.active & winners.get(draw.step.transform.key, True)) for draw in draws]
    return tuple(draws)


def fuse(recipe: Recipe, draws: Sequence[Draw], height: int, width: int) -> Plan:
    """One matrix and the fewest passes per photo, for photos of `height` × `width` pixels."""
    matrices: Floats | None = None
    for draw in draws:
        if draw.step.transform.matrix:
            matrix = draw.step.transform.matrix(height, width, **draw.values)
            matrix[~draw.active] = np.eye(3)
            matrices = matrix if matrices is None else matrices @ matrix
    if matrices is not None and (matrices[:, 2] == (0, 0, 1)).all():
        matrices = np.ascontiguousarray(matrices[:, :2])
    border = border_of(recipe)
    mode: int = getattr(cv2, FILL_MODES[str(border["fill_mode"])])
    return Plan(matrices, mode, float(str(border["cval"])), passes(draws, height, width))


def apply(photos: Pixels, plan: Plan, threads: Executor | None = None) -> Pixels:
    """The changed photos: uint8 (photos, height, width, 3), a new array. `threads` only affect the speed."""
    changed = np.empty(photos.shape, np.uint8)
    if threads is None or len(photos) < 4:
        _apply_range(photos, plan, changed, 0, len(photos))
        return changed
    size = max(2, len(photos) // 16)
    jobs = [
        threads.submit(_apply_range, photos, plan, changed, start, min(start + size, len(photos)))
        for start in range(0, len(photos), size)
    ]
    for job in jobs:
        job.result()
    return changed


def _apply_range(photos: Pixels, plan: Plan, changed: Pixels, start: int, stop: int) -> None:
    """Change photos `start` to `stop`. The loop runs once per photo, so all that can be computed before it is."""
    height, width = photos.shape[1:3]
    matrices = None if plan.matrices is None else plan.matrices[start:stop]
    warps = [_NONE] * (stop - start) if matrices is None else _warps(matrices)
    # OpenCV 5 warps four channels in half the time of three, both conversions included, with equal results
    before, after = (np.empty((height, width, 4), np.uint8) for _ in range(2))
    options: dict[str, Any] = {"dsize": (width, height), "dst": after, "flags": FLAGS}
    options |= {"borderMode": plan.border, "borderValue": (plan.cval,) * 4}
    active = [step.on[start:stop].tolist() for step in plan.passes]
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
        for step, on in zip(plan.passes, active, strict=True):
            if on[i]:
                step.paint(start + i, out)


_NONE, _AFFINE, _PERSPECTIVE = range(3)


def _warps(matrices: Floats) -> list[int]:
    """The warp that each photo needs. It is affine wherever that is enough, so that photos without perspective look as
    if the recipe had none."""
    rows = matrices.shape[1]
    moves: NDArray[np.bool_] = (matrices != np.eye(3)[:rows]).any(axis=(1, 2))
    bends = (matrices[:, 2:] != (0, 0, 1)).any(axis=(1, 2)) if rows == 3 else np.zeros(len(matrices), np.bool_)
    kinds: list[int] = np.where(bends, _PERSPECTIVE, np.where(moves, _AFFINE, _NONE)).tolist()
    return kinds


def augment(
    photos: Pixels,
    keys: ArrayLike,
    views: ArrayLike,
    recipe: Recipe,
    seed: int,
    threads: Executor | None = None,
    partners: Partners | None = None,
) -> Pixels:
    """The photos as training sees them in these views: uint8 (photos, height, width, 3).

    `keys` (uint64) and `views` are broadcast to the number of photos. An empty recipe returns `photos`. A recipe that
    mixes photos needs `partners`, and raises ValueError without them.
    """
    if not any(step.transform.draws for step in recipe):
        return photos
    keys = np.broadcast_to(np.asarray(keys, np.uint64), len(photos))
    return render(photos, views, recipe, draw(recipe, keys, views, seed), seed, threads, partners)


def render(
    photos: Pixels,
    views: ArrayLike,
    recipe: Recipe,
    draws: Sequence[Draw],
    seed: int,
    threads: Executor | None = None,
    partners: Partners | None = None,
) -> Pixels:
    """The photos after these draws, all of the recipe's or a part of them; otherwise like `augment`.

    A partner gets the same steps, with values of its own, but is not mixed itself.
    """
    height, width = photos.shape[1:3]
    changed = apply(photos, fuse(recipe, draws, height, width), threads)
    views = np.broadcast_to(np.asarray(views), len(photos))
    keys_of_steps = {draw.step.transform.key for draw in draws if draw.step.transform.mix is None}
    for mix in mixing.mixes(draws, height, width, partners):
        assert partners is not None
        rows = np.flatnonzero(mix.shares)
        if not len(rows):
            continue
        places = mix.places[rows]
        theirs = draw(recipe, partners.numbers(places), views[rows], seed)
        theirs = tuple(draw for draw in theirs if draw.step.transform.key in keys_of_steps)
        pictures = apply(partners.pixels(places), fuse(recipe, theirs, height, width), threads)
        for i, picture in zip(rows.tolist(), pictures, strict=True):
            mix.blend(i, changed[i], picture)
    return changed


def captions(draws: Sequence[Draw], mixed: Mapping[str, Sequence[str]] = MappingProxyType({})) -> list[Captions]:
    """For each photo, the (label, values in words) of the transforms that it gets, in their order.

    `mixed` has the words of the mixing steps, by transform and photo, for those who know the partners.
    """
    if not draws:
        return []

    def words(draw: Draw, i: int) -> str:
        transform = draw.step.transform
        known = mixed.get(transform.key)
        return transform.caption(**photo_values(draw.values, i)) if known is None else known[i]

    ordered = sort_by_stage(draws)
    return [
        [(draw.step.transform.label, words(draw, i)) for draw in ordered if draw.active[i]]
        for i in range(len(draws[0].active))
    ]


__all__ = [
    "Draw", "Mix", "Partners", "Plan", "apply", "augment", "captions", "draw", "fuse", "render", "uniforms",
]  # fmt: skip
