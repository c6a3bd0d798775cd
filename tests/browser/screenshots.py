"""Take the README's screenshots: a journey with the drawn garments and the proposed settings.

`python -m tests.browser.screenshots docs/images` (about two minutes; needs Chromium and the development requirements)
"""

import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from core.datasets import catalogue, drawn
from core.photos import png
from core.teaching import gathering, lesson
from tests.browser.conftest import CHROMIUM, FLAGS, Server

MINUTES = 4 * 60_000  # ms
KINDS = ("skirt", "shoes", "hat")


def main(folder: Path) -> None:
    from playwright.sync_api import expect, sync_playwright

    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        os.environ["FITTING_ROOM_HOME"] = home
        server = Server(Path(home))
        server.start()
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        page = browser.new_page(viewport={"width": 1200, "height": 800})
        try:
            page.goto(f"{server.url}/augment")
            expect(page.get_by_test_id("stImage").locator("img")).to_have_count(19, timeout=MINUTES)
            save(page, folder / "augment.png")
            teach(page, server, Path(home))
            save(page, folder / "teach.png")
            page.goto(f"{server.url}/train")
            page.get_by_role("button", name="Start training").click()
            expect(page.get_by_test_id("stMain")).to_contain_text("Test accuracy", timeout=MINUTES)
            print(page.get_by_test_id("stMetric").all_inner_texts())
            save(page, folder / "train.png")
            page.get_by_role("button", name="Ask this model about photos").click()
            page.get_by_role("button", name="Try six drawn garments").click(timeout=MINUTES)
            expect(page.get_by_test_id("stMain")).to_contain_text(re.compile(r"\d photos: \d"), timeout=MINUTES)
            expect(page.get_by_role("progressbar")).to_have_count(0, timeout=MINUTES)
            save(page, folder / "predict.png")
            page.goto(server.url)
            expect(page.get_by_test_id("stPlotlyChart").first).to_be_visible(timeout=MINUTES)
            save(page, folder / "home.png")
        finally:
            browser.close()
            server.stop()


def teach(page: Any, server: Server, home: Path) -> None:
    """Open a lesson of three kinds of drawn garments, and ask about another drawing."""
    from playwright.sync_api import expect

    name = lesson.start(KINDS)
    for kind in KINDS:
        gathering.add_from(name, kind, catalogue.DRAWN, kind, 8)
    photo = home / "garment.png"
    photo.write_bytes(png(np.asarray(drawn.garment(KINDS[0], 1234, 400))))
    page.goto(f"{server.url}/teach?lesson={name}")
    expect(page.get_by_text(re.compile("^Right on"))).to_be_visible(timeout=MINUTES)
    box = page.locator(".st-key-teach-question-box")
    box.get_by_test_id("stFileUploaderDropzoneInput").set_input_files([str(photo)])
    expect(box.get_by_text("What is it really?")).to_be_visible(timeout=MINUTES)


def save(page: Any, path: Path) -> None:
    """Save the page from its top, at most 1000 px high."""
    page.wait_for_timeout(1500)  # charts end their opening animation
    height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": 1200, "height": min(height, 1000)})
    page.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 0)")
    page.mouse.move(5, 5)
    page.wait_for_timeout(800)
    page.screenshot(path=str(path))
    page.set_viewport_size({"width": 1200, "height": 800})
    print(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
