"""A short share of `python -m benchmarks.starved`: on a slow browser and a busy machine no act is lost."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks import _browser, starved
from benchmarks._walk import Tally, Walk
from core.datasets import catalogue
from tests.browser.conftest import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]


def test_what_is_done_in_quick_succession_is_done(browser: Any, server: Server, home: Path) -> None:
    """A recipe of eight steps, two of them removed, other pages visited, and a training that uses what was shown."""
    catalogue.load(catalogue.DRAWN)
    tallies: dict[str, Tally] = {}
    with _browser.busy_cores(1):
        walk = Walk(_browser.slow_page(browser, starved.SLOWDOWN), server.url, tallies)
        starved.recipe(walk, home, rounds=1)
        walk.page.close()
    assert {kind: tally.lost for kind, tally in tallies.items() if tally.lost} == {}
    assert sum(tally.tried for tally in tallies.values()) >= 20
    assert "Traceback" not in server.log()
