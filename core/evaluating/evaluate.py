"""Evaluates a saved model on a split of a dataset, for pages in a process of its own."""

import hashlib
import sys
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from core import machine, workspace
from core.answering import shelf, trial
from core.answering.shelf import Model
from core.answering.trial import Answers
from core.datasets import catalogue, measures, pack, trained_on
from core.datasets.catalogue import Dataset
from core.datasets.folders import photo_names
from core.evaluating import stored
from core.evaluating.measures import figures, groups
from core.evaluating.photo_facts import FACTS
from core.evaluating.record import Evaluation, Group
from core.evaluating.stored import Stored
from core.files import records
from core.files.background import Report, Status, Work
from core.files.names import path_text
from core.runs.predictions import Predictions
from core.serving import limits

STARTING = 15.0  # s from the start of the process to its first report, at most
READING, ANSWERING, MEASURING = "Reading the photos", "Answering", "Measuring the photos"
SHARES = {READING: (0.0, 0.37), ANSWERING: (0.37, 0.2), MEASURING: (0.57, 0.43)}  # of the time, as on 3,068 photos


def evaluate(
    model: Model, dataset: Dataset, split: str, progress: Report | None = None
) -> tuple[Evaluation, Predictions]:
    """The evaluation of a model on a split, and the answers behind it. See `trial.answers`, also for the errors."""
    started = time.monotonic()

    def step(words: str) -> Callable[[int, int], None] | None:
        def report(done: int, total: int) -> None:
            start, share = SHARES[words]
            if progress:
                progress(start + share * done / max(total, 1), f"{words}: {done:,} of {total:,}")

        return report if progress else None

    trial.left_out(model, dataset, split)  # its error comes before the photos are read
    pack.load(dataset, split, model.card.image_size, step(READING))
    answers = trial.answers(model, dataset, split, step(ANSWERING))
    found = figures(
        answers.logits,
        answers.labels,
        answers.similarities,
        model.labels,
        model.card.temperature,
        model.card.limits,
    )
    by_fact = _groups(dataset, split, answers, step(MEASURING))
    labels = answers.labels.tolist()
    state = trained_on.of_photos({split: list(zip(labels, answers.keys, strict=True))}, model.labels)
    evaluation = Evaluation(
        date=records.now(),
        seconds=round(time.monotonic() - started, 1),
        model=model.name,
        learned_from=model.dataset,
        dataset=dataset.name,
        title=catalogue.title(dataset.name),
        split=split,
        content=state.splits[split].content,
        labels=model.labels,
        temperature=model.card.temperature,
        change=trial.change(model, dataset, split),
        left_out=dict(answers.left_out),
        unreadable=answers.unreadable,
        figures=answers.with_places(found).model_copy(update={"groups": by_fact}),
    )
    return evaluation, Predictions(answers.keys, answers.names, answers.labels, answers.logits, answers.similarities)


def _groups(
    dataset: Dataset, split: str, answers: Answers, progress: Callable[[int, int], None] | None
) -> dict[str, tuple[Group, ...]]:
    """The accuracy in groups of photos by each fact."""
    by_name = {path_text(path.relative_to(dataset.folder)): path for path in dataset.splits[split].paths}
    paths = [by_name[name] for name in answers.names]
    measured = measures.of(dataset.name, photo_names(dataset.folder, paths), paths, progress, are_all=False)
    right = answers.logits.argmax(axis=1) == answers.labels
    by_fact = {}
    for fact in FACTS:
        values: NDArray[np.float64] = np.array(
            [np.nan if measure.error else fact.of(measure) for measure in measured], np.float64
        )
        by_fact[fact.key] = groups(values, right)
    return by_fact


def evaluate_and_store(model: str, dataset: str, split: str, progress: Report | None = None) -> Stored:
    """Evaluate the model of that name and store the result. Raises ModelError, DatasetError, OSError."""
    return stored.write(*evaluate(shelf.model(model), catalogue.load(dataset), split, progress))


def start(model: str, dataset: str, split: str) -> None:
    """Start `evaluate_and_store` in its own process, unless it is at it. Raises OSError."""
    limits.check_disk()
    workspace.locks().mkdir(parents=True, exist_ok=True)
    _work(model, dataset, split).start("core.evaluating.evaluate", "evaluating.log", model, dataset, split)


def status(model: str, dataset: str, split: str) -> Status | None:
    """How far that process is; None if none was started."""
    return _work(model, dataset, split).status()


def forget(model: str, dataset: str, split: str) -> None:
    """Forget how the last one ended."""
    _work(model, dataset, split).forget()


def _work(model: str, dataset: str, split: str) -> Work:
    digest = hashlib.blake2b(
        "\0".join((model, dataset, split)).encode(errors="surrogateescape"), digest_size=8
    ).hexdigest()
    name = f"evaluation-{digest}"  # the names themselves may be too long for that of a file
    return Work("evaluation", workspace.locks() / f"{name}.json", workspace.locks() / f"{name}.lock", STARTING)


def _main(model: str, dataset: str, split: str) -> None:
    machine.give_way()
    _work(model, dataset, split).run(lambda report: evaluate_and_store(model, dataset, split, report))


if __name__ == "__main__":
    _main(*sys.argv[1:])
