"""The lines that commands print about a dataset."""

from typing import TYPE_CHECKING

import click

from core.errors import DatasetError
from core.files.names import path_text
from core.shell.output import print_json

if TYPE_CHECKING:
    from core.datasets.catalogue import Dataset


def print_line(name: str, as_json: bool = False) -> None:
    """Print the line of a dataset, or why it can't be used."""
    from core.datasets import catalogue

    if name == catalogue.DRAWN and not catalogue.is_drawn_yet():
        if as_json:
            print_json({"name": name, "title": catalogue.title(name)})
        else:
            click.echo(f"{name}: drawn on first use")
        return
    try:
        print_dataset(catalogue.load(name), as_json)
    except DatasetError as error:
        if as_json:
            print_json({"name": name, "title": catalogue.title(name), "error": str(error)})
        else:
            click.echo(f"{label(name)}: {error}")


def print_dataset(dataset: "Dataset", as_json: bool = False) -> None:
    """Print a dataset's line: classes, photos in each split, folder, and the split of our own if there is one."""
    from core.datasets import splitting

    counts = {name: len(split) for name, split in dataset.splits.items()}
    own = splitting.read(dataset.own_folder)
    if as_json:
        facts = (
            {"shares": own.shares, "seed": own.seed, "sessions": own.sessions, "divided": own.divided} if own else {}
        )
        print_json(
            {
                "name": dataset.name,
                "title": dataset.title,
                "classes": list(dataset.classes),
                "photos": counts,
                "folder": path_text(dataset.folder),
                **facts,
            }
        )
        return
    listed = ", ".join(f"{name} {count}" for name, count in counts.items())
    line = f"{label(dataset.name)}: {len(dataset.classes)} classes; {listed} photos; {path_text(dataset.folder)}"
    if own:
        line += f"; split by {own.sessions} sessions{', some of them divided' if own.divided else ''}"
    click.echo(line)


def label(name: str) -> str:
    """A dataset as people and the shell call it: My Shop (my-shop)."""
    from core.datasets import catalogue

    title = catalogue.title(name)
    return name if title == name or name == catalogue.DRAWN else f"{title} ({name})"
