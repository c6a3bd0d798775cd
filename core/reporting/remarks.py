"""Sentences about what a report lacks: runs that failed or are not done, and a dataset that has changed or is gone."""

from collections.abc import Iterator

from core import words
from core.datasets import catalogue, trained_on
from core.datasets.trained_on import TrainedOn
from core.errors import DatasetError
from core.reporting.material import Material
from core.runs import changes, readings
from core.runs.folder import Run
from core.runs.records import RunState
from core.words import quoted


def of(material: Material) -> list[str]:
    """The sentences: first about the dataset, then about each run."""
    return [*_about_dataset(material), *_about_runs(material)]


def _about_dataset(material: Material) -> Iterator[str]:
    if change := changes.change_between(material.trained):
        yield change
    title = quoted(catalogue.title(material.dataset))
    try:
        catalogue.find(material.dataset)
    except DatasetError:
        yield f"The dataset {title} is not on this machine any more. All scores were measured while it was."
        return
    try:
        classes = catalogue.load(material.dataset).classes
    except DatasetError as error:
        yield f"The dataset {title} can't be used at present. {error}"
        return
    yield from _changed_classes(material, title, TrainedOn(classes=classes))


def _changed_classes(material: Material, title: str, now: TrainedOn) -> Iterator[str]:
    """A sentence for each set of classes that runs learned and that the dataset no longer has."""
    by_classes: dict[tuple[str, ...], list[str]] = {}
    for run in material.trained:
        if report := readings.report(run.folder):
            by_classes.setdefault(report.labels, []).append(quoted(run.name))
    for labels, names in by_classes.items():
        if changed := trained_on.changes(TrainedOn(classes=labels), now):
            verb = "was" if len(names) == 1 else "were"
            yield f"The classes of {title} have changed since {words.listed(names, 4)} {verb} trained: {changed}."


def _about_runs(material: Material) -> Iterator[str]:
    known = material.conclusion.left_out if material.conclusion else ()
    for run in material.runs:
        name = quoted(run.name)
        if (sentence := _state(run)) and not any(each.startswith(f"{name} can't be compared") for each in known):
            yield sentence
        if reason := material.unreadable.get(run.id):
            yield f"The scores of {name} can't be read, so it is left out. {reason}"
        elif run.state is RunState.DONE and readings.report(run.folder) is None:
            yield f"{name} is done but has no scores: its report.json is missing."
        if run.status.warning:
            yield f"{name}: {run.status.warning}"
        if damaged := readings.curves(run.folder).curves.damaged:
            lines = words.count(damaged, "line")
            yield f"{lines} of the curves of {name} can't be read, so those epochs are missing."


def _state(run: Run) -> str:
    """What a run that is not done has reached, in a sentence; empty if it is done with curves."""
    name, epochs = quoted(run.name), readings.summary(run.folder).epochs
    after = f"after {words.count(epochs, 'epoch')}" if epochs else "before its first epoch"
    counts = " Its best epoch until then counts." if epochs else ""
    match run.state:
        case RunState.QUEUED:
            return f"{name} has not started yet."
        case RunState.RUNNING:
            return f"{name} is still training: its figures are those {after}."
        case RunState.INTERRUPTED:
            return f"{name} was interrupted {after}. Training goes on once Fitting Room is open."
        case RunState.STOPPED:
            return f"{name} was stopped {after}.{counts}"
        case RunState.FAILED:
            return f"{name} failed {after}{f': {run.status.error}' if run.status.error else '.'}{counts}"
    return "" if epochs else f"{name} is done but has no curves: its metrics.jsonl is missing or empty."
