"""Holding a lock: one at a time, with a limit to the waiting, and at once a reason where the disk can't take it."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from core import workspace
from core.datasets import changing, growing, review
from core.files import locks


def test_a_held_lock_is_waited_for_and_no_longer(home: Path) -> None:
    path = home / "locks" / "a.lock"
    with locks.alone(path, 5.0):
        assert locks.is_held(path)
        started = time.monotonic()
        with pytest.raises(TimeoutError), locks.alone(path, 0.2):
            raise AssertionError("both hold it")
        assert time.monotonic() - started < 3
    with locks.alone(path, 0.0):
        assert locks.is_held(path)
    assert not locks.is_held(path)


def test_an_error_inside_releases_the_lock(home: Path) -> None:
    path = home / "a.lock"
    with pytest.raises(ValueError, match="inside"), locks.alone(path, 1.0):
        raise ValueError("inside")
    assert not locks.is_held(path)


def change(name: str) -> None:
    with changing.alone(name):
        raise AssertionError("nothing holds it")


def decide(name: str) -> None:
    review.decide(name, ["a.png"], "keep")


@pytest.mark.parametrize("act", [change, decide])
def test_a_disk_that_can_t_take_the_lock_is_no_somebody_else(act: Callable[[str], None]) -> None:
    name = growing.create("Mine")
    for kind in ("dataset", "review"):
        (workspace.locks() / f"{kind}-{name}.lock").unlink(missing_ok=True)
        (workspace.locks() / f"{kind}-{name}.lock").mkdir(parents=True)
    started = time.monotonic()
    with pytest.raises(OSError, match="directory"):
        act(name)
    assert time.monotonic() - started < 5  # filelock alone would wait for a minute
