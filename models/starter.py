"""Train the starter model that ships with the project, in two stages: `python -m models.starter --schedule first`, then
`python -m models.starter`.

A small residual network starts from random weights, and in the second stage from those of the first. It learns to give
the same answers as a fine-tuned MobileNetV2, the dataset's best saved model, for augmented and mixed views of the
training photos. If interrupted, it resumes from its backup. docs/starter.md compares the schedules that were tried.
"""

import argparse
import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from core import workspace
from core.answering import calibration, likeness, litert, model_files, shelf, strangers
from core.answering.card import Card, TeacherFacts
from core.answering.classifier import Classifier
from core.answering.evaluation import accuracy, cross_entropy
from core.answering.head import Head
from core.answering.likeness import Undecided
from core.augment import recipe
from core.backbones import backbone
from core.datasets import catalogue, pack, trained_on
from core.errors import AppError, ModelError
from core.evaluating import held_out
from core.files import atomic, records
from models import build, convert
from models.feed import photo_logits
from models.job import all_vectors
from models.save import TrainedNetwork, write
from models.student import Schedule, Training

STRONG = (
    recipe.step("rotation", rotation_range=20),
    recipe.step("width_shift", width_shift_range=0.12),
    recipe.step("height_shift", height_shift_range=0.12),
    recipe.step("shear", shear_range=10),
    recipe.step("zoom", zoom_range=0.25),
    recipe.step("horizontal_flip"),
    recipe.step("contrast", contrast_range=(0.6, 1.4)),
    recipe.step("brightness", brightness_range=(0.6, 1.4)),
    recipe.step("saturation", saturation_range=(0.5, 1.5)),
    recipe.step("black_patch", probability=0.3, patch_size=0.3),
)
BROAD = (
    recipe.step("rotation", rotation_range=25),
    recipe.step("width_shift", width_shift_range=0.12),
    recipe.step("height_shift", height_shift_range=0.12),
    recipe.step("shear", shear_range=10),
    recipe.step("zoom", zoom_range=0.4, zoom_axes="tied"),
    recipe.step("horizontal_flip"),
    recipe.step("contrast", contrast_range=(0.6, 1.4)),
    recipe.step("brightness", brightness_range=(0.6, 1.4)),
    recipe.step("saturation", saturation_range=(0.5, 1.5)),
    recipe.step("hue", hue_range=10),
    recipe.step("blur", probability=0.15),
    recipe.step("noise", probability=0.15),
    recipe.step("jpeg", probability=0.15),
    recipe.step("black_patch", probability=0.4, patch_size=0.3),
)

FIRST = Schedule(
    backbone="residual",  # its blocks are in models/build.py
    sizes=((96, 0.6), (128, 1.0)),
    answers_at=112,  # the best of five sizes on the validation photos, see docs/starter.md
    epochs=200,
    views=100,
    recipe=STRONG,
    exchanged=0.0,
    mixed=0.5,
    learns="features",
    temperature=2.0,
    features=4.0,
    batch_size=64,
    learning_rate=3e-3,
    weight_decay=0.05,
    warmup=5,
    seed=0,
)
BROADER = replace(
    FIRST,
    sizes=((96, 0.5), (128, 1.0)),
    answers_at=128,
    epochs=150,
    views=40,
    recipe=BROAD,
    exchanged=0.3,
    mixed=0.25,
)
SHIPPED = replace(  # begins with the model of the first schedule
    BROADER, sizes=((128, 1.0),), answers_at=112, epochs=36, learning_rate=1e-3, warmup=2, kept=0.5
)
SHORT = replace(FIRST, epochs=24, sizes=((96, 1.0),), views=24)
TRIES = {
    "shipped": SHIPPED,
    "first": FIRST,
    "broader": BROADER,
    "short": SHORT,
    "short-answers": replace(SHORT, learns="answers"),
    "short-labels": replace(SHORT, learns="labels"),
    "short-small": replace(SHORT, backbone="small_cnn"),
    "short-unmixed": replace(SHORT, mixed=0.0),
}
FIRST_STAGE = "starter-first"  # the saved model of the first schedule
SIZES = (112, 128, 144, 160, 176)  # px
LICENCE = (
    "The photos are CC0 1.0 (clothing-dataset-small); the weights are this project's own, trained from random ones."
)


def ship(training: Training, dataset: catalogue.Dataset, target: Path, **facts: Any) -> Card:
    """Write the student as a saved model, its weights in 16 bits, and replace any model at `target`.

    Returns its card with the scores on the test split, which nobody has looked at before.
    """
    schedule, student = training.schedule, training.student
    size = schedule.answers_at
    settings = schedule.settings(dataset.name)
    body = build.backbone(backbone(schedule.backbone), size, None)  # in 32 bits, even if trained in 16
    halves = [value.astype(np.float16) for value in build.values(student.body.variables)]
    build.assign(body.variables, halves)
    packs = {split: pack.load(dataset, split, size) for split in ("train", "validation", "test")}
    with atomic.scratch_folder(workspace.scratch() / "starter") as folder:
        converted = folder / model_files.BACKBONE
        convert.convert_and_check(body, converted, halved=True)
        answering = litert.Backbone(converted)
        kernels, biases = build.dense_weights(student.head)
        network = build.whole(body, student.head)
        trained = TrainedNetwork(
            classes=dataset.classes,
            head=Head(tuple(kernels), tuple(biases), settings.activation),
            body=backbone(schedule.backbone),
            backbone_file=converted,
            own_backbone=halves,
            vectors={split: all_vectors(answering, photos) for split, photos in packs.items()},
            packs=packs,
            keras_logits=photo_logits(network, packs["validation"].pixels),
            best_epoch=schedule.epochs - 1,
            trained_on=trained_on.of(packs, dataset.classes),
        )
        temporary = target.with_name(f".{target.name}.new")
        shutil.rmtree(temporary, ignore_errors=True)
        card = write(temporary, trained, settings, name=target.name, **facts)
        card = card.model_copy(update={"held_out": held_out.of(card, dataset, packs)})
        records.write(temporary / "card.json", card)
    shutil.rmtree(target, ignore_errors=True)
    temporary.rename(target)
    return card


def calibrate(dataset: catalogue.Dataset) -> Card:
    """Choose the shipped model's thresholds anew on the validation photos, after the measure of doubt
    has changed. Returns its card."""
    model = shelf.model(shelf.STARTER)
    classifier = Classifier(model)
    photos = pack.load(dataset, "validation", classifier.size)
    vectors = np.concatenate(list(classifier.vectors(photos.pixels)))
    measure = Undecided.of(likeness.uncorrected(classifier.likeness), classifier.head, vectors)
    found = calibration.of(classifier.head.logits(vectors), photos.labels, measure.similarity(vectors), dataset.classes)
    limit = found.thresholds.similarity
    doubt = {
        "entropy_weight": measure.weight,
        "thresholds": found.thresholds,
        "thresholds_at": found.limits,
        "strangers": strangers.noticed(measure, model.folder / model_files.BACKBONE, classifier.size, limit),
    }
    card = model.card.model_copy(update=doubt)
    records.write(model.folder / "card.json", card)
    return card


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m models.starter", description="Train the starter model.")
    parser.add_argument("--teacher", help="a saved model (default: the best one of the dataset)")
    parser.add_argument(
        "--start", help=f"a saved model of the same network to begin with (default: {FIRST_STAGE} for 'shipped')"
    )
    parser.add_argument("--dataset", default=catalogue.CLOTHING)
    parser.add_argument("--schedule", choices=TRIES, default="shipped", help="all but the two stages are only scored")
    parser.add_argument("--calibrate", action="store_true", help="only choose the shipped model's thresholds anew")
    arguments = parser.parse_args()
    schedule, targets = TRIES[arguments.schedule], _targets()
    try:
        if arguments.calibrate:
            print(calibrate(catalogue.load(arguments.dataset)).strangers)
            return 0
        teacher = shelf.model(arguments.teacher) if arguments.teacher else _best_teacher(arguments.dataset)
        start = _start(schedule, arguments.start)
        dataset = catalogue.load(arguments.dataset)
        folder = workspace.home() / "starter" / arguments.schedule
        folder.mkdir(parents=True, exist_ok=True)
        training = Training(schedule, dataset, teacher, folder, start)
        print(json.dumps({"schedule": arguments.schedule, **training.run()}))
        training.average()
        if arguments.schedule in targets:
            _score_sizes(training, dataset)
            facts = TeacherFacts(name=teacher.name, accuracy=teacher.validation_accuracy)
            card = ship(training, dataset, targets[arguments.schedule], teacher=facts, licence=LICENCE)
            print(json.dumps({split: scores.accuracy for split, scores in card.scores.by_split.items()}))
    except AppError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _targets() -> dict[str, Path]:
    """Where the models of the two stages are written."""
    return {"first": workspace.models() / FIRST_STAGE, "shipped": workspace.SHIPPED_MODELS / shelf.STARTER}


def _start(schedule: Schedule, name: str | None) -> shelf.Model | None:
    """The model that a student begins with; None for random weights. Raises ModelError."""
    name = name or (FIRST_STAGE if schedule.kept else None)
    if name == FIRST_STAGE and shelf.find(name) is None:
        raise ModelError(
            "The second stage begins with the model of the first. Train it, python -m models.starter --schedule first, "
            "or name another with --start."
        )
    return shelf.model(name) if name else None


def _score_sizes(training: Training, dataset: catalogue.Dataset) -> None:
    """Print the student's scores on validation photos of several sizes; `answers_at` was chosen by them."""
    for size in SIZES:
        photos = pack.load(dataset, "validation", size)
        logits = training.student.logits(np.asarray(photos.pixels))
        print(f"{size} px: {accuracy(logits, photos.labels):.3f} ({cross_entropy(logits, photos.labels):.3f})")


def _best_teacher(dataset: str) -> shelf.Model:
    candidates = [
        model for model in shelf.models() if model.dataset == dataset and model.name not in (shelf.STARTER, FIRST_STAGE)
    ]
    if not candidates:
        raise ModelError(
            "There is no teacher. Fine-tune a model first: python -m core train core/runs/fine_tuned.json --wait."
        )
    return max(candidates, key=lambda model: model.validation_accuracy)


if __name__ == "__main__":
    sys.exit(main())
