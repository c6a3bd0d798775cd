"""Writes a report or a notebook as a file."""

from pathlib import Path

from core.datasets.titles import name_for
from core.errors import RunError
from core.files import atomic
from core.files.names import path_text, printable_name

NOTEBOOK = "ipynb"


def file_name(title: str, ending: str = "html") -> str:
    """A file name made of a title: 'Learning rate' becomes 'report-learning-rate.html', or 'notebook-…' for ipynb."""
    kind = "notebook" if ending == NOTEBOOK else "report"
    return f"{kind}-{name_for(title.replace('/', ' '))}.{ending}"


def write(path: Path, text: str) -> Path:
    """Write the text as UTF-8 with unchanged line ends, and return the whole path.

    Replaces an earlier file. Raises RunError if its folder does not exist, and OSError.
    """
    path = path.expanduser().absolute()
    if not path.parent.is_dir():
        folder = printable_name(path_text(path.parent))
        raise RunError(f"The folder {folder} does not exist. Create it first, or name another one with --out.")
    if path.is_dir():
        raise RunError(f"{printable_name(path_text(path))} must be a file, got a folder. Add a name for the file.")
    atomic.write(path, lambda file: file.write(text.encode()))
    return path
