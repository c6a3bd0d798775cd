"""A new saved model beside the one that predicts: what using it would gain and lose, in words."""

from core import words
from core.answering import shelf
from core.answering.card import Scores
from core.answering.shelf import Model

FEW = 100  # photos below which a score says little
MOST_NAMES = 5


def find(active: Model) -> Model | None:
    """The newest model that could predict instead of the active one, unless somebody has already said no.

    A model of the same classes that was scored on the same photos and is no better has nothing to offer. Beside the
    starter, whose date is that of a release, every model of yours counts as new.
    """
    declined = shelf.declined()
    for model in shelf.models():  # newest first
        if active.name != shelf.STARTER and model.created <= active.created:
            return None
        if model.name in (active.name, shelf.STARTER) or model.is_drawn or model.name in declined:
            continue
        if model.card.corrected:  # offered where it was made, with what it gained and lost
            continue
        if not model.card.competes_with(active.card) or model.validation_accuracy > active.validation_accuracy:
            return model
    return None


def sentences(new: Model, now: Model) -> list[str]:
    """What changes for predictions with `new` instead of `now`: the classes, then the accuracy."""
    gained = [label for label in new.labels if label not in now.labels]
    lost = [label for label in now.labels if label not in new.labels]
    classes = f"It knows {words.classes(len(new.labels))}"
    if gained or lost:
        changes = [f"new: {_names(gained)}"] * bool(gained) + [f"no longer known: {_names(lost)}"] * bool(lost)
        classes += f" instead of {len(now.labels)} ({'; '.join(changes)})"
    else:
        classes += f", the same as {now.name}"
    own, other = _score(new), _score(now)
    accuracy = f"It is right on {_counts(own)}; {now.name} on {_counts(other)}."
    if own.count < FEW:
        accuracy += f" {own.count} photos are too few to compare."
    elif not new.card.competes_with(now.card):
        accuracy += " These are other photos, so the figures don't compare directly."
    return [f"{classes}.", accuracy]


def _score(model: Model) -> Scores:
    return model.card.scores.test or model.card.scores.validation


def _counts(score: Scores) -> str:
    low, high = score.interval
    return f"{score.correct} of {score.count} photos ({low:.0%} to {high:.0%})"


def _names(labels: list[str]) -> str:
    rest = len(labels) - MOST_NAMES
    return ", ".join(labels[:MOST_NAMES]) + (f" and {rest} more" if rest > 0 else "")
