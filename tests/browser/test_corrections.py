"""Corrections in a real browser: answers are put right by keyboard, kept with a yes, learned from, and left again."""

from pathlib import Path
from typing import Any

import pytest

from core.answering import shelf
from core.teaching import corrections
from tests.browser.conftest import Server
from tests.conftest import encoded
from tests.fabricated import flat, saved_model

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

LONG = 120_000  # ms; a busy machine needs up to a minute
ORANGE = {"a.png": (160, 120, 0), "b.png": (170, 125, 5), "c.png": (155, 115, 10), "d.png": (165, 122, 4)}


@pytest.mark.parametrize("width", [1280, 390], ids=["desktop", "phone"])
def test_answers_are_put_right_and_a_better_version_answers(
    browser: Any, server: Server, tmp_path: Path, width: int
) -> None:
    from playwright.sync_api import expect

    saved_model("colours")
    shelf.pin("colours")
    for name, colour in ORANGE.items():
        (tmp_path / name).write_bytes(encoded(flat(*colour, 40), "PNG"))
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.set_default_timeout(30_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{server.url}/predict")
    main = page.get_by_test_id("stMain")
    expect(page.get_by_role("heading", name="Predict", level=1)).to_be_visible(timeout=LONG)
    page.locator("input[type=file]").first.set_input_files([str(tmp_path / name) for name in ORANGE])
    expect(main.get_by_text("4 photos").first).to_be_visible(timeout=LONG)
    main.get_by_text("Put answers right", exact=True).click()

    tiles = page.get_by_role("option")
    expect(tiles).to_have_count(4)
    expect(tiles.nth(0)).to_contain_text("red")
    tiles.nth(0).focus()
    for _ in range(3):
        page.keyboard.press("2")  # each acts on the photo in focus, and moves on to the next
    for place in range(3):
        expect(tiles.nth(place)).to_contain_text("green")
        expect(tiles.nth(place)).to_contain_text("not red")
    page.keyboard.press("n")
    expect(tiles.nth(3)).to_contain_text("none of these")
    page.keyboard.press("Control+z")
    expect(tiles.nth(3)).not_to_contain_text("none of these")

    expect(main.get_by_text("Keep corrected photos on this machine")).to_be_visible()
    assert len(corrections.of(shelf.model("colours"))) == 0
    main.get_by_role("button", name="Yes, keep them").click()
    expect(main.get_by_text("3 answers checked; 3 photos kept on this machine.")).to_be_visible()
    assert corrections.by_class(shelf.model("colours")) == {"green": 3}

    main.get_by_role("button", name="Learn from 3 corrections").click()
    expect(main.get_by_text("What colours-corrected learned")).to_be_visible(timeout=LONG)
    main.get_by_role("button", name="Use it on Predict").click()
    expect(tiles.nth(3)).to_contain_text("green")  # it was not corrected, and looks like those that were
    assert shelf.pinned() == "colours-corrected"
    main.get_by_role("button", name="Back to this version").click()
    expect(tiles.nth(3)).to_contain_text("red")
    assert shelf.pinned() == "colours"
    assert errors == []
    page.close()


def test_a_reload_loses_no_correction_that_was_kept(browser: Any, server: Server, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    saved_model("colours")
    shelf.pin("colours")
    (tmp_path / "a.png").write_bytes(encoded(flat(160, 120, 0, 40), "PNG"))
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(30_000)
    page.goto(f"{server.url}/predict")
    main = page.get_by_test_id("stMain")
    expect(page.get_by_role("heading", name="Predict", level=1)).to_be_visible(timeout=LONG)
    page.locator("input[type=file]").first.set_input_files([str(tmp_path / "a.png")])
    main.get_by_role("button", name="Wrong? Put it right").click(timeout=LONG)
    page.get_by_role("button", name="Put it right", exact=True).click()
    expect(main.get_by_role("heading", name="A green")).to_be_visible()
    main.get_by_role("button", name="Yes, keep them").click()
    expect(main.get_by_text("1 photo kept on this machine.")).to_be_visible()
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(main.get_by_role("button", name="Learn from 1 correction")).to_be_visible(timeout=LONG)
    assert corrections.by_class(shelf.model("colours")) == {"green": 1}
    page.close()
