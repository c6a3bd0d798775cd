"""Is an augmentation safe for the label? A saved model's opinion: does its answer survive the change?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core import photos
from core.answering.classifier import Answer, Classifier
from core.augment import preview
from core.augment.recipe import Recipe
from core.augment.transform import Pixels


@dataclass(frozen=True)
class Opinion:
    """What the model says of one changed photo."""

    pixels: Pixels  # uint8 (size, size, 3), as the model saw it
    caption: str  # what was done to it
    label: str  # its answer
    probability: float  # of its answer
    confidence: float  # probability of the answer that it gave to the unchanged photo
    kept: bool  # whether the answer is still that one


def of_draws(ask: Classifier, data: bytes, steps: Recipe, seed: int, count: int) -> tuple[Answer, list[Opinion]]:
    """The answer to the photo as it is, and an opinion on each of its first `count` views. Raises PhotoError."""
    pixels = photos.square(data, ask.size)
    number = photos.key_number(photos.key(data))
    return _opinions(ask, pixels, preview.draws(pixels, number, steps, seed, count))


def along(
    ask: Classifier, data: bytes, transform_key: str, settings: Mapping[str, Any], steps: int
) -> tuple[Answer, list[Opinion]]:
    """The same for one transform from one end of its range to the other. Raises PhotoError, SettingsError."""
    pixels = photos.square(data, ask.size)
    return _opinions(ask, pixels, preview.strip(pixels, transform_key, settings, steps))


def _opinions(ask: Classifier, pixels: Pixels, shown: list[preview.Shown]) -> tuple[Answer, list[Opinion]]:
    first, *others = ask.answers(np.stack([pixels, *(one.pixels for one in shown)]))
    return first, [
        Opinion(
            pixels=one.pixels,
            caption=one.caption,
            label=answer.label,
            probability=answer.probability,
            confidence=dict(answer.probabilities)[first.label],
            kept=answer.label == first.label,
        )
        for one, answer in zip(shown, others, strict=True)
    ]
