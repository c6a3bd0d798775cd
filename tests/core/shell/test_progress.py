"""The progress bar: where it is drawn, what it shows, and that it leaves nothing behind."""

from types import SimpleNamespace

import pytest

from core.shell import progress
from core.shell.progress import Progress


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A clock that the test sets, in seconds."""
    time = SimpleNamespace(now=100.0)
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: time.now))
    return time


def test_there_is_no_bar_without_a_terminal(capsys):
    with Progress("working") as bar:
        bar(0.5, "half")
        bar.count(2, 2)
    assert tuple(capsys.readouterr()) == ("", "")


def test_the_time_left_follows_from_the_pace_since_the_first_call(terminal, clock):
    stream = terminal()
    with Progress("working") as bar:
        clock.now += 1000  # until the work begins
        bar.count(0, 4000)
        assert "left" not in stream.getvalue()
        clock.now += 60
        bar.count(1000, 4000)
        line = stream.getvalue().split("\r\033[?25l")[-1].rstrip()
    assert line.endswith("25%  1,000 of 4,000, 3 min left")
    assert len(line) == 80


def test_a_command_can_show_its_own_time_left(terminal, clock):
    stream = terminal()
    with Progress("x" * 50, estimates=False) as bar:
        bar(0, "queued")
        clock.now += 60
        bar(0.5, "training, 20 s left")
    assert stream.getvalue().count("left") == 1
    assert f"{'x' * 29}…  [" in stream.getvalue()


def test_an_error_leaves_an_empty_line_and_a_visible_cursor(terminal):
    def work() -> None:
        with Progress("working") as bar:
            bar(0.5)
            raise KeyboardInterrupt

    stream = terminal()
    with pytest.raises(KeyboardInterrupt):
        work()
    assert "working" in stream.getvalue()
    assert stream.getvalue().endswith("\033[?25h\r\033[K")


def test_a_fast_loop_does_not_flood_the_terminal(terminal, clock):
    stream = terminal()
    with Progress("working") as bar:
        for done in range(1000):
            clock.now += 0.001
            bar.count(done, 1000)
    assert 9 <= stream.getvalue().count("working") <= 11
