"""The commands `report`, `notebook` and `compare`: what a study, or any runs on the same photos, have shown."""

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.errors import RunError
from core.files.names import path_text, printable_name
from core.shell.output import print_json
from core.words import printable

if TYPE_CHECKING:
    from core.reporting.choosing import Choice


@click.command()
@click.argument("names", metavar="STUDY", nargs=-1, required=True, help="Id or name of a study, or ids of runs.")
@click.option("--pictures", is_flag=True, help="Add small pictures of the winner's surest mistakes.")
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="File to write: .html, or .csv for only the table. [default: report-NAME.html, here]",
)
def report(names: tuple[str, ...], pictures: bool, out: Path | None) -> None:
    """Write the report of a study or of some runs as one file.

    It has the conclusion, curves, scores and settings, works offline, and prints well.
    """
    from core.reporting import choosing, export
    from core.reporting import report as reports
    from core.runs import groups

    choice = choosing.of(groups.find(names))
    path = out or Path(export.file_name(choice.title))
    if path.suffix.lower() == ".csv":
        text = reports.csv(choice.runs)
    else:
        text = reports.html(choice.runs, choice.title, choice.question, pictures)
    click.echo(printable_name(path_text(export.write(path, text))))


@click.command()
@click.argument("names", metavar="RUN_OR_STUDY", nargs=-1, required=True, help="Ids of runs, or a study's id or name.")
@click.option(
    "--out", metavar="FILE", type=click.Path(path_type=Path), help="File to write. [default: notebook-NAME.ipynb, here]"
)
def notebook(names: tuple[str, ...], out: Path | None) -> None:
    """Write a run or a study as a notebook in plain Keras.

    It downloads or reads the photos, builds the network, trains, scores and answers, with explanations. It runs in
    Colab or Jupyter without this program, and has its scores beside ours. Several runs become a loop with a table.
    """
    from core.reporting import choosing, export
    from core.reporting import notebook as notebooks
    from core.runs import groups

    choice = choosing.of(groups.find(names))
    path = out or Path(export.file_name(choice.title, export.NOTEBOOK))
    click.echo(printable_name(path_text(export.write(path, notebooks.of(choice.runs)))))


@click.command()
@click.argument("names", metavar="ID", nargs=-1, required=True, help="Ids of runs, or the id or name of a study.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def compare(names: tuple[str, ...], as_json: bool) -> None:
    """Compare runs: which one won, and is it more than luck?

    Prints a line per run, then the conclusion in sentences.
    """
    from core.reporting import choosing, material, remarks
    from core.runs import groups

    choice = choosing.of(groups.find(names))
    facts = material.of(choice.runs)
    found = facts.conclusion
    if found is None:
        raise RunError(f"A comparison needs two runs with a finished epoch, got {len(facts.trained)}. Add others.")
    lists = found.lists()
    if as_json:
        print_json(
            {
                "winner": found.winner.id,
                "headline": found.headline,
                **lists,
                "remarks": remarks.of(facts),
                "runs": _records(choice),
            }
        )
        return
    for record in _records(choice):
        click.echo(_line(record))
    click.echo(f"\n{printable(found.headline)}")
    for sentence in (*chain.from_iterable(lists.values()), *remarks.of(facts)):
        click.echo(f"- {printable(sentence)}")


def _records(choice: "Choice") -> list[dict[str, Any]]:
    from core.reporting import spreadsheet

    return spreadsheet.records(choice.runs)


def _line(record: dict[str, Any]) -> str:
    """A run in a line: its id, state, scores and name."""
    validation, test = (_score(record, split) for split in ("validation", "test"))
    return f"{record['id']}  {record['state']:<11} {validation:<17} {test:<37}  {printable(record['name'])}".rstrip()


def _score(record: dict[str, Any], split: str) -> str:
    """The accuracy on a split, on test photos with its interval; empty without one."""
    accuracy = record[f"{split}_accuracy"]
    if accuracy is None:
        return ""
    low, high = record[f"{split}_low"], record[f"{split}_high"]
    interval = f" (95 %: {low:.3f} to {high:.3f})" if split == "test" else ""
    return f"{split} {accuracy:.3f}{interval}"
