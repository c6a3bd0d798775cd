"""Changes to a dataset, one at a time: two people who change it at once lose nothing."""

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager

from core import workspace
from core.datasets import catalogue
from core.errors import DatasetError
from core.files import locks
from core.words import quoted

LOCK_SECONDS = 60.0  # to wait for somebody else, who may be measuring some photos


@contextmanager
def alone(name: str) -> Iterator[None]:
    """Keep other changes of a dataset waiting until the block ends. Raises DatasetError if one takes too long."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(locks.alone(workspace.locks() / f"dataset-{name}.lock", LOCK_SECONDS))
        except TimeoutError:
            raise DatasetError(
                f"Somebody else is changing {quoted(catalogue.title(name))}. Try again in a moment."
            ) from None
        catalogue.find(name)  # it may be gone by now
        yield
