"""What the findings mean for the score of the best model: with and without photos that it may have known."""

from collections.abc import Sequence

import numpy as np

from core import photos
from core.answering import classifier, shelf
from core.answering.shelf import Model
from core.datasets import looks
from core.errors import ModelError
from core.reviewing.findings import Effect, Finding, Kind
from core.reviewing.subject import Subject

BLOCK = 64
TWINS = (Kind.COPY_ACROSS_SPLITS, Kind.BACKDROP)


def of(subject: Subject, findings: Sequence[Finding]) -> tuple[Effect, ...]:
    """The effects on the dataset's best model, on validation and test; empty if it has none of the same classes.

    The score on test photos counts as a look at them.
    """
    model = shelf.best(subject.dataset.name) or _starter(subject)
    if model and model.card.taught:  # it has learned from these photos
        model = _starter(subject)
    if model is None or tuple(sorted(model.labels)) != tuple(sorted(subject.dataset.classes)):
        return ()
    try:
        return tuple(
            effect for split in ("validation", "test") if (effect := _on(split, model, subject, findings)) is not None
        )
    except ModelError:  # the model's files are damaged: Predict says so
        return ()


def _starter(subject: Subject) -> Model | None:
    """The shipped starter, if it knows the dataset's classes."""
    return next((model for model in shelf.models() if model.name == shelf.STARTER), None)


def _on(split: str, model: Model, subject: Subject, findings: Sequence[Finding]) -> Effect | None:
    places = [place for place, of_photo in enumerate(subject.splits) if of_photo == split]
    answers = classifier.load(model)
    right: dict[str, bool] = {}
    for start in range(0, len(places), BLOCK):
        some = places[start : start + BLOCK]
        squares = [photos.square_of(subject.paths[place], answers.size) for place in some]
        readable = [(place, square) for place, square in zip(some, squares, strict=True) if square is not None]
        if readable:
            best = answers.logits(np.stack([square for _, square in readable])).argmax(1).tolist()
            right |= {
                subject.names[place]: model.labels[label] == subject.label(place)
                for (place, _), label in zip(readable, best, strict=True)
            }
    if not right:
        return None
    if split == "test":
        looks.note(subject.dataset.name)
    twins = {photo for found in findings if found.kind in TWINS for photo in found.doubtful}
    apart = [is_right for name, is_right in right.items() if name not in twins]
    doubted = {photo for found in findings if found.kind is Kind.LABEL for photo in found.doubtful}
    return Effect(
        model=model.name,
        split=split,
        photos=len(right),
        right=sum(right.values()),
        without_twins=(sum(apart), len(apart)) if len(apart) < len(right) else None,
        doubtful_labels=len(doubted & set(right)),
    )
