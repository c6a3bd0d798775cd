"""The changes to a photo's pixels after the warp, in as few passes as the recipe's order allows.

Adjacent tables become one table, adjacent colour matrices one matrix. Nothing is rounded or clipped between two fused
matrices, so a fused recipe loses less than the same steps one by one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from core.augment.chance import random_bytes
from core.augment.recipe import Step
from core.augment.transform import MEAN, NOISE, Floats, Pixels, Stage, Values


@dataclass(frozen=True)
class Draw:
    """One step's draw for a batch: which photos get it, and with which values."""

    step: Step
    active: NDArray[np.bool_]  # (photos,)
    values: Values


class Pass(Protocol):
    """One change to a batch's pixels: `on` (photos,) says which photos get it, `paint` changes photo `i` in place."""

    on: NDArray[np.bool_]

    def paint(self, i: int, pixels: Pixels) -> None: ...


class Tables:
    """A new level for each level. `own` is a draw whose tables depend on each photo's own levels; they come first."""

    def __init__(self, count: int, own: Draw | None = None) -> None:
        self.tables = np.tile(np.arange(256, dtype=np.uint8), (count, 1))
        self.own = own
        self.on: NDArray[np.bool_] = np.zeros(count, np.bool_) if own is None else own.active.copy()

    def then(self, tables: Pixels) -> None:
        self.tables = np.take_along_axis(tables, self.tables.astype(np.intp), axis=1)
        self.on[np.asarray((self.tables != np.arange(256)).any(axis=1))] = True

    def paint(self, i: int, pixels: Pixels) -> None:
        table = self.tables[i]
        if self.own is not None and self.own.active[i]:
            make = self.own.step.transform.own_table
            assert make is not None
            table = table[make(pixels, **photo_values(self.own.values, i))]
        cv2.LUT(pixels, table, dst=pixels)


class Matrices:
    """New red, green and blue from the old ones. OpenCV's sums have ten binary places, a third of a level at most."""

    def __init__(self, matrices: Floats) -> None:
        self.matrices = matrices
        self.on = self._on()

    def then(self, matrices: Floats) -> None:
        fused = matrices[:, :, :3] @ self.matrices
        fused[:, :, 3] += matrices[:, :, 3]
        self.matrices = fused
        self.on = self._on()

    def _on(self) -> NDArray[np.bool_]:
        return np.asarray((np.abs(self.matrices - np.eye(3, 4)) > 1e-9).any(axis=(1, 2)))

    def paint(self, i: int, pixels: Pixels) -> None:
        cv2.transform(pixels, self.matrices[i], dst=pixels)


class Texture:
    """A plain function of one photo."""

    def __init__(self, draw: Draw) -> None:
        self.draw, self.on = draw, draw.active

    def paint(self, i: int, pixels: Pixels) -> None:
        change = self.draw.step.transform.texture
        assert change is not None
        np.copyto(pixels, change(pixels, **photo_values(self.draw.values, i)))


class Patches:
    """Boxes (photos, patches, 6) filled with a grey level, the photo's mean colour or noise."""

    def __init__(self, boxes: NDArray[np.int64], active: NDArray[np.bool_]) -> None:
        self.boxes = boxes
        self.visible = (boxes[:, :, 0] < boxes[:, :, 2]) & (boxes[:, :, 1] < boxes[:, :, 3])
        self.on = active & self.visible.any(axis=1)

    def paint(self, i: int, pixels: Pixels) -> None:
        cover(pixels, self.boxes[i][self.visible[i]])


def cover(pixels: Pixels, boxes: NDArray[np.int64]) -> None:
    """Fill the boxes (patches, 6) of one photo, in place."""
    mean = None
    for left, top, right, bottom, fill, number in boxes.tolist():
        box = pixels[top:bottom, left:right]
        if fill == NOISE:
            box[...] = random_bytes(number, box.size).reshape(box.shape)
        elif fill == MEAN:
            mean = np.rint(cv2.mean(pixels)[:3]) if mean is None else mean
            box[...] = mean
        else:
            box[...] = fill


def photo_values(values: Values, i: int) -> dict[str, float]:
    """The values drawn for photo `i`: numbers, or arrays if it gets several."""
    return {name: value[i].item() if value.ndim == 1 else value[i] for name, value in values.items()}


def sort_by_stage(draws: Iterable[Draw]) -> list[Draw]:
    """The draws in the order in which they are applied."""
    return sorted(draws, key=lambda draw: draw.step.transform.stage)


def passes(draws: Sequence[Draw], height: int, width: int) -> tuple[Pass, ...]:
    """The passes for all non-geometric steps, without those that no photo of the batch needs."""
    fused: list[Pass] = []
    for draw in sort_by_stage(draws):
        transform, off = draw.step.transform, ~draw.active
        last = fused[-1] if fused else None
        if transform.own_table:
            fused.append(Tables(len(off), own=draw))
        elif transform.table:
            tables = transform.table(**draw.values)
            tables[off] = np.arange(256)
            if not isinstance(last, Tables):
                fused.append(last := Tables(len(off)))
            last.then(tables)
        elif transform.colour_matrix:
            matrices = transform.colour_matrix(**draw.values)
            matrices[off] = np.eye(3, 4)
            if isinstance(last, Matrices):
                last.then(matrices)
            else:
                fused.append(Matrices(matrices))
        elif transform.texture:
            fused.append(Texture(draw))
        elif transform.patch:
            fused.append(Patches(transform.patch(height, width, **draw.values), draw.active))
    return tuple(step for step in fused if step.on.any())


__all__ = ["Draw", "Pass", "Stage", "passes", "photo_values", "sort_by_stage"]
