"""The progress bar of long commands."""

import sys
import time

import click

from core import words

STEPS = 1000  # of the whole bar
PAUSE = 0.1  # s between two drawings: a slow terminal need not follow every photo
LONGEST_TITLE = 30  # letters; a line longer than the terminal can't be wiped out
WIPE = "\033[?25h\r\033[K"  # show the cursor, which click hides, and empty the line


class Progress:
    """A progress bar on stderr with the time left, drawn only where stderr is a terminal and wiped out at the end.

    `estimates` says whether to work out the time left from the time taken so far.
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
            show_eta=False,  # click's counts steps of the bar, not of the work
            item_show_func=lambda _: self._stage,
            width=0,  # as wide as the terminal leaves room for
        )

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def __call__(self, share: float, stage: str = "") -> None:
        """Show a share of 0 to 1 and what is being done."""
        now = time.monotonic()
        self._start = self._start or (now, share)
        if not self.visible or now - self._drawn < PAUSE:
            return
        self._drawn = now
        self._stage = ", ".join(part for part in (stage, self._time_left(now, share)) if part)
        self._bar.pos = round(STEPS * share)
        self._bar.render_progress()

    def count(self, done: int, total: int) -> None:
        """Show how many of `total` are done."""
        self(min(1.0, done / max(1, total)), f"{done:,} of {total:,}")

    def clear(self) -> None:
        """Wipe the bar out, so that a line can be printed; the next call draws it again."""
        if self._drawn:
            self._drawn = 0.0
            click.echo(WIPE, nl=False, file=sys.stderr)

    def _time_left(self, now: float, share: float) -> str:
        """'2 min left', from the pace since the first call; nothing before any progress."""
        start, start_share = self._start or (now, share)
        if not self._estimates or share <= start_share:
            return ""
        return f"{words.duration((now - start) / (share - start_share) * (1 - share))} left"
