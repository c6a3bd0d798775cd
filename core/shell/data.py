"""The commands of the group `data`: datasets."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.errors import DatasetError
from core.files.names import path_text
from core.shell import review
from core.shell.progress import Progress

if TYPE_CHECKING:
    from core.datasets.catalogue import Dataset


@click.group(subcommand_metavar="ACTION")
def data() -> None:
    """Add, check, review and remove datasets."""


@data.command()
@click.argument("name", help="Name for the dataset.")
@click.argument(
    "source",
    metavar="FOLDER_OR_ZIP",
    type=click.Path(path_type=Path),
    help="Photos in train, validation and test, with a folder for each class.",
)
@click.option(
    "--names",
    "code_page",
    metavar="CODE_PAGE",
    default="",
    help="Code page of a zip's names, such as cp850 or gbk. [default: the one that makes words of them]",
)
def add(name: str, source: Path, code_page: str) -> None:
    """Add a dataset: a folder or a zip.

    A folder stays where it is; a zip is unpacked into the workspace.
    """
    from core.datasets import adding
    from core.files import code_pages
    from core.photos import finding

    source = source.expanduser()
    if code_page and code_page not in (*code_pages.CODE_PAGES, "utf-8"):
        raise DatasetError(f"--names must be one of {', '.join(code_pages.CODE_PAGES)} or utf-8, got {code_page!r}.")
    if source.is_file():
        with Progress(f"unpacking {source.name}") as progress:
            dataset = adding.add_zip(name, source, progress, code_page)
    else:
        dataset = adding.add_folder(name, source)
    _print_summary(dataset)
    for sentence in finding.sentences(dataset.passed_over):
        click.echo(sentence)


@data.command()
@click.argument("name", help="Name of a dataset.")
def remove(name: str) -> None:
    """Remove a dataset.

    Photos of an added folder stay where they are; those of a zip or download are deleted.
    """
    from core.datasets import managing

    managing.remove(name)
    click.echo(f"{name} is removed.")


@data.command()
def download() -> None:
    """Download clothing-dataset-small (106 MB)."""
    from core.datasets import offered

    with Progress("downloading photos") as progress:
        dataset = offered.fetch(progress)
    _print_summary(dataset)


@data.command("list")
def list_datasets() -> None:
    """List the datasets."""
    from core.datasets import catalogue

    for name in catalogue.names():
        if name == catalogue.DRAWN and not catalogue.is_drawn_yet():
            click.echo(f"{name}: drawn on first use")
            continue
        try:
            _print_summary(catalogue.load(name))
        except DatasetError as error:
            click.echo(f"{name}: {error}")


data.add_command(review.check)
data.add_command(review.review)


def _print_summary(dataset: "Dataset") -> None:
    """Print a dataset's line: classes, photos in each split, folder."""
    counts = ", ".join(f"{name} {len(split)}" for name, split in dataset.splits.items())
    click.echo(f"{dataset.name}: {len(dataset.classes)} classes; {counts} photos; {path_text(dataset.folder)}")
