"""The photos that a dataset has, as they are compared with new ones: one that is there is not stored again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.datasets import measures, review
from core.datasets.arranging import UNCHANGED, Change, folded
from core.datasets.folders import Contents
from core.datasets.placing import Row


@dataclass(frozen=True)
class Existing:
    """A readable photo of a dataset."""

    key: str  # of its bytes
    name: str
    label: str  # of its folder; empty for a loose one
    change: Change

    def is_in(self, label: str) -> bool:
        """Whether it is of that class now, as the review has it."""
        return not self.change.left_out and folded(self.change.label or self.label) == folded(label)

    def suits(self, label: str) -> bool:
        """Whether it is or was of that class, or was never given one."""
        given = {folded(each) for each in (self.label, self.change.label) if each}
        return not given or folded(label) in given


def of(name: str, contents: Contents, rows: Sequence[Row]) -> list[Existing]:
    """The readable photos of a dataset: those in folders of classes, which are `rows`, and the loose ones.

    Raises DatasetError if the review is damaged.
    """
    loose = contents.names(contents.loose)
    measured = measures.of(f"{name}.unsorted", loose, contents.loose) if loose else []
    photos = [(row.measure, row.name, row.label) for row in rows]
    photos += [(measure, photo, "") for measure, photo in zip(measured, loose, strict=True)]
    changes = review.of(name).changes()
    return [
        Existing(measure.key, photo, label, changes.get(photo, UNCHANGED))
        for measure, photo, label in photos
        if not measure.error
    ]


def by_content(photos: Iterable[Existing]) -> dict[str, Existing]:
    """The photos by the key of their bytes; of several with the same, one that is not left out."""
    return {photo.key: photo for photo in sorted(photos, key=lambda photo: not photo.change.left_out)}


def of_class(label: str, photos: Iterable[Existing]) -> dict[str, Existing]:
    """The photos that suit a class, by the key of their bytes; of several with the same, one that is in it now."""
    suitable = (photo for photo in photos if photo.suits(label))
    return {photo.key: photo for photo in sorted(suitable, key=lambda photo: photo.is_in(label))}
