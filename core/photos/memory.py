"""Room in memory for work that takes much of it: what doesn't fit waits its turn."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Room:
    """So many bytes, shared by all threads of the process."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._free = size
        self._changed = threading.Condition()

    @contextmanager
    def taken(self, count: int) -> Iterator[None]:
        """Wait until `count` bytes are free and hold them; what is larger than the whole room gets it alone."""
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
