"""On a slow browser and a busy machine no act is lost: a short share of `python -m benchmarks.starved`, and uploads."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks import _browser, starved
from benchmarks._walk import Tally, Walk
from core.answering import shelf
from core.datasets import catalogue
from tests.browser.conftest import Server
from tests.conftest import encoded
from tests.fabricated import flat, saved_model

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

LONG = 90_000  # ms
VISITS = 4


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


def test_a_click_on_the_menu_loses_no_photo_and_no_page(browser: Any, server: Server, tmp_path: Path) -> None:
    """Photos are dropped and another page is opened at once, again and again."""
    from playwright.sync_api import expect

    saved_model("colours")
    shelf.pin("colours")
    page = _browser.slow_page(browser, starved.SLOWDOWN)
    page.set_default_timeout(LONG)
    page.goto(f"{server.url}/predict")
    with _browser.busy_cores(1):
        for visit in range(VISITS):
            photos = [tmp_path / f"{visit}-{number}.png" for number in range(3)]
            for number, photo in enumerate(photos):
                photo.write_bytes(encoded(flat(255, 0, 0, 40 + 3 * visit + number), "PNG"))
            page.get_by_role("heading", name="Predict", level=1).wait_for()
            page.locator("input[type=file]").first.set_input_files(photos)
            page.get_by_test_id("stSidebarNavLink").filter(has_text="Augment").click()
            page.get_by_role("heading", name="Augment", level=1).wait_for()
            page.get_by_test_id("stSidebarNavLink").filter(has_text="Predict").click()
    expect(page.get_by_test_id("stMain")).to_contain_text(f"{3 * VISITS} photos: {3 * VISITS} confident", timeout=LONG)
    page.close()
    assert "Traceback" not in server.log()
