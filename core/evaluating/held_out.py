"""A model's answers to photos of sessions that it has not learned from."""

from collections.abc import Mapping

from core.answering.card import Card, HeldOut
from core.datasets import measures, sessions
from core.datasets.catalogue import Dataset
from core.datasets.pack import Pack
from core.errors import ModelError

JUDGED = ("validation", "test")


def of(card: Card, dataset: Dataset, packs: Mapping[str, Pack]) -> HeldOut:
    """How many of these photos the model got right; `packs` has the photos of each split that the card was scored on.

    Other photos of a session are too like the training photos to say how the model does elsewhere
    (core/datasets/sessions.py). Measures the photos that were not measured yet, which takes some milliseconds each.
    Raises ModelError for a card of an earlier version.
    """
    places = [(split, place) for split, pack in packs.items() for place in range(len(pack))]
    names = [packs[split].names[place] for split, place in places]
    found = measures.of(dataset.name, names, [dataset.folder / name for name in names], are_all=False)
    groups = sessions.groups(names, found)
    learned = {group for group, (split, _) in zip(groups, places, strict=True) if split == "train"}
    if any(scores.wrong is None for scores in card.scores.by_split.values()):
        raise ModelError(f"The card of {card.name!r} does not say which photos were answered wrong. Train it again.")
    wrong = {split: set(scores.wrong or ()) for split, scores in card.scores.by_split.items()}
    answered = [
        place not in wrong[split]
        for group, (split, place) in zip(groups, places, strict=True)
        if split in JUDGED and group not in learned
    ]
    return HeldOut(correct=sum(answered), count=len(answered))
