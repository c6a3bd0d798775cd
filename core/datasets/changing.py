"""Changes to a dataset, one at a time: two people who change it at once lose nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

from core import workspace
from core.datasets import catalogue
from core.errors import DatasetError
from core.words import quoted

LOCK_SECONDS = 60.0  # to wait for somebody else, who may be measuring some photos


@contextmanager
def alone(name: str) -> Iterator[None]:
    """Keep other changes of a dataset waiting until the block ends. Raises DatasetError if one takes too long."""
    from filelock import FileLock, Timeout  # it imports asyncio, and most pages only read

    workspace.locks().mkdir(parents=True, exist_ok=True)
    lock = FileLock(workspace.locks() / f"dataset-{name}.lock", timeout=LOCK_SECONDS)
    try:
        lock.acquire()
    except Timeout:
        raise DatasetError(
            f"Somebody else is changing {quoted(catalogue.title(name))}. Try again in a moment."
        ) from None
    try:
        catalogue.find(name)  # it may be gone by now
        yield
    finally:
        lock.release()
