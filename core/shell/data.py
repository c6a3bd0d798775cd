"""The commands of the group `data`: datasets."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from core.errors import DatasetError, IncompleteError
from core.files.names import path_text
from core.shell import review
from core.shell.dataset_lines import label, print_dataset, print_line
from core.shell.progress import Progress

Command = Callable[..., Any]
USUAL_SHARES = "80/10/10"


@click.group(subcommand_metavar="ACTION")
def data() -> None:
    """Add, split, check, review, export and remove datasets."""


def _dataset_argument(command: Command) -> Command:
    return click.argument("name", metavar="NAME", help="Name or title of a dataset.")(command)


def _shares_option(command: Command) -> Command:
    return click.option(
        "--shares",
        metavar="TRAIN/VALIDATION/TEST",
        default=USUAL_SHARES,
        show_default=True,
        help="Shares of the photos in each split.",
    )(command)


def _json_option(command: Command) -> Command:
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")(command)


@data.command()
@click.argument("name", help="Name for the dataset: any text.")
@click.argument(
    "source",
    metavar="FOLDER_OR_ZIP",
    type=click.Path(path_type=Path),
    help="A folder of photos for each class, or these in train, validation and test.",
)
@click.option(
    "--names",
    "code_page",
    metavar="CODE_PAGE",
    default="",
    help="Code page of a zip's names, such as cp850 or gbk. [default: the one that makes words of them]",
)
@_shares_option
@_json_option
def add(name: str, source: Path, code_page: str, shares: str, as_json: bool) -> None:
    """Add a dataset: a folder or a zip.

    A folder stays where it is; a zip is unpacked into the workspace. Photos that are not in splits yet are split by the
    sessions in which they were taken.
    """
    from core.datasets import adding, catalogue, splitting
    from core.files import code_pages
    from core.photos import finding

    source = source.expanduser()
    wished = splitting.shares_from(shares)
    if code_page and code_page not in (*code_pages.CODE_PAGES, "utf-8"):
        raise DatasetError(f"--names must be one of {', '.join(code_pages.CODE_PAGES)} or utf-8, got {code_page!r}.")
    try:
        if source.is_file():
            with Progress(f"unpacking {source.name}") as progress:
                dataset = adding.add_zip(name, source, progress, code_page, wished, progress.count)
        else:
            with Progress("reading photos") as progress:
                dataset = adding.add_folder(name, source, wished, progress.count)
    except IncompleteError:  # it was added, and its photos must be sorted first
        print_line(catalogue.find(name), as_json)
        return
    print_dataset(dataset, as_json)
    if not as_json:
        for sentence in finding.sentences(dataset.passed_over):
            click.echo(sentence)


@data.command()
@_dataset_argument
@_shares_option
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Another number gives another split."
)
@click.option("--restore", is_flag=True, help="Use the train, validation and test folders of the photos again.")
@_json_option
def split(name: str, shares: str, seed: int, restore: bool, as_json: bool) -> None:
    """Split a dataset by the sessions of its photos.

    No photo is moved. The split before it is kept beside the dataset, under its date.
    """
    from core.datasets import catalogue, managing, splitting

    if restore:
        managing.restore_split(name)
    else:
        wished = splitting.shares_from(shares)
        with Progress("reading photos") as progress:
            managing.split_anew(name, wished, seed, progress.count)
    print_dataset(catalogue.load(name), as_json)


@data.command()
@_dataset_argument
@click.argument("target", metavar="FOLDER_OR_ZIP", type=click.Path(path_type=Path), help="New folder or new .zip.")
def export(name: str, target: Path) -> None:
    """Write a dataset, as split and reviewed, to a folder or zip."""
    from core.datasets import exporting

    with Progress("writing photos") as progress:
        written = exporting.export(name, target, progress.count)
    click.echo(path_text(written))


@data.command()
@_dataset_argument
@click.argument("title", help="Its new name: any text.")
def rename(name: str, title: str) -> None:
    """Give a dataset another name."""
    from core.datasets import catalogue, managing

    name = catalogue.find(name)
    managing.rename(name, title)
    click.echo(label(name))


@data.command()
@_dataset_argument
@click.argument("title", help="Name for the copy: any text.")
def copy(name: str, title: str) -> None:
    """Copy a dataset with its split and review.

    Photos in the workspace are linked, so that a copy takes no room; those of an added folder are used by both.
    """
    from core.datasets import catalogue, managing

    with Progress("copying photos") as progress:
        managing.copy(name, title, progress.count)
    print_line(catalogue.find(title))


@data.command()
@_dataset_argument
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
    print_dataset(dataset)


@data.command("list")
@_json_option
def list_datasets(as_json: bool) -> None:
    """List the datasets."""
    from core.datasets import catalogue

    for name in catalogue.names():
        print_line(name, as_json)


data.add_command(review.check)
data.add_command(review.review)
