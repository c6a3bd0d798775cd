"""Findings about whole classes: too few photos, missing in a split, out of balance, from one session."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator

from core.datasets.folders import SPLIT_WORDS
from core.reviewing.findings import Finding, Kind
from core.reviewing.subject import Subject
from core.words import quoted

RARE = 10  # training photos; a class with fewer is hardly learned
UNBALANCED = 10  # times as many photos of one class as of another
LEAST_OF_ONE_SESSION = 5  # photos of a class; fewer are often of one session


def findings(subject: Subject) -> Iterator[Finding]:
    """The findings about a dataset's classes."""
    counts = Counter((split, subject.label(place)) for place, split in enumerate(subject.splits))
    names = subject.dataset.classes
    trained = {name: counts["train", name] for name in names}
    for name, count in trained.items():
        if count < RARE:
            yield Finding(
                kind=Kind.FEW, reason=f"The class {quoted(name)} has only {count} training photos: add more of it."
            )
    for split in ("validation", "test"):
        missing = [name for name in names if not counts[split, name]]
        if len(missing) == len(names):
            yield Finding(
                kind=Kind.MISSING,
                reason=f"There is no {split} split, so no model can be scored on photos that it was not chosen by.",
            )
            continue
        for name in missing:
            yield Finding(
                kind=Kind.MISSING,
                reason=f"The class {quoted(name)} has no {SPLIT_WORDS[split]} photos: put some of it there, or split "
                "the dataset anew.",
            )
    most, least = max(trained, key=lambda name: trained[name]), min(trained, key=lambda name: trained[name])
    if trained[most] >= UNBALANCED * trained[least]:
        yield Finding(
            kind=Kind.IMBALANCE,
            reason=f"There are {trained[most]} training photos of {quoted(most)} but {trained[least]} of "
            f"{quoted(least)}: consider class weights.",
        )
    yield from _of_one_session(subject)
    yield from _similar_names(names)


def _of_one_session(subject: Subject) -> Iterator[Finding]:
    places: dict[str, list[int]] = defaultdict(list)
    for place in range(len(subject.names)):
        places[subject.label(place)].append(place)
    for name, of_class in places.items():
        if len(of_class) >= LEAST_OF_ONE_SESSION and len({subject.sessions[place] for place in of_class}) == 1:
            yield Finding(
                kind=Kind.ONE_SESSION,
                photos=tuple(subject.names[place] for place in of_class[:6]),
                about=0,
                reason=f"All {len(of_class)} photos of {quoted(name)} were taken together: add some in front of "
                "other backdrops.",
            )


def _similar_names(names: tuple[str, ...]) -> Iterator[Finding]:
    by_letters: dict[str, list[str]] = defaultdict(list)
    for name in names:
        letters = "".join(letter for letter in unicodedata.normalize("NFKD", name).casefold() if letter.isalnum())
        by_letters[letters.removesuffix("s")].append(name)
    for same in by_letters.values():
        if len(same) > 1:
            listed = " and ".join(map(quoted, same))
            yield Finding(
                kind=Kind.SIMILAR_NAMES, reason=f"The classes {listed} have similar names: if they are one, move them."
            )
