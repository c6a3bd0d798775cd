"""What can be done with a dataset as a whole: remove, rename and copy it."""

import shutil

from core import workspace
from core.datasets import catalogue
from core.errors import DatasetError
from core.words import listed, quoted


def remove(name: str) -> None:
    """Remove a dataset: unpacked photos are deleted, a folder that was added stays as it is. Raises DatasetError."""
    place = workspace.datasets() / catalogue.find(name)
    if not place.is_dir():
        raise DatasetError(f"There is no dataset {quoted(name)} to remove; there are: {listed(catalogue.names())}.")
    shutil.rmtree(place)
