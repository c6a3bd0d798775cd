"""Does the label survive an augmentation? A saved model's opinion: does it still see the photo's true class?"""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

import numpy as np

from core import photos
from core.answering import shelf
from core.answering.classifier import Answer, Classifier
from core.answering.shelf import Model
from core.augment import preview
from core.augment.partners import NamedPartners
from core.augment.recipe import Recipe
from core.augment.transform import Pixels

ENOUGH = 0.25  # share of a mixed label from which on a model may see that class


@dataclass(frozen=True)
class Opinion:
    """The model's answer for one changed photo."""

    pixels: Pixels  # uint8 (size, size, 3), as the model saw it
    caption: str  # what changed
    partners: tuple[tuple[str, float], ...]  # labels of the photos mixed in, with their shares
    label: str  # the answer
    probability: float  # of the answer
    confidence: float  # probability of the true class, or of the answer for the unchanged photo where it is unknown
    survives: bool  # whether the answer is that class; in a mixed photo, a class with ENOUGH of its label


def model_for(label: str) -> Model | None:
    """The model to ask about a photo of this class: the active one if it knows the class, else the newest that does,
    else the active one. `label` may be empty."""
    return (model_that_knows({label}) if label else None) or shelf.active()


def model_that_knows(labels: Set[str]) -> Model | None:
    """The active model if it knows all these classes, else the newest that does; None if there is none."""
    active = shelf.active()
    candidates = [*([active] if active else []), *shelf.models()]
    return next((model for model in candidates if labels <= set(model.labels)), None)


def opinions_on_draws(
    classifier: Classifier,
    data: bytes,
    steps: Recipe,
    seed: int,
    count: int,
    true: str = "",
    partners: NamedPartners | None = None,
) -> tuple[Answer, list[Opinion]]:
    """The answer for the unchanged photo, and an opinion on each of its first `count` views.

    `true` is the photo's class; empty if it is unknown or the model does not know it. `partners` are as in
    `core.augment.preview`, at the classifier's size. Raises PhotoError.
    """
    pixels = photos.square(data, classifier.size)
    number = photos.key_number(photos.key(data))
    return _opinions(classifier, pixels, preview.draws(pixels, number, steps, seed, count, partners), true)


def opinions_along(
    classifier: Classifier,
    data: bytes,
    transform_key: str,
    settings: Mapping[str, Any],
    steps: int,
    true: str = "",
    partners: NamedPartners | None = None,
) -> tuple[Answer, list[Opinion]]:
    """The same for one transform, from one end of its range to the other. Raises PhotoError, SettingsError."""
    pixels = photos.square(data, classifier.size)
    return _opinions(classifier, pixels, preview.strip(pixels, transform_key, settings, steps, partners), true)


def _opinions(
    classifier: Classifier, pixels: Pixels, views: list[preview.Preview], true: str
) -> tuple[Answer, list[Opinion]]:
    first, *others = classifier.answers(np.stack([pixels, *(view.pixels for view in views)]))
    label = true if true in classifier.model.labels else first.label
    return first, [
        Opinion(
            pixels=view.pixels,
            caption=view.caption,
            partners=view.partners,
            label=answer.label,
            probability=answer.probability,
            confidence=dict(answer.probabilities)[label],
            survives=answer.label in _classes(label, view),
        )
        for view, answer in zip(views, others, strict=True)
    ]


def _classes(own: str, view: preview.Preview) -> set[str]:
    """The classes that have ENOUGH of a view's label."""
    shares = {own: 1 - sum(share for _, share in view.partners)}
    for partner, share in view.partners:
        shares[partner] = shares.get(partner, 0) + share
    return {label for label, share in shares.items() if share >= ENOUGH}
