"""A version of a saved model that learned from corrections: its head, its doubt, and its folder on the shelf."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from core import workspace
from core.answering import calibration, doubt, likeness, model_files, naming, shelf, strangers
from core.answering.card import Card, CorrectionFacts, Scores, SplitScores
from core.answering.classifier import Classifier
from core.answering.doubt import Thresholds
from core.answering.head import Head
from core.answering.likeness import Likeness
from core.answering.sets import SetLimits
from core.answering.shelf import Model
from core.datasets.trained_on import TrainedOn
from core.files import atomic, records
from core.teaching import refit
from core.teaching.corrected_photos import CorrectedPhotos
from core.teaching.fitting import Array
from core.teaching.old_photos import Past
from core.teaching.refit import OldPhotos


@dataclass(frozen=True)
class Learned:
    """What was learned from corrections."""

    classes: tuple[str, ...]
    head: Head
    likeness: Likeness
    temperature: float
    limits: dict[float, Thresholds]  # by rate of false alarms
    scores: Scores | None  # on the validation photos; None if they are not here
    state: TrainedOn | None  # the dataset of the validation photos
    old_photos: int  # training photos that held the old answers in place
    sets: dict[float, SetLimits] = field(default_factory=dict)  # by certainty; empty without validation photos


def learn(before: Classifier, past: Past, corrected: CorrectedPhotos) -> Learned:
    """Learn from corrections of a loaded model."""
    classes = (*before.model.labels, *corrected.new)
    is_of_class = ~corrected.strangers
    head = refit.head(
        before.head, past.photos, corrected.vectors[is_of_class], corrected.labels[is_of_class], len(classes)
    )
    corrected_measure = refit.doubt(
        likeness.uncorrected(before.likeness), past.photos, corrected.vectors[corrected.strangers]
    )
    measure = likeness.with_head(corrected_measure, head, before.model.card.entropy_weight)
    learned = Learned(
        classes, head, measure, before.temperature, before.limits, None, None,
        len(past.photos.vectors) if past.photos.are_training else 0,
    )  # fmt: skip
    if past.validation is None:
        return replace(learned, limits=_moved(before, measure, past.photos))
    vectors = past.validation.vectors
    new = calibration.of(head.logits(vectors), past.validation.labels, measure.similarity(vectors), classes)
    return replace(
        learned,
        temperature=new.temperature,
        limits=new.limits,
        sets=new.sets,
        scores=new.scores,
        state=past.validation.state,
    )


def _moved(before: Classifier, measure: Likeness, photos: OldPhotos) -> dict[float, Thresholds]:
    """The thresholds with which as many of the old photos are doubted by the new measure as were by the old one."""
    if measure is before.likeness or not len(photos.vectors):
        return before.limits
    old, new = before.likeness.similarity(photos.vectors), measure.similarity(photos.vectors)
    return {rate: _at(limits, old, new) for rate, limits in before.limits.items()}


def _at(limits: Thresholds, old: Array, new: Array) -> Thresholds:
    share = float((old < limits.similarity).mean())
    lowered = float(np.quantile(new, share)) if share else limits.similarity + float((new - old).min())
    return limits.model_copy(update={"similarity": min(limits.similarity, lowered)})


def save(origin: Model, learned: Learned, facts: CorrectionFacts) -> Model:
    """Put a version of a model on the shelf, and return it. Raises OSError when the disk fails; then there is none."""
    target = workspace.models() / naming.free_name(f"{origin.name} corrected")
    with atomic.new_folder(target) as folder:
        model_files.link_network(origin.folder, folder)
        learned.head.save(folder / "head.npz")
        likeness.save(learned.likeness, folder / "stats.npz")
        records.write(folder / "card.json", _card(origin, learned, facts, target.name, folder))
    return shelf.read(target)


def _card(origin: Model, learned: Learned, facts: CorrectionFacts, name: str, folder: Path) -> Card:
    usual = learned.limits[doubt.FALSE_ALARMS]
    return origin.card.model_copy(
        update={
            "name": name,
            "run": "",
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "labels": learned.classes,
            "temperature": learned.temperature,
            "thresholds": usual,
            "thresholds_at": learned.limits,
            "sets": learned.sets,
            "agreement": None,
            "architecture": origin.card.network,
            "scores": _scores(origin.card, learned),
            "corrected": facts,
            "held_out": None,
            "strangers": strangers.noticed(
                learned.likeness, origin.folder / model_files.BACKBONE, origin.card.image_size, usual.similarity
            ),
            "versions": model_files.versions("ai-edge-litert", "numpy", "scipy"),
            "files": model_files.facts(folder),
            **(
                {"trained_on": learned.state, "fingerprint": learned.state.fingerprint}
                if learned.state
                else {}
            ),
        }
    )  # fmt: skip


def _scores(card: Card, learned: Learned) -> SplitScores:
    """The scores on validation photos, or else those of the model that was corrected, without details by class if the
    classes are others now."""
    if learned.scores:
        return SplitScores(validation=learned.scores)
    if learned.classes == card.labels:
        return SplitScores(validation=card.scores.validation)
    before = card.scores.validation
    return SplitScores(validation=before.model_copy(update={"per_class": (), "confusion": (), "wrong": None}))
