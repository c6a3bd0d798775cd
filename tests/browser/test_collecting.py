"""Photos class by class on a phone: dropped, and taken with the camera one after another."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.datasets import catalogue, growing
from tests.browser.conftest import CHROMIUM, FLAGS, Server
from tests.conftest import drawing, encoded

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

LONG = 120_000  # ms; a busy machine needs up to a minute
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def phone(browser: Any, server: Server) -> Iterator[Any]:
    """Data at a phone's width, with a camera that Chromium draws itself."""
    camera = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    chromium = browser.browser_type.launch(executable_path=str(CHROMIUM), args=[*FLAGS, *camera])
    page = chromium.new_context(viewport=PHONE, permissions=["camera"]).new_page()
    page.goto(f"{server.url}/data")
    yield page
    chromium.close()


def drop(page: Any, label: str, photos: Path) -> None:
    """Type a class and drop ten photos of it."""
    from playwright.sync_api import expect

    page.get_by_role("textbox", name="Class").fill(label)
    page.get_by_role("textbox", name="Class").press("Enter")
    uploader = page.locator("[data-testid=stFileUploader]").filter(has_text=f"Photos of {label}")
    expect(uploader.locator("input[type=file]")).to_be_enabled(timeout=LONG)
    uploader.locator("input[type=file]").set_input_files(sorted(photos.glob(f"{label}*.png")))
    expect(page.get_by_text(f"added to the class {label}.")).to_be_visible(timeout=LONG)


def _take_one(page: Any, counted: re.Pattern[str]) -> None:
    """Take a photo, again if the camera showed no picture yet when the button was pressed."""
    from playwright.sync_api import expect

    button = page.get_by_role("button", name=counted)
    for _ in range(10):
        page.get_by_test_id("stCameraInputButton").first.click(timeout=LONG)
        try:
            expect(button).to_be_visible(timeout=10_000)
            return
        except AssertionError:
            continue
    expect(button).to_be_visible()


def test_a_dataset_grows_on_a_phone(phone: Any, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    for label in ("disc", "frame"):
        for number in range(10):
            (tmp_path / f"{label} {chr(97 + number)}.png").write_bytes(encoded(drawing(label, 700 + number), "PNG"))
    phone.get_by_role("tab", name="Photos by class").click()
    phone.get_by_role("textbox", name="Name of the dataset").fill("My Toys")
    phone.get_by_role("textbox", name="Name of the dataset").press("Enter")
    drop(phone, "disc", tmp_path)
    drop(phone, "frame", tmp_path)
    expect(phone.get_by_text("20 photos in 2 classes, split")).to_be_visible(timeout=LONG)
    phone.get_by_role("radio", name="Camera").click()
    for shots in (1, 2):
        _take_one(phone, re.compile(rf"^frame \({10 + shots}\)"))
    assert growing.counts("my-toys") == {"disc": 10, "frame": 12}
    photos = catalogue.contents_of("my-toys")
    names = " ".join(photos.names(photos.photos[""]["frame"]))
    assert len(re.findall(r"frame/camera-\d{8}-\d{6}-000[12]\.\w+", names)) == 2
    width = phone.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]  # nothing sticks out
