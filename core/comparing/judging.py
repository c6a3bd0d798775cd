"""Computes the predictions of a run of an earlier version from its saved model, in a process of its own."""

import sys

import numpy as np

from core import machine, workspace
from core.answering import litert, shelf
from core.answering.classifier import load
from core.datasets import catalogue, pack, trained_on
from core.errors import RunError
from core.files.background import Report, Status, Work
from core.runs import changes, folder, predictions, readings
from core.runs.folder import Run
from core.runs.predictions import Predictions
from core.serving import limits
from core.words import quoted

ROUNDING = 1  # answers that may be different on another machine
STARTING = 15.0  # s from the start of the process to its first report, at most


def judge(run_id: str, progress: Report | None = None) -> None:
    """Compute the run's predictions and store them in its folder.

    Raises RunError if its model or its photos have changed since, or any other AppError if they can't be used.
    """
    run = folder.look(run_id)
    report = readings.report(run.folder)
    if report is None:
        raise RunError(f"The run {quoted(run.name)} has no scores, so there are no answers to store.")
    model = shelf.model(report.model)
    if model.card.run != run.id:
        raise RunError(
            f"The model of the run {quoted(run.name)} no longer exists, so its answers can't be computed. Train the "
            "run again."
        )
    dataset = catalogue.load(run.config.dataset)
    packs = {split: pack.load(dataset, split, model.card.image_size) for split in report.scores.by_split}
    before, now = changes.state_of(run), trained_on.of(packs, dataset.classes)
    if before and any(not now.has_same(split, before) for split in packs):
        raise RunError(
            f"The photos of {quoted(catalogue.title(dataset.name))} have changed since {quoted(run.name)} was trained, "
            "so its answers to them would not be those behind its scores."
        )
    if dataset.classes != report.labels:
        raise RunError(f"The classes of {quoted(catalogue.title(dataset.name))} have changed. Train the run again.")
    classifier = load(model)
    total, done = sum(map(len, packs.values())), 0
    by_split = {}
    for split, photos in packs.items():
        logits = []
        for start in range(0, len(photos), litert.BATCH):
            if progress:
                progress(done / total, f"{done:,} of {total:,} photos")
            logits.append(classifier.logits(photos.pixels[start : start + litert.BATCH]))
            done += len(logits[-1])
        by_split[split] = Predictions(photos.keys, photos.names, photos.labels, np.concatenate(logits))
    if before is None:
        _check_scores(run, by_split)
    predictions.write(run.folder, by_split)


def _check_scores(run: Run, by_split: dict[str, Predictions]) -> None:
    """Raise RunError unless the answers fit the run's scores: its files don't say which photos they were of."""
    for split, scores in folder.scores(run.folder).items():
        found = by_split[split]
        if len(found) != scores.count or abs(int(found.is_right.sum()) - scores.correct) > ROUNDING:
            raise RunError(
                f"The {split} photos, or the model, are not those behind the scores of {quoted(run.name)}: "
                f"{int(found.is_right.sum()):,} of {len(found):,} answers are right, and its report has "
                f"{scores.correct:,} of {scores.count:,}. Train the run again."
            )


def can_judge(run: Run) -> bool:
    """Whether the run has scores but no predictions, and its model is still there."""
    report = readings.report(run.folder)
    if report is None or predictions.exist(run.folder):
        return False
    model = shelf.find(report.model)
    return model is not None and model.card.run == run.id


def start(run_id: str) -> None:
    """Start `judge` in its own process, unless it is at it. Raises OSError."""
    limits.check_disk()
    _work(run_id).start("core.comparing.judging", "judging.log", run_id)


def status(run_id: str) -> Status | None:
    """How far that process is; None if none was started."""
    return _work(run_id).status()


def forget(run_id: str) -> None:
    """Forget how the last one ended."""
    _work(run_id).forget()


def _work(run_id: str) -> Work:
    """Its status lies in the run's folder, and goes with it."""
    place = folder.folder_of(run_id) / "judging.json"
    return Work("evaluation", place, workspace.locks() / f"judging-{run_id}.lock", STARTING)


def _main(run_id: str) -> None:
    machine.give_way()
    _work(run_id).run(lambda report: judge(run_id, report))


if __name__ == "__main__":
    _main(sys.argv[1])
