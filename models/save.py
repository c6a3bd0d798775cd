"""Turn a trained network into a saved model: a folder that answers without Keras."""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import workspace
from core.answering import calibration, evaluation, likeness, model_files, naming, strangers
from core.answering.card import Card, SplitScores
from core.answering.head import Head
from core.answering.likeness import Undecided
from core.augment import receipt
from core.backbone import Backbone
from core.datasets.pack import Pack
from core.datasets.trained_on import TrainedOn
from core.errors import AppError, ModelError
from core.files import atomic, records
from core.runs.config import RunConfig
from core.runs.folder import Run, read_notes
from core.runs.predictions import Predictions

AGREEMENT = 1e-2  # largest difference from Keras' logits on the validation photos; usually 1e-4

KNOWN_OF_IMPORTED = {"dataset", "image_size", "dense_layers", "activation"}  # settings: nobody knows the others

Array = NDArray[np.float32]


@dataclass(frozen=True)
class TrainedNetwork:
    """Everything that goes into a saved model."""

    classes: tuple[str, ...]
    head: Head
    body: Backbone
    backbone_file: Path  # converted
    own_backbone: list[NDArray[Any]] | None  # Keras' weights if it was trained here; None if frozen
    vectors: dict[str, Array]  # pooled vectors by split, from the converted backbone
    packs: dict[str, Pack]
    keras_logits: Array  # Keras' own logits for the validation photos
    best_epoch: int
    trained_on: TrainedOn
    imported_file: Path | None = None  # the network of a model from elsewhere, as Keras saves it
    weights_file: Path | None = None  # Keras' weights of a saved model's network, if they are not ImageNet's

    @property
    def predictions(self) -> dict[str, Predictions]:
        """The logits of the splits that it is scored on, if they have photos."""
        return {
            split: Predictions(pack.keys, pack.names, pack.labels, self.head.logits(self.vectors[split]))
            for split, pack in self.packs.items()
            if split != "train" and len(pack)
        }


def save(run: Run, trained: TrainedNetwork) -> Card:
    """Write the model folder under a temporary name, check it, then rename it; returns its card.

    Raises ModelError if its answers differ from Keras' on the validation photos.
    """
    target = workspace.models() / name_of(run)
    if target.exists():  # from an attempt that died before it could report it
        shutil.rmtree(target)
    return write(target, trained, run.config, run=run.id)


def write(target: Path, trained: TrainedNetwork, config: RunConfig, **facts: Any) -> Card:
    """Write the model folder `target`, which must not exist yet; `facts` are further fields of its card.

    Raises ModelError if its answers differ from Keras' on the validation photos.
    """
    logits = {split: trained.head.logits(vectors) for split, vectors in trained.vectors.items() if len(vectors)}
    agreement = _agreement(logits["validation"], trained.keras_logits)
    with atomic.new_folder(target) as folder:
        atomic.link(trained.backbone_file, folder / model_files.BACKBONE)  # models share a frozen one
        trained.head.save(folder / "head.npz")
        measure = likeness.of(trained.vectors["train"], trained.body.pretrained)
        likeness.save(measure, folder / "stats.npz")
        reference = Undecided.of(measure, trained.head, trained.vectors["validation"])
        if trained.own_backbone is not None:
            np.savez(folder / model_files.WEIGHTS, *trained.own_backbone)
        elif trained.weights_file is not None:
            atomic.link(trained.weights_file, folder / model_files.WEIGHTS)
        elif trained.imported_file is not None:
            atomic.link(trained.imported_file, folder / model_files.IMPORTED)
        card = _card(config, trained, logits, reference)
        card = card.model_copy(
            update={
                "name": target.name,
                "agreement": agreement,
                "strangers": strangers.noticed(
                    reference, trained.backbone_file, card.image_size, card.thresholds.similarity
                ),
                "files": model_files.facts(folder),
                **facts,
            }
        )
        records.write(folder / "card.json", card)
    return card


def _card(config: RunConfig, trained: TrainedNetwork, logits: dict[str, Array], reference: Undecided) -> Card:
    """The card with everything that the logits tell; name and files are added later."""
    labels = {split: pack.labels for split, pack in trained.packs.items()}
    similarities = reference.similarity(trained.vectors["validation"])
    found = calibration.of(logits["validation"], labels["validation"], similarities, trained.classes)
    test = None
    if "test" in logits:
        test = evaluation.scores(logits["test"], labels["test"], trained.classes, found.temperature)
    return Card(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        labels=trained.classes,
        image_size=config.image_size,
        temperature=found.temperature,
        thresholds=found.thresholds,
        entropy_weight=reference.weight,
        thresholds_at=found.limits,
        sets=found.sets,
        dataset=config.dataset,
        fingerprint=trained.trained_on.fingerprint,
        trained_on=trained.trained_on,
        photos={split: len(pack) for split, pack in trained.packs.items()},
        best_epoch=trained.best_epoch,
        receipt=receipt.of(config.recipe, config.augmentation_seed),
        scores=SplitScores(validation=found.scores, test=test),
        config=config.model_dump(mode="json", include=KNOWN_OF_IMPORTED if trained.imported_file else None),
        architecture=trained.body.architecture or trained.body.key,
        versions=model_files.versions("tensorflow", "keras", "ai-edge-litert", "numpy"),
    )


def _agreement(logits: Array, expected: Array) -> float:
    """The largest difference of the logits. Raises ModelError if it is too large or an answer differs."""
    difference = float(np.abs(logits - expected).max())
    ordered = np.sort(expected, axis=1)
    is_clear = ordered[:, -1] - ordered[:, -2] > 2 * AGREEMENT  # in a tie either answer may come first
    if (
        not difference <= AGREEMENT * max(1.0, float(np.abs(expected).max()))
        or ((logits.argmax(axis=1) != expected.argmax(axis=1)) & is_clear).any()
    ):
        raise ModelError(
            f"The saved model's answers differ from Keras' on the validation photos (by up to {difference:.2g}), so it "
            "was not saved."
        )
    return difference


def name_of(run: Run) -> str:
    """A folder name from the run's name, or from its dataset and backbone; never another run's."""
    words = run.name if run.name and run.name != run.config.name else run.config.name
    words = words if run.config.name or _renamed(run) else f"{run.config.dataset} {run.config.backbone}"
    return naming.free_name(words, lambda folder: _run_of(folder) == run.id)


def _renamed(run: Run) -> bool:
    return bool(read_notes(run.folder).name)


def _run_of(folder: Path) -> str:
    """The run that made the saved model in a folder; empty if unknown."""
    try:
        card = records.read(folder / "card.json", Card)
    except AppError:
        return ""
    return card.run if card else ""
