"""Teach in a real browser with a drawn camera: from an empty page to answers on Predict, and to a better version."""

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.answering import shelf
from core.teaching import keeping, lesson
from tests.browser.conftest import CHROMIUM, FLAGS, Server
from tests.browser.test_journey import LONG, visit
from tests.core.test_inspection import photographed

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")  # Chromium draws what it sees
NAME = "dress-shoes-green-screen"


@pytest.fixture
def page(browser: Any, server: Server) -> Iterator[Any]:
    own = browser.browser_type.launch(executable_path=str(CHROMIUM), args=[*FLAGS, *CAMERA])
    tab = own.new_context(viewport={"width": 1280, "height": 1400}, permissions=["camera"]).new_page()
    tab.set_default_timeout(LONG)
    tab.errors = []
    tab.on("pageerror", lambda error: tab.errors.append(str(error)))
    tab.goto(f"{server.url}/teach")
    yield tab
    own.close()


@pytest.fixture
def files(tmp_path: Path) -> dict[str, list[Path]]:
    """Photos of two kinds, each before a backdrop of its own."""
    made: dict[str, list[Path]] = {}
    for label in ("dress", "shoes"):
        for number in range(8):
            path = tmp_path / f"{label}{number * 11:04}x.jpg"
            path.write_bytes(photographed(label, 7 * number))
            made.setdefault(label, []).append(path)
    return made


def see(locator: Any) -> None:
    from playwright.sync_api import expect

    expect(locator).to_be_visible(timeout=LONG)


def kind_card(page: Any, kind: str) -> Any:
    return page.locator("[class*=st-key-kind-card]").filter(has_text=re.compile(rf"^{kind}"))


def drop(page: Any, kind: str, paths: list[Path]) -> None:
    kind_card(page, kind).get_by_test_id("stFileUploaderDropzoneInput").set_input_files(list(map(str, paths)))
    see(page.get_by_text(f"{len(paths)} photos added to {kind}."))


def paste(page: Any, path: Path) -> None:
    """Paste a photo as if it had been copied from another program."""
    page.evaluate(
        """(data) => {
          const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
          const clipboardData = new DataTransfer();
          clipboardData.items.add(new File([bytes], "image.png", { type: "image/png" }));
          document.activeElement?.blur();
          document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
        }""",
        base64.b64encode(path.read_bytes()).decode(),
    )


def section(page: Any, name: str) -> None:
    page.get_by_test_id("stMain").get_by_role("radio", name=name, exact=True).click()


def test_from_an_empty_page_to_a_better_version(page: Any, server: Server, files: dict[str, list[Path]]) -> None:
    from playwright.sync_api import expect

    # three kinds, typed in one field
    page.get_by_role("textbox", name="Kinds of things").fill("dress, shoes, green screen")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page).to_have_url(f"{server.url}/teach?lesson={NAME}", timeout=LONG)
    see(page.get_by_text("It answers as soon as two kinds have three photos each."))

    # photos of two are dropped: it answers
    drop(page, "dress", files["dress"][:6])
    drop(page, "shoes", files["shoes"][:6])
    see(page.get_by_role("heading", name=re.compile("^Right on 1[0-2] of 12 photos")))

    # a photo that is pasted goes to the kind under the mouse
    kind_card(page, "shoes").hover()
    paste(page, files["shoes"][6])
    see(page.get_by_text("1 photo added to shoes."))

    # a reload in the middle loses nothing
    page.reload()
    see(page.get_by_role("heading", name=re.compile("^Right on")))
    assert [len(rows) for rows in lesson.by_kind(NAME).values()] == [6, 7, 0]

    # the third kind is taken with the camera, in one burst
    card = kind_card(page, "green screen")
    card.get_by_role("button", name="Camera").click()
    card.get_by_role("button", name="Turn on the camera").click()
    card.get_by_role("button", name="Burst").click()
    page.wait_for_timeout(2000)  # a burst takes a photo every quarter second
    card.get_by_role("button", name=re.compile("Stop|Burst")).first.click()
    see(card.get_by_text(re.compile(r"^([3-9]|1\d|20) photos$")).first)
    card.get_by_role("button", name="Close camera").click()
    see(page.get_by_text("All photos of the kind green screen were taken in one sitting"))

    # it answers what the camera sees
    box = page.locator(".st-key-teach-question-box")
    box.get_by_role("radio", name="Camera").click()
    box.get_by_role("button", name="Turn on the camera").click()
    see(box.get_by_role("heading", name="green screen"))
    box.get_by_role("button", name="Turn off").click()

    # the model is saved, and answers on Predict
    section(page, "Save and use")
    page.get_by_role("textbox", name="Name", exact=True).last.fill("My shop")
    page.get_by_role("button", name="Save", exact=True).click()
    see(page.get_by_text("Saved as my-shop."))
    page.get_by_role("button", name="Use on Predict").click()
    see(page.get_by_text("Used on Predict"))
    assert shelf.pinned() == "my-shop"
    assert [model.name for model in keeping.versions(NAME)] == ["my-shop"]
    visit(page, "Predict")
    upload = page.get_by_test_id("stFileUploaderDropzoneInput").first
    upload.set_input_files([str(files["dress"][7])])
    see(page.get_by_role("heading", name=re.compile("dress")))

    # answers are put right, and it learns from that
    upload.set_input_files([str(files["shoes"][7])])
    see(page.get_by_text(re.compile(r"^2 photos$")))
    page.get_by_test_id("stMain").get_by_text("Put answers right", exact=True).click()
    tiles = page.get_by_role("option")
    see(tiles.nth(1))
    tiles.nth(0).focus()
    page.keyboard.press("y")
    see(tiles.nth(0).get_by_text("dress: right"))
    tiles.nth(1).focus()
    page.keyboard.press("n")
    see(tiles.nth(1).get_by_text("none of these"))
    page.get_by_role("button", name="Yes, keep them").click()
    page.get_by_role("button", name="Learn from 2 corrections").click()
    see(page.get_by_text("What my-shop-corrected learned"))
    page.get_by_role("button", name="Use it on Predict").click()
    see(page.get_by_role("button", name="Back to this version"))
    assert shelf.pinned() == "my-shop-corrected"
    assert page.errors == []
