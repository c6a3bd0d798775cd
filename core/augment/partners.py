"""Photos and labels that are mixed with partners: which partner a photo has in a view, and in which shares.

The partner comes from the same hash as all other draws, as a place among the training photos. So it does not depend on
batches and threads, and the preview knows it if it knows the training photos.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from core.augment.passes import Draw, sort_by_stage
from core.augment.transform import Floats, Pixels, Transform

Places = NDArray[np.intp]


class Partners(Protocol):
    """The training photos as partners, in an order that only they decide."""

    def places(self, u: Floats) -> Places:
        """The photos' places, (photos,), for uniform numbers in [0, 1): all are equally likely."""

    def numbers(self, places: Places) -> NDArray[np.uint64]:
        """The photos' keys as numbers."""

    def pixels(self, places: Places) -> Pixels:
        """The unchanged photos, uint8 (photos, height, width, 3), of the size that is mixed."""


class NamedPartners(Partners, Protocol):
    """Partners whose classes are known, for captions."""

    def label(self, place: int) -> str: ...


@dataclass(frozen=True)
class Mix:
    """What one mixing step does to a batch."""

    transform: Transform
    places: Places  # (photos,), of the partners
    areas: NDArray[np.intp]  # (photos, 4): left, top, right, bottom (exclusive) of what shows the partner
    weights: Floats  # (photos,), of the partner in that area
    shares: Floats  # (photos,), of the partner in the whole photo, and in its label; 0 for photos that are not mixed

    def blend(self, i: int, pixels: Pixels, partner: Pixels) -> None:
        """Mix the partner's finished picture into that of photo `i`, in place."""
        left, top, right, bottom = self.areas[i].tolist()
        area, other, weight = pixels[top:bottom, left:right], partner[top:bottom, left:right], float(self.weights[i])
        area[...] = other if weight == 1 else cv2.addWeighted(area, 1 - weight, other, weight, 0)


def mixes(draws: Sequence[Draw], height: int, width: int, partners: Partners | None) -> list[Mix]:
    """The mixing steps among the draws, in the order in which they are applied, for photos of this size.

    Raises ValueError if there are some, but no partners.
    """
    found = []
    for draw in sort_by_stage(draws):
        if draw.step.transform.mix is None or not draw.step.probability:
            continue
        if partners is None:
            raise ValueError(f"{draw.step.transform.label} needs partners. Pass the training photos.")
        boxes = draw.step.transform.mix(height, width, **draw.values)
        areas, weights = boxes[:, :4].astype(np.intp), boxes[:, 4]
        covered = (areas[:, 2] - areas[:, 0]) * (areas[:, 3] - areas[:, 1]) / (height * width)
        shares = np.where(draw.active, weights * covered, 0.0)
        places = partners.places(draw.values["partner"])
        found.append(Mix(draw.step.transform, places, areas, weights, shares))
    return found


def parts(mixes: Sequence[Mix], i: int) -> list[tuple[int, float]]:
    """The partners in photo `i` after all mixing steps, each with its share in the label; the rest is its own."""
    found: list[tuple[int, float]] = []
    for mix in mixes:
        share = float(mix.shares[i])
        if share > 0:
            found = [(place, part * (1 - share)) for place, part in found] + [(int(mix.places[i]), share)]
    return found


def mixed_labels(rows: NDArray[np.float32], every: NDArray[np.float32], mixes: Sequence[Mix]) -> NDArray[np.float32]:
    """The photos' labels, float32 (photos, classes), after mixing: `rows` before it, `every` those of all partners."""
    for mix in mixes:
        share = mix.shares[:, None].astype(np.float32)
        rows = (1 - share) * rows + share * every[mix.places]
    return rows
