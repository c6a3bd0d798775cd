"""The dataset as it was when something was learned from it, and what has changed since (decision 21)."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from pydantic import Field

from core import words
from core.datasets.folders import SPLIT_WORDS
from core.datasets.pack import Pack
from core.files.records import Part


class SplitState(Part):
    """The readable photos of a split."""

    photos: int
    content: str  # a hash of the photos with their classes, in any order: 16 hex digits
    order: str  # the same in the dataset's order


class TrainedOn(Part):
    """Classes by name, and photos by their content, whatever their files are called."""

    classes: tuple[str, ...]
    fingerprint: str = ""  # a hash of all splits: 16 hex digits; empty if unknown
    splits: dict[str, SplitState] = Field(default_factory=dict)  # empty if unknown

    def has_same(self, split: str, other: "TrainedOn") -> bool:
        """Whether both are known to have the same photos in a split, with the same classes."""
        own, others = self.splits.get(split), other.splits.get(split)
        return own is not None and others is not None and own.content == others.content

    def has_same_order(self, split: str, other: "TrainedOn") -> bool:
        """Whether both are known to have the same photos in a split at the same places."""
        own, others = self.splits.get(split), other.splits.get(split)
        return own is not None and others is not None and own.order == others.order


def of(packs: Mapping[str, Pack], classes: tuple[str, ...]) -> TrainedOn:
    """The state of a dataset with these photos by split."""
    return of_photos({split: list(zip(pack.labels, pack.keys, strict=True)) for split, pack in packs.items()}, classes)


def of_photos(photos: Mapping[str, Sequence[tuple[int, str]]], classes: tuple[str, ...]) -> TrainedOn:
    """The state of a dataset with these photos by split, each with the place of its class and its key."""
    lines = {split: [f"{classes[label]}/{key}" for label, key in some] for split, some in photos.items()}
    return TrainedOn(
        classes=classes,
        fingerprint=_hash(sorted(f"{split}/{line}" for split, some in lines.items() for line in some)),
        splits={
            split: SplitState(photos=len(some), content=_hash(sorted(some)), order=_hash(some))
            for split, some in lines.items()
        },
    )


def changes(before: TrainedOn, now: TrainedOn) -> str:
    """What differs, as a part of a sentence; empty if nothing does, or if it is not known."""
    new = [name for name in now.classes if name not in before.classes]
    gone = [name for name in before.classes if name not in now.classes]
    parts = [f"{_classes(new)} new"] * bool(new) + [f"{_classes(gone)} gone"] * bool(gone)
    for split, state in now.splits.items():
        if split in before.splits and not now.has_same(split, before):
            kind, old = f"{SPLIT_WORDS[split]} photo", before.splits[split].photos
            count = f"{words.count(state.photos, kind)} instead of {old}"
            parts.append(count if state.photos != old else f"other {kind}s")
    return ", ".join(parts)


def _classes(names: list[str]) -> str:
    listed = ", ".join(repr(name) for name in names)
    return f"the class {listed} is" if len(names) == 1 else f"the classes {listed} are"


def _hash(lines: Iterable[str]) -> str:
    return hashlib.blake2b("\n".join(lines).encode(errors="surrogateescape"), digest_size=8).hexdigest()
