"""What is done to a photo's pixels after the warp: as few passes as the recipe's order allows.

Tables next to each other become one table, colour matrices next to each other one matrix. Between two matrices of one
pass nothing is rounded or cut off at 0 and 255, so a fused recipe loses less than one applied step by step.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from core.augment import chance
from core.augment.recipe import Step
from core.augment.transform import MEAN, NOISE, Floats, Pixels, Stage, Values


@dataclass(frozen=True)
class Drawn:
    """What one step drew for a batch: for whom it happens, and with which values."""

    step: Step
    active: NDArray[np.bool_]  # (photos,)
    values: Values


class Pass(Protocol):
    """One change of a batch's pixels: `on` (photos,) says for whom, `paint` changes photo number `i` in place."""

    on: NDArray[np.bool_]

    def paint(self, i: int, pixels: Pixels) -> None: ...


class Tables:
    """A new level for each level. `own`, where there is one, makes a photo's first table from its own levels."""

    def __init__(self, count: int, own: Drawn | None = None) -> None:
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
            table = table[make(pixels, **of_one(self.own.values, i))]
        cv2.LUT(pixels, table, dst=pixels)


class Matrices:
    """New red, green and blue from the old ones. OpenCV's sums have ten binary places: a level's third at most."""

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

    def __init__(self, drawn: Drawn) -> None:
        self.drawn, self.on = drawn, drawn.active

    def paint(self, i: int, pixels: Pixels) -> None:
        change = self.drawn.step.transform.texture
        assert change is not None
        np.copyto(pixels, change(pixels, **of_one(self.drawn.values, i)))


class Patches:
    """Boxes (photos, patches, 6) filled with a grey level, the photo's mean colour or noise."""

    def __init__(self, boxes: NDArray[np.int64], active: NDArray[np.bool_]) -> None:
        self.boxes = boxes
        self.visible = (boxes[:, :, 0] < boxes[:, :, 2]) & (boxes[:, :, 1] < boxes[:, :, 3])
        self.on = active & self.visible.any(axis=1)

    def paint(self, i: int, pixels: Pixels) -> None:
        mean = None
        for left, top, right, bottom, fill, number in self.boxes[i][self.visible[i]].tolist():
            box = pixels[top:bottom, left:right]
            if fill == NOISE:
                box[...] = chance.noise(number, box.size).reshape(box.shape)
            elif fill == MEAN:
                mean = np.rint(cv2.mean(pixels)[:3]) if mean is None else mean
                box[...] = mean
            else:
                box[...] = fill


def of_one(values: Values, i: int) -> dict[str, float]:
    """The values drawn for photo number `i`: numbers, and arrays where it has several."""
    return {name: value[i].item() if value.ndim == 1 else value[i] for name, value in values.items()}


def in_order(drawn: Iterable[Drawn]) -> list[Drawn]:
    """The steps in the order in which they are applied."""
    return sorted(drawn, key=lambda one: one.step.transform.stage)


def passes(drawn: Sequence[Drawn], height: int, width: int) -> tuple[Pass, ...]:
    """The passes of all that is no geometry; those that no photo of the batch needs are left out."""
    done: list[Pass] = []
    for one in in_order(drawn):
        transform, off = one.step.transform, ~one.active
        last = done[-1] if done else None
        if transform.own_table:
            done.append(Tables(len(off), own=one))
        elif transform.table:
            tables = transform.table(**one.values)
            tables[off] = np.arange(256)
            if not isinstance(last, Tables):
                done.append(last := Tables(len(off)))
            last.then(tables)
        elif transform.colour_matrix:
            matrices = transform.colour_matrix(**one.values)
            matrices[off] = np.eye(3, 4)
            if isinstance(last, Matrices):
                last.then(matrices)
            else:
                done.append(Matrices(matrices))
        elif transform.texture:
            done.append(Texture(one))
        elif transform.patch:
            done.append(Patches(transform.patch(height, width, **one.values), one.active))
    return tuple(one for one in done if one.on.any())


__all__ = ["Drawn", "Pass", "Stage", "in_order", "of_one", "passes"]
