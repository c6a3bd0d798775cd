"""A limit on the memory that several threads take together: work that does not fit waits for its turn."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class MemoryBudget:
    """A number of bytes that all threads of the process share."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._free = size
        self._changed = threading.Condition()

    @contextmanager
    def reserved(self, count: int) -> Iterator[None]:
        """Wait until `count` bytes are free and reserve them for the block. More than the whole budget waits until
        nothing else is reserved."""
        count = min(count, self.size)
        with self._changed:
            self._changed.wait_for(lambda: self._free >= count)
            self._free -= count
        try:
            yield
        finally:
            with self._changed:
                self._free += count
                self._changed.notify_all()
