"""Does the label survive an augmentation? A saved model's opinion: does its answer stay the same?"""

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
    """The model's answer for one changed photo."""

    pixels: Pixels  # uint8 (size, size, 3), as the model saw it
    caption: str  # what changed
    label: str  # the answer
    probability: float  # of the answer
    confidence: float  # probability of the answer for the unchanged photo
    survives: bool  # whether the answer is the same as for the unchanged photo


def opinions_on_draws(
    classifier: Classifier, data: bytes, steps: Recipe, seed: int, count: int
) -> tuple[Answer, list[Opinion]]:
    """The answer for the unchanged photo, and an opinion on each of its first `count` views. Raises PhotoError."""
    pixels = photos.square(data, classifier.size)
    number = photos.key_number(photos.key(data))
    return _opinions(classifier, pixels, preview.draws(pixels, number, steps, seed, count))


def opinions_along(
    classifier: Classifier, data: bytes, transform_key: str, settings: Mapping[str, Any], steps: int
) -> tuple[Answer, list[Opinion]]:
    """The same for one transform, from one end of its range to the other. Raises PhotoError, SettingsError."""
    pixels = photos.square(data, classifier.size)
    return _opinions(classifier, pixels, preview.strip(pixels, transform_key, settings, steps))


def _opinions(classifier: Classifier, pixels: Pixels, views: list[preview.Preview]) -> tuple[Answer, list[Opinion]]:
    first, *others = classifier.answers(np.stack([pixels, *(view.pixels for view in views)]))
    return first, [
        Opinion(
            pixels=view.pixels,
            caption=view.caption,
            label=answer.label,
            probability=answer.probability,
            confidence=dict(answer.probabilities)[first.label],
            survives=answer.label == first.label,
        )
        for view, answer in zip(views, others, strict=True)
    ]
