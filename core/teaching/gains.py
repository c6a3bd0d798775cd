"""What a version of a model gained and lost: on validation photos, and on the corrections themselves."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core import words
from core.answering import doubt, shelf
from core.answering import head as heads
from core.answering.card import CorrectionFacts
from core.answering.classifier import Classifier
from core.answering.shelf import Model
from core.errors import AppError
from core.teaching import corrections, version
from core.teaching.corrected_photos import CorrectedPhotos
from core.teaching.fitting import Array
from core.teaching.old_photos import Past
from core.teaching.version import Learned

MOST_FOLDS = 10  # with more sessions, several are left out at once
FEW = 5  # corrections below which nothing is said about other photos
MOST_OLD = 600  # old photos beside the corrections when a fold is judged


def of(
    previous: Model, before: Classifier, past: Past, corrected: CorrectedPhotos, learned: Learned
) -> CorrectionFacts:
    """The facts about a version. `before` is the model that was corrected first, `previous` the version before."""
    right_before, right, noticed_before, noticed = _on_corrections(before, past, corrected)
    is_none = corrected.strangers
    gained, lost = _on_validation(previous, before, past, learned)
    return CorrectionFacts(
        origin=corrections.first_name(before.model),
        previous=previous.name,
        photos=len(corrected),
        sittings=len(set(corrected.sessions.tolist())),
        new=corrected.new,
        none=int(is_none.sum()),
        gained=gained,
        lost=lost,
        scored=len(past.validation.labels) if past.validation else 0,
        judged=int((~is_none).sum()),
        right_before=int(right_before[~is_none].sum()),
        right=int(right[~is_none].sum()),
        noticed_before=int(noticed_before[is_none].sum()),
        noticed=int(noticed[is_none].sum()),
        old_photos=learned.old_photos,
    )


def unscored(facts: CorrectionFacts, is_taught: bool) -> str:
    """Why a version was not scored on validation photos, as a part of a sentence; empty if it was.

    `is_taught` says whether the model was taught kind by kind.
    """
    if facts.scored:
        return ""
    if is_taught:
        return "it was taught kind by kind, and learned from all its photos"
    if facts.old_photos:  # its dataset was here, but with other photos
        return "its dataset has changed since it was trained"
    return "its validation photos are not on this machine"


def sentences(facts: CorrectionFacts, is_taught: bool) -> list[str]:
    """What a version gained and lost, in words. `is_taught` says whether the model was taught kind by kind."""
    said = []
    if facts.scored:
        photos = words.count(facts.scored, "validation photo")
        if facts.gained or facts.lost:
            before = shelf.title(facts.previous)
            said.append(
                f"Of {photos}, {facts.gained} that {before} got wrong {_are(facts.gained)} right now, and "
                f"{facts.lost} that it got right {_are(facts.lost)} wrong."
            )
        else:
            every = "All " if facts.scored > 1 else ""
            said.append(f"{every}{photos} {_are(facts.scored)} answered as well as before.")
    else:
        reason = unscored(facts, is_taught)
        first = shelf.title(facts.origin)
        said.append(f"What it lost can't be said: {reason}. Its score is that of {first} before the corrections.")
        if not is_taught and not facts.old_photos:
            said.append("Add its dataset on the Data page and learn again to know what it lost.")
    if facts.photos < FEW:
        few = words.count(facts.photos, "correction")
        said.append(f"{few} {_are(facts.photos)} too few to say how it answers other photos.")
        return said
    if facts.sittings == 1:
        said.append(
            "All corrected photos were taken in one sitting, so it can't be said what it learned for others. Correct "
            "some that were taken at another place or on another day."
        )
        return said
    if facts.judged:
        said.append(
            f"Of {words.count(facts.judged, 'corrected photo')}, the model that it started from gets "
            f"{facts.right_before} right. A version that has not seen a photo, nor any taken together with it, gets "
            f"{facts.right} right."
        )
    if facts.none:
        said.append(
            f"Of {words.count(facts.none, 'photo')} of none of its classes, it notices {facts.noticed} that it has not "
            f"seen before, instead of {facts.noticed_before}."
        )
    return said


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _on_validation(previous: Model, before: Classifier, past: Past, learned: Learned) -> tuple[int, int]:
    """The number of validation photos that became right, and of those that became wrong."""
    if past.validation is None:
        return 0, 0
    vectors, labels = past.validation.vectors, past.validation.labels
    true = np.array(before.model.labels)[labels]
    try:
        old = heads.load(previous.folder / "head.npz")
        was_right = np.array(previous.labels)[old.logits(vectors).argmax(axis=1)] == true
    except AppError:  # deleted meanwhile
        was_right = before.head.logits(vectors).argmax(axis=1) == labels
    is_right = np.array(learned.classes)[learned.head.logits(vectors).argmax(axis=1)] == true
    return int((is_right & ~was_right).sum()), int((was_right & ~is_right).sum())


Marks = NDArray[np.bool_]


def _on_corrections(before: Classifier, past: Past, corrected: CorrectedPhotos) -> tuple[Marks, Marks, Marks, Marks]:
    """For each correction: whether the model was right, whether one is that has not seen its session, and the same for
    whether it was noticed as none of the classes."""
    limit = before.limits[doubt.FALSE_ALARMS].similarity
    right_before = before.head.logits(corrected.vectors).argmax(axis=1) == corrected.labels
    noticed_before = before.likeness.similarity(corrected.vectors) < limit
    right, noticed = right_before.copy(), noticed_before.copy()
    few = replace(past, photos=past.photos.thinned(MOST_OLD))
    folds = corrected.sessions % MOST_FOLDS
    for fold in np.unique(folds):
        inside = folds == fold
        rest = replace(
            corrected,
            vectors=corrected.vectors[~inside],
            labels=corrected.labels[~inside],
            sessions=corrected.sessions[~inside],
        )
        if len(rest):
            learned = version.learn(before, few, rest)
            right[inside] = _right(learned, corrected.vectors[inside], corrected.labels[inside])
            similarity = learned.likeness.similarity(corrected.vectors[inside])
            noticed[inside] = similarity < learned.limits[doubt.FALSE_ALARMS].similarity
    return right_before, right, noticed_before, noticed


def _right(learned: Learned, vectors: Array, labels: NDArray[np.intp]) -> Marks:
    right: Marks = learned.head.logits(vectors).argmax(axis=1) == labels
    return right
