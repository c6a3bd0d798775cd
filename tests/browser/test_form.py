"""Train's form in a real browser: a reload and a link in another browser restore it."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks._browser import choose
from core.datasets import adding
from tests.browser.conftest import Server
from tests.browser.test_journey import check, choose_small_network, fill

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

LONG = 120_000  # ms; a busy machine needs up to a minute


def expect_form(page: Any) -> None:
    """Expect everything that the test has set."""
    from playwright.sync_api import expect

    expect(page.get_by_role("spinbutton", name="Epochs")).to_have_value("7", timeout=LONG)
    expect(page.get_by_role("spinbutton", name="Image size (px)")).to_have_value("48")
    expect(page.get_by_role("spinbutton", name="Units 2")).to_have_value("50")
    expect(page.get_by_role("textbox", name="Learning rate")).to_have_value("0.0005")
    expect(page.get_by_role("textbox", name="Name (optional)")).to_have_value("für später & mehr")
    expect(page.get_by_role("combobox", name="What to run")).to_have_value("Study: dropout rate (4 runs)")
    page.get_by_text("More settings (1 changed)").click()
    expect(page.get_by_role("spinbutton", name="Batch size (photos)")).to_have_value("5")


def test_a_reload_and_a_link_restore_the_form(browser: Any, server: Server, tiny_dataset: Path) -> None:
    from playwright.sync_api import expect

    adding.add_folder("tiny", tiny_dataset)
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(30_000)
    page.goto(f"{server.url}/train")
    expect(page.get_by_role("heading", name="Train", level=1)).to_be_visible(timeout=LONG)
    choose_small_network(page)
    fill(page.get_by_role("spinbutton", name="Image size (px)"), "48")
    layers = page.locator(".st-key-train-dense-count")
    check(layers.get_by_role("radio", name="2"))
    fill(page.get_by_role("spinbutton", name="Units 2"), "50")
    fill(page.get_by_role("textbox", name="Learning rate"), "0,0005")
    fill(page.get_by_role("spinbutton", name="Epochs"), "7")
    page.get_by_text("More settings").click()
    fill(page.get_by_role("spinbutton", name="Batch size (photos)"), "5")
    fill(page.get_by_role("textbox", name="Name (optional)"), "für später & mehr")
    choose(page, "What to run", "Study: dropout rate (4 runs)")
    drawing = page.get_by_role("img", name="The network: Photo, 48 × 48 px; Small network, learns")
    expect(drawing).to_be_visible(timeout=LONG)
    page.wait_for_url("**study=dropout**", timeout=LONG)

    page.reload()
    expect_form(page)

    # another page and back: the address loses the settings, the session keeps them
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Compare").click()
    expect(page.get_by_role("heading", name="Compare", level=1)).to_be_visible(timeout=LONG)
    assert "settings" not in page.url
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Train").click()
    expect(page.get_by_role("heading", name="Train", level=1)).to_be_visible(timeout=LONG)
    expect_form(page)
    page.wait_for_url("**study=dropout**", timeout=LONG)

    other = browser.new_page(viewport={"width": 390, "height": 844})
    other.set_default_timeout(30_000)
    other.goto(page.url)
    expect_form(other)
    other.close()

    # invalid settings are ignored with a message
    page.goto(f"{server.url}/train?settings=%7B%22dataset%22:%22tiny%22,%22dropout%22:7%7D")
    expect(page.get_by_test_id("stMain")).to_contain_text("The settings in the link were ignored", timeout=LONG)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    page.close()
    assert "Traceback" not in server.log()
