"""The table of runs, the settings that they share, and the notes that people wrote."""

from collections.abc import Callable

from core import words
from core.augment import recipe
from core.comparing import differences
from core.comparing.table import Row
from core.datasets import catalogue
from core.datasets.folders import SPLIT_WORDS
from core.reporting import document, plots
from core.reporting.document import NOTHING, Html
from core.reporting.material import Material
from core.runs import course, folder
from core.runs.records import RunState
from core.runs.settings import SETTINGS

FOOTNOTE = "*"
MOST_DIFFERING = 8  # settings that get a column


def table(material: Material) -> Html:
    """The runs with what differs, their scores and their time, and Machine Learning Zoomcamp's figures beside them."""
    winner = material.winner
    columns: dict[str, Callable[[Row], str]] = {
        differences.title(name): _setting(name) for name in material.differing[:MOST_DIFFERING]
    } | {
        "Validation": lambda row: _percent(row.validation_accuracy),
        "Test": lambda row: _percent(row.test_accuracy),
        f"{SPLIT_WORDS[material.split].capitalize()} photos right": lambda row: _right(row, material.split),
        "95 % interval": lambda row: _interval(row, material.split),
        f"{course.COLUMN}{FOOTNOTE}": lambda row: _percent(row.course_accuracy),
        "Best epoch": lambda row: f"{row.best_epoch} of {row.epochs}" if row.best_epoch else "",
        "Time": _time,
    }
    texts = {title: [value(row) for row in material.rows] for title, value in columns.items()}
    texts = {title: values for title, values in texts.items() if any(values)}
    lines = [
        [_name(material, row), *(document.text(values[place]) for values in texts.values())]
        for place, row in enumerate(material.rows)
    ]
    best = next((place for place, row in enumerate(material.rows) if winner and row.run.id == winner.id), None)
    note = f"{FOOTNOTE} {course.SOURCE} Another backbone, size or number of epochs gives different figures."
    return Html(
        document.table(["Run", *texts], lines, best)
        + (document.paragraph(document.linked(note), "quiet") if f"{course.COLUMN}{FOOTNOTE}" in texts else NOTHING)
    )


def _name(material: Material, row: Row) -> Html:
    run, colour = row.run, plots.colour(material, row.run)
    swatch = document.swatch(colour) if colour else ""
    best = material.winner and material.winner.id == run.id and len(material.trained) > 1
    badge = '<span class="badge">best</span>' if best else ""
    state = "" if run.state is RunState.DONE else f'<span class="badge state">{document.text(run.state)}</span>'
    return Html(f"{swatch}{document.text(run.name)}{badge}{state}")


def _setting(name: str) -> Callable[[Row], str]:
    return lambda row: row.setting(name) or "–"


def _time(row: Row) -> str:
    if not row.seconds:
        return ""
    return f"{row.seconds:.1f} s" if row.seconds < 10 else words.duration(row.seconds)


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"


def _right(row: Row, split: str) -> str:
    score = folder.scores(row.run.folder).get(split)
    return f"{score.correct:,} of {score.count:,}" if score and score.count else ""


def _interval(row: Row, split: str) -> str:
    score = folder.scores(row.run.folder).get(split)
    return f"{score.interval[0]:.1%} – {score.interval[1]:.1%}" if score and score.count else ""


def settings(material: Material) -> Html:
    """The settings that differ with their values, and those that all runs share."""
    differ = [
        (differences.title(name), ", ".join(dict.fromkeys(row.setting(name) or "–" for row in material.rows)))
        for name in material.differing
    ]
    shared = [("Dataset", catalogue.title(material.dataset))]
    for name in SETTINGS:
        if (
            name != "dataset"
            and name not in differences.differing(material.runs)
            and (value := _shared(material, name))
        ):
            shared.append((differences.title(name), value))
    alone = len(material.runs) == 1
    return Html(
        (Html("<h3>What differs</h3>") + document.terms(differ, "settings") if differ else NOTHING)
        + (NOTHING if alone else Html("<h3>The same in all runs</h3>"))
        + document.terms(shared, "settings")
    )


def _shared(material: Material, name: str) -> str:
    settings = material.runs[0].config
    if name != "recipe" or not settings.recipe:
        return differences.text(name, settings)
    return "; ".join(map(_step, recipe.to_json(settings.recipe)))


def _step(step: dict[str, object]) -> str:
    """A step of a recipe with its parameters: "rotation: rotation_range 15, probability 1"."""
    values = ", ".join(f"{name} {value}" for name, value in step.items() if name != "transform")
    return f"{step['transform']}: {values}" if values else str(step["transform"])


def notes(material: Material) -> Html:
    """What people noted about the runs, line by line."""
    items = "".join(
        f"<li><strong>{document.text(run.name)}</strong>: "
        f"{document.joined([document.text(line) for line in run.notes.note.splitlines()], '<br>')}</li>"
        for run in material.runs
        if run.notes.note.strip()
    )
    return Html(f"<h3>Notes</h3><ul>{items}</ul>") if items else NOTHING
