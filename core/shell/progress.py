"""The progress bar for long commands."""

import sys
import time

import click

from core import words

STEPS = 1000  # of the whole bar
PAUSE = 0.1  # s between two updates, so that a slow terminal can keep up
LONGEST_TITLE = 30  # letters; a line longer than the terminal can't be erased
WIPE = "\033[?25h\r\033[K"  # show the cursor, which click hides, and clear the line


class Progress:
    """A progress bar on stderr with the time left. It is drawn only on a terminal and erased at the end.

    `estimates` says whether to estimate the time left from the time so far.
    """

    def __init__(self, title: str, estimates: bool = True) -> None:
        self.visible = sys.stderr.isatty()
        self._stage = ""
        self._estimates = estimates
        self._start: tuple[float, float] | None = None  # time in s and share at the first call
        self._drawn = 0.0  # time in s; 0 while there is no bar on screen
        self._bar = click.progressbar(
            range(STEPS),
            label=title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1]}…",
            file=sys.stderr,
            hidden=not self.visible,
            show_eta=False,  # click counts steps of the bar, not of the work
            item_show_func=lambda _: self._stage,
            width=0,  # all of the terminal's width
        )

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def __call__(self, share: float, stage: str = "") -> None:
        """Show the finished share, 0 to 1, and the current stage."""
        now = time.monotonic()
        self._start = self._start or (now, share)
        if not self.visible or now - self._drawn < PAUSE:
            return
        self._drawn = now
        self._stage = ", ".join(part for part in (stage, self._time_left(now, share)) if part)
        self._bar.pos = round(STEPS * share)
        self._bar.render_progress()

    def count(self, done: int, total: int) -> None:
        """Show that `done` of `total` are finished."""
        self(min(1.0, done / max(1, total)), f"{done:,} of {total:,}")

    def clear(self) -> None:
        """Erase the bar, so that you can print a line. The next call draws it again."""
        if self._drawn:
            self._drawn = 0.0
            click.echo(WIPE, nl=False, file=sys.stderr)

    def _time_left(self, now: float, share: float) -> str:
        """The time left, such as '2 min left', from the pace since the first call; empty before any progress."""
        start, start_share = self._start or (now, share)
        if not self._estimates or share <= start_share:
            return ""
        return f"{words.duration((now - start) / (share - start_share) * (1 - share))} left"
