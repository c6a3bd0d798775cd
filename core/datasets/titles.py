"""What a new dataset is called: any title for people, and a name made of it for its folder, links and the shell."""

import re
from pathlib import Path

from core import workspace
from core.datasets import catalogue
from core.datasets.catalogue import folded
from core.errors import DatasetError
from core.files.names import is_reserved
from core.words import quoted

LONGEST_TITLE = 80  # characters
LONGEST_NAME = 60


def check(title: str) -> str:
    """The title without spaces around it. Raises DatasetError if it is empty, too long or can't be printed."""
    title = title.strip()
    if not title or len(title) > LONGEST_TITLE or not title.isprintable():
        raise DatasetError(
            f"A dataset's name must have 1 to {LONGEST_TITLE} printable characters, got {quoted(title)}."
        )
    return title


def check_new(title: str, except_of: str = "") -> None:
    """Raise DatasetError if no dataset can have that title, because it is no title or belongs to another dataset.

    `except_of` is the name of the dataset that is about to get it.
    """
    title = check(title)
    for name in catalogue.names():
        if name != except_of and folded(title) in (folded(name), folded(catalogue.title(name))):
            other = catalogue.title(name)
            called = "" if folded(other) == folded(title) else f", with the title {quoted(other)}"
            raise DatasetError(
                f"There is a dataset {quoted(title)} already{called}. Choose another name or remove it first."
            )
    if title != except_of and catalogue.is_name(title) and (workspace.datasets() / title).exists():
        raise DatasetError(f"There is a dataset {quoted(title)} already. Choose another name or remove it first.")


def free_title(title: str) -> str:
    """The title, shortened if need be, with a number if another dataset has it."""
    title = title.strip()[: LONGEST_TITLE - 5].strip() or "photos"
    for number in range(1, 10_000):
        numbered = title if number == 1 else f"{title} {number}"
        try:
            check_new(numbered)
        except DatasetError:
            continue
        return numbered
    return title


def name_for(path: str) -> str:
    """A name for a file, folder or title: 'My Clothes.zip' becomes 'my-clothes'."""
    stem = Path(path).name.lower().removesuffix(".zip")
    return re.sub(r"[^a-z0-9_]+", "-", stem).strip("-_")[:LONGEST_NAME].rstrip("-_") or "photos"


def title_for(path: str) -> str:
    """A title for a file or folder: its name, as far as it can be printed. 'My Clothes.zip' becomes 'My Clothes'."""
    name = Path(path).name
    stem = name[:-4] if name.lower().endswith(".zip") else name
    return "".join(letter for letter in stem if letter.isprintable()).strip()[:LONGEST_TITLE].strip() or "photos"


def free_name(title: str) -> str:
    """The name that a new dataset of that title gets. A number tells it from others."""
    name = name_for(title.replace("/", " "))
    if is_reserved(name) or name == catalogue.DRAWN:
        name = f"{name[: LONGEST_NAME - 5]}-data"
    taken = {path.name for path in catalogue.added()}
    taken |= {folded(catalogue.title(other)) for other in taken} - {folded(title)}
    numbered = (f"{name[: LONGEST_NAME - 5]}-{number}" for number in range(2, 10_000))
    return name if name not in taken else next(free for free in numbered if free not in taken)
