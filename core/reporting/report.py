"""The report of a study, or of any runs on the same photos: one HTML file that works offline, and a CSV file."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from core import words
from core.answering import model_files, tables
from core.comparing import conclusion
from core.datasets import catalogue
from core.errors import AppError
from core.reporting import document, material, meaning, pictures, plots, remarks, runs_table, spreadsheet
from core.reporting.document import NOTHING, Html
from core.reporting.material import Material
from core.runs.folder import Run
from core.words import quoted

PROGRAM = "Fitting Room"
LIBRARIES = ("keras", "tensorflow", "numpy", "plotly")


def html(runs: Sequence[Run], title: str, question: str, with_pictures: bool = False) -> str:
    """The report as the text of an HTML file of about 5 MB; write it as UTF-8.

    With pictures, it holds the winner's surest mistakes as small photos. What can't be told, such as the scores of a
    damaged run, becomes a sentence. Raises RunError without runs or with runs on several datasets.
    """
    facts = material.of(runs)
    return document.page(
        f"{title} – {PROGRAM}",
        _header(facts, title, question),
        _guarded(lambda: _conclusion(facts)),
        _section("Runs", lambda: _runs(facts)),
        _section("Curves", lambda: plots.curves(facts)),
        _section("Scores against settings", lambda: plots.settings(facts)),
        _mistakes(facts, with_pictures),
        _section("Settings", lambda: runs_table.settings(facts)),
        _section("What the numbers mean", lambda: document.terms(meaning.of(facts), "meaning")),
        _footer(facts),
    )


def csv(runs: Sequence[Run]) -> str:
    """The runs as a CSV file with a header; write it as UTF-8 with unchanged line ends. It includes the BOM.

    No spreadsheet takes a cell for a formula.
    """
    records = spreadsheet.records(runs)
    lines = [list(records[0])] if records else []
    lines += [list(map(_cell, record.values())) for record in records]
    return tables.BOM + "".join(map(tables.csv_line, lines))


def _cell(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, bool | list | dict) else value


def _section(title: str, content: Callable[[], Html]) -> Html:
    return document.section(title, _guarded(content))


def _guarded(content: Callable[[], Html]) -> Html:
    """The content, or the sentence of an AppError: a damaged file takes no other part of the report with it."""
    try:
        return content()
    except AppError as error:
        return document.paragraph(document.text(str(error)), "warning")


def _header(facts: Material, title: str, question: str) -> Html:
    moments = [run.created for run in facts.runs]
    days = list(dict.fromkeys(map(_day, (min(moments), max(moments)))))
    line = " · ".join(
        (catalogue.title(facts.dataset), words.count(len(facts.runs), "run"), f"queued {' to '.join(days)}")
    )
    return Html(
        f'<header><p class="kind">{PROGRAM} report</p><h1>{document.text(title)}</h1>'
        f"{document.paragraph(document.text(question), 'question')}"
        f"{document.paragraph(document.text(line), 'quiet')}</header>"
    )


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"


def _conclusion(facts: Material) -> Html:
    found = facts.conclusion
    if found is None:
        number = words.count(len(facts.trained), "run")
        sentence = f"A comparison needs two runs with a finished epoch; here {number} has one."
        return NOTHING if len(facts.runs) == 1 else document.paragraph(document.text(sentence), "warning")
    lists = [document.list_of(conclusion.LISTS[name], sentences) for name, sentences in found.lists().items()]
    return Html(
        '<div class="answer"><h2>Conclusion</h2>'
        f"{document.paragraph(document.text(found.headline), 'headline')}"
        f"{document.joined(lists)}</div>"
    )


def _runs(facts: Material) -> Html:
    sentences = document.bullets(remarks.of(facts))
    return Html(
        (f'<div class="warning">{sentences}</div>' if sentences else "")
        + runs_table.table(facts)
        + runs_table.notes(facts)
    )


def _mistakes(facts: Material, with_pictures: bool) -> Html:
    winner = facts.winner
    if winner is None:
        return NOTHING
    return document.section(
        f"Where {quoted(winner.name)} goes wrong",
        _guarded(lambda: plots.confusion(winner)),
        _guarded(lambda: _pictures(winner)) if with_pictures else NOTHING,
    )


def _pictures(winner: Run) -> Html:
    return Html(f"<h3>Its surest mistakes</h3>{pictures.surest_mistakes(winner, plots.split_of(winner))}")


def _footer(facts: Material) -> Html:
    versions = ", ".join(f"{name} {version}" for name, version in model_files.versions(*LIBRARIES).items())
    devices = words.listed(dict.fromkeys(run.status.device for run in facts.runs if run.status.device))
    trained = f" Trained on {devices}." if devices else ""
    sentence = f"Made by {PROGRAM} on {_day(datetime.now())} with {versions}.{trained}"
    ids = f"Runs: {', '.join(run.id for run in facts.runs)}."
    return Html(f'<footer class="quiet">{document.paragraph(document.text(sentence))}'
                f"{document.paragraph(document.text(ids))}</footer>")  # fmt: skip
