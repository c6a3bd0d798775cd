"""The model that a lesson has at the moment, as a saved model that is on no shelf, and what is known of it.

Drafts are numbered folders beside the dataset; outcome.json names the last one. The one before stays for pages that
have just begun to use it.
"""

import contextlib
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import numpy as np

from core.answering import calibration, likeness, model_files, shelf, strangers
from core.answering.card import Card, SplitScores, Taught
from core.answering.head import Head, softmax
from core.answering.likeness import MOST_VECTORS, Likeness, Neighbours
from core.answering.shelf import Model
from core.datasets import catalogue, trained_on
from core.errors import DatasetError
from core.files import atomic, records
from core.files.records import Part, Record
from core.runs.config import config
from core.teaching import refit
from core.teaching.fitting import Array, Layer
from core.teaching.judging import CurvePoint, Judgement
from core.teaching.material import Material
from core.teaching.refit import OldPhotos

FILE = "outcome.json"
FOLDER = "drafts"
KEPT = 2  # drafts: a page may have just begun to use the one before the last


class Mistake(Part):
    """A photo that a head which had not seen its session got wrong."""

    photo: str  # its name in the dataset
    kind: str
    answer: str
    probability: float


class Suggestion(Part):
    """A photo that nobody has sorted yet, with the model's answer."""

    photo: str  # its name in the dataset
    answer: str
    probability: float
    unsure: bool


class Outcome(Record):
    """outcome.json: what a lesson has come to."""

    ERROR: ClassVar = DatasetError
    REMEDY: ClassVar = "Delete the file; it is written again."
    HOLDS_PATHS: ClassVar = True

    stamp: str  # the state of the lesson, see `lesson.stamp`
    draft: str = ""  # the folder of the model; empty if there is too little to learn from
    photos: tuple[str, ...] = ()  # the names of those in the model's stats.npz, in its order
    unreadable: int = 0
    mistakes: tuple[Mistake, ...] = ()  # the surest first
    twins: tuple[tuple[str, ...], ...] = ()  # names of photos that are the same and of different kinds
    curve: tuple[CurvePoint, ...] = ()
    waiting: int = 0  # photos that nobody has sorted yet
    suggestions: tuple[Suggestion, ...] = ()  # those of them to label next, the most instructive first
    seconds: float = 0.0
    base: str = ""  # the model whose network was used
    notice: str = ""  # a sentence


def read(name: str) -> Outcome | None:
    """What the lesson of a dataset has come to; None if nothing is known yet."""
    with contextlib.suppress(DatasetError):
        return records.read(catalogue.own_folder(name) / FILE, Outcome)
    return None


def store(name: str, outcome: Outcome) -> None:
    """Write outcome.json, and delete drafts that nobody uses any more."""
    own = catalogue.own_folder(name)
    records.write(own / FILE, outcome)
    older = sorted(_numbered(own / FOLDER))[:-KEPT]
    for folder in older:
        if folder.name != outcome.draft:
            shutil.rmtree(folder, ignore_errors=True)


def forget(name: str) -> None:
    """Forget what the lesson of a dataset has come to."""
    (catalogue.own_folder(name) / FILE).unlink(missing_ok=True)


def model(name: str, outcome: Outcome) -> Model | None:
    """The lesson's model, or None if there is none. Raises ModelError if it is damaged."""
    folder = catalogue.own_folder(name) / FOLDER / outcome.draft
    return shelf.read(folder) if outcome.draft and folder.is_dir() else None


def write(name: str, material: Material, judged: Judgement, layer: Layer, base: Model) -> str:
    """Write the model of a lesson, and return the name of its folder."""
    drafts = catalogue.own_folder(name) / FOLDER
    drafts.mkdir(exist_ok=True)  # without its parents: a lesson that was just removed must not come back
    number = max((int(path.name) for path in _numbered(drafts)), default=0) + 1
    reference = _measure(material)
    with atomic.new_folder(drafts / f"{number:06d}") as folder:
        model_files.link_network(base.folder, folder)
        Head((layer.kernel,), (layer.bias,), "relu").save(folder / "head.npz")
        likeness.save(reference, folder / "stats.npz")
        records.write(folder / "card.json", _card(name, material, judged, reference, base, folder))
    return f"{number:06d}"


def _measure(material: Material) -> Likeness:
    """The similarity to the photos of a lesson, lowered for what looks like its photos of none of the kinds."""
    photos = OldPhotos(material.vectors, are_training=True)
    return refit.doubt(Neighbours.of(material.vectors), photos, material.strangers)


def _share_kept(material: Material, reference: Likeness) -> Array:
    """What is left of the similarity of the lesson's photos, (photos,): 1 without photos of none of the kinds."""
    whole = likeness.uncorrected(reference).similarity(material.vectors)
    share: Array = reference.similarity(material.vectors) / whole
    return share


def reference_names(material: Material) -> tuple[str, ...]:
    """The names of the photos whose vectors stats.npz has, in its order."""
    return material.names[:: max(1, -(-len(material) // MOST_VECTORS))]


def mistakes(material: Material, judged: Judgement, temperature: float) -> tuple[Mistake, ...]:
    """The photos that were answered wrongly, the surest answer first."""
    probabilities = softmax(judged.logits, temperature)
    wrong = np.flatnonzero(~judged.right(material.labels))
    by_certainty: Sequence[int] = wrong[np.argsort(-probabilities[wrong].max(axis=1), kind="stable")].tolist()
    return tuple(
        Mistake(
            photo=material.names[place],
            kind=material.kinds[material.labels[place]],
            answer=material.kinds[int(probabilities[place].argmax())],
            probability=round(float(probabilities[place].max()), 4),
        )
        for place in by_certainty
    )


def _card(name: str, material: Material, judged: Judgement, reference: Likeness, base: Model, folder: Path) -> Card:
    similarities = judged.similarities * _share_kept(material, reference)
    found = calibration.of(judged.logits, material.labels, similarities, material.kinds)
    state = trained_on.of_photos({"train": _lines(material), "validation": _lines(material)}, material.kinds)
    return Card(
        name="draft",
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        labels=material.kinds,
        image_size=base.card.image_size,
        temperature=found.temperature,
        thresholds=found.thresholds,
        thresholds_at=found.limits,
        sets=found.sets,
        dataset=name,
        fingerprint=state.fingerprint,
        trained_on=state,
        photos={"train": len(material)},
        scores=SplitScores(validation=found.scores),
        architecture=base.card.network,
        taught=Taught(sessions=len(set(material.sessions)), penalty=judged.penalty, single=judged.single),
        strangers=strangers.noticed(
            reference, base.folder / model_files.BACKBONE, base.card.image_size, found.thresholds.similarity
        ),
        config=config(
            dataset=name,
            backbone=f"model:{base.name}",
            image_size=base.card.image_size,
            dropout=0.0,
            class_weights=True,
        ).model_dump(mode="json"),
        versions=model_files.versions("ai-edge-litert", "numpy", "scipy"),
        files=model_files.facts(folder),
    )


def _lines(material: Material) -> list[tuple[int, str]]:
    return list(zip(material.labels.tolist(), material.keys, strict=True))


def _numbered(drafts: Path) -> list[Path]:
    try:
        return [path for path in drafts.iterdir() if path.name.isdecimal()]
    except OSError:
        return []
