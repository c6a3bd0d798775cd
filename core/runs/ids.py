"""The ids of runs, which are the names of their folders and order the queue."""

import secrets
import threading
from collections.abc import Callable
from datetime import datetime, timedelta


class RunIds:
    """A source of run ids that rise strictly within this process."""

    def __init__(
        self, clock: Callable[[], datetime] = datetime.now, letters: Callable[[int], str] = secrets.token_hex
    ) -> None:
        """`letters` returns two random hexadecimal digits for each byte."""
        self._clock, self._letters = clock, letters
        self._last = datetime.min
        self._lock = threading.Lock()

    def new(self) -> str:
        """The local time to the microsecond and four random letters."""
        with self._lock:  # two runs may be queued between two ticks of the clock
            self._last = max(self._clock(), self._last + timedelta(microseconds=1))
            return f"{self._last:%Y%m%d-%H%M%S-%f}-{self._letters(2)}"
