"""Predict in a real browser: mixed files give answers, errors and a table, and a reload asks first."""

import csv
import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.answering import shelf
from tests.browser.conftest import Server
from tests.browser.test_journey import visit
from tests.conftest import encoded
from tests.fabricated import flat, saved_model

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

LONG = 120_000  # ms; a busy machine needs up to a minute
RATES = {  # thresholds that doubt orange unless caution is low
    "0.01": {"probability": 0.2, "similarity": 0.1},
    "0.05": {"probability": 0.9, "similarity": 0.3},
    "0.2": {"probability": 0.95, "similarity": 0.3},
}


def turned() -> bytes:
    """A green photo, stored 80 px wide and 40 px high, upright only with its EXIF orientation."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(np.full((40, 80, 3), (0, 255, 0), np.uint8), "JPEG", exif=exif)


def files(folder: Path) -> list[Path]:
    """JPEG, HEIC, a turned photo, a doubtful PNG, a zip, a broken JPEG, and a text file named .jpg."""
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        for i in range(24):
            archive.writestr(f"beach/{i:02d}.png", encoded(flat(0, 0, 255, 20 + i), "PNG"))
    contents = {
        "=1+1.jpg": encoded(flat(255, 0, 0, 40), "JPEG"),
        "IMG_2.HEIC": encoded(flat(0, 0, 255, 64), "HEIF"),
        "turned.jpg": turned(),
        "orange.png": encoded(flat(255, 235, 140), "PNG"),
        "holiday.zip": zipped.getvalue(),
        "broken.jpg": encoded(np.zeros((60, 60, 3), np.uint8), "JPEG")[:200],
        "text.jpg": b"this is not a photo",
    }
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    return [folder / name for name in contents]


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")], ids=["desktop", "phone"])
def test_mixed_files(browser: Any, server: Server, tmp_path: Path, width: int, scheme: str) -> None:
    from playwright.sync_api import expect

    saved_model("colours", thresholds_at=RATES)
    shelf.pin("colours")
    page = browser.new_page(viewport={"width": width, "height": 850}, color_scheme=scheme)
    page.set_default_timeout(30_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{server.url}/predict")
    main = page.get_by_test_id("stMain")
    expect(page.get_by_role("heading", name="Predict", level=1)).to_be_visible(timeout=LONG)

    # 28 answers, and errors for the two files that can't be read
    page.locator("input[type=file]").first.set_input_files(files(tmp_path))
    expect(main).to_contain_text("30 photos: 27 confident, 1 unsure, 2 could not be read", timeout=LONG)
    expect(page.get_by_role("progressbar")).to_have_count(0, timeout=LONG)
    expect(main).to_contain_text("broken.jpg: The photo is damaged")
    expect(main).to_contain_text("text.jpg: This is not a photo")
    cards = page.get_by_role("button", name="Almost certainly")
    expect(cards).to_have_count(23)  # with the doubtful one, a page of 24
    expect(page.get_by_role("button", name="Perhaps a red")).to_have_count(1)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= width

    # the second page, and back to the first by a filter
    page.get_by_role("button", name="Next page").click()
    expect(cards).to_have_count(4)
    page.get_by_test_id("stMain").get_by_role("button", name="green 1").click()
    expect(cards).to_have_count(1)

    # a closer look with the keyboard: upright, with the Grad-CAM map
    cards.first.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Almost certainly a green", timeout=LONG)
    photo = dialog.get_by_role("img", name="turned.jpg, upright")
    expect(photo).to_be_visible()
    assert photo.evaluate("image => image.naturalHeight > image.naturalWidth")
    plain = photo.get_attribute("src")
    dialog.get_by_role("button", name="Show where it looked").click()
    expect(dialog).to_contain_text("Bright parts support a green", timeout=LONG)
    expect(photo).not_to_have_attribute("src", plain or "")
    expect(dialog.get_by_role("button", name="Hide where it looked")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.get_by_test_id("stMain").get_by_role("button", name="green 1").click()
    expect(cards).to_have_count(23)

    # only doubtful photos; with low caution there are none
    page.get_by_role("radio", name="Not sure").click()
    expect(cards).to_have_count(0)
    expect(page.get_by_role("button", name="Perhaps a red")).to_have_count(1)
    caution = page.get_by_role("slider", name="Caution")
    caution.focus()
    page.keyboard.press("ArrowLeft")
    expect(main).to_contain_text("30 photos: 28 confident, 2 could not be read", timeout=LONG)
    expect(main).to_contain_text("No photos match.")
    page.keyboard.press("ArrowRight")
    expect(main).to_contain_text("30 photos: 27 confident, 1 unsure", timeout=LONG)

    # the table has all photos, whatever the filter
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    with Path(download.value.path()).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[:6] == ["file", "answer", "probability", "second", "unsure", "reason"]
    assert len(rows) == 30
    table = {row["file"]: row for row in rows}
    assert table["'=1+1.jpg"]["answer"] == "red"
    assert table["IMG_2.HEIC"]["answer"] == table["holiday.zip/beach/07.png"]["answer"] == "blue"
    assert table["orange.png"]["unsure"] == "True"
    assert table["orange.png"]["reason"].startswith("Not sure")
    assert table["turned.jpg"]["unsure"] == "False"
    assert "damaged" in table["broken.jpg"]["error"]
    with page.expect_download() as download:
        page.get_by_role("button", name="JSON").click()
    assert '"file": "=1+1.jpg"' in Path(download.value.path()).read_text(encoding="utf-8")

    # a visit to another page loses nothing; Start over removes everything
    visit(page, "Data")
    visit(page, "Predict")
    expect(main).to_contain_text("30 photos: 27 confident, 1 unsure", timeout=LONG)
    page.get_by_role("radio", name="Not sure").click()
    expect(cards).to_have_count(0)
    page.get_by_role("button", name="Start over").click()
    expect(main).to_contain_text("Drop photos above", timeout=LONG)

    # after that, the controls have their initial values: no filter, usual caution
    page.locator("input[type=file]").first.set_input_files(files(tmp_path)[:4])
    expect(cards).to_have_count(3, timeout=LONG)
    expect(page.get_by_role("radio", name="All")).to_be_checked()
    expect(page.locator('[class*="st-key-predict-caution"]')).to_contain_text("5 of 100")
    expect(page.get_by_test_id("stException")).to_have_count(0)
    page.close()
    assert errors == []
    assert "Traceback" not in server.log()


def test_a_reload_asks_before_photos_are_lost(browser: Any, server: Server, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    saved_model("colours")
    shelf.pin("colours")
    page = browser.new_page(viewport={"width": 1280, "height": 850})
    page.set_default_timeout(LONG)
    page.goto(f"{server.url}/predict")
    main = page.get_by_test_id("stMain")
    page.locator("input[type=file]").first.set_input_files(files(tmp_path)[:4])
    expect(main).to_contain_text("4 photos: 3 confident, 1 unsure", timeout=LONG)
    page.get_by_role("radio", name="Not sure").click()  # a browser only asks people who have clicked on the page
    expect(page.get_by_role("button", name="Perhaps a red")).to_have_count(1)
    for answer in ("stay", "reload"):
        with page.expect_event("dialog") as event:
            page.evaluate("setTimeout(() => location.reload(), 0)")
        assert event.value.type == "beforeunload"
        if answer == "stay":
            event.value.dismiss()
            page.get_by_role("radio", name="All").click()
            expect(page.get_by_role("button", name="Almost certainly")).to_have_count(3)
            expect(main).to_contain_text("4 photos: 3 confident, 1 unsure")
        else:
            event.value.accept()
            expect(main).to_contain_text("Drop photos above", timeout=LONG)
    with page.expect_event("load"):  # without photos, nothing asks
        page.evaluate("setTimeout(() => location.reload(), 0)")
    page.close()
    assert "Traceback" not in server.log()


def test_the_page_stays_usable_while_many_photos_are_answered(browser: Any, server: Server, tmp_path: Path) -> None:
    """Two hundred large photos: stop, look at a photo, continue. No tick runs after the end."""
    from playwright.sync_api import expect

    saved_model("colours")
    shelf.pin("colours")
    rng = np.random.default_rng(0)
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for i in range(200):
            pixels = np.clip(flat(255, 0, 0, 700).astype(int) + rng.integers(-60, 60, (700, 700, 1)), 0, 255)
            archive.writestr(f"{i:03d}.png", encoded(pixels.astype(np.uint8), "PNG", compress_level=1))
    (tmp_path / "many.zip").write_bytes(data.getvalue())
    page = browser.new_page(viewport={"width": 1280, "height": 850})
    page.set_default_timeout(30_000)
    page.goto(f"{server.url}/predict")
    main = page.get_by_test_id("stMain")
    expect(page.get_by_role("heading", name="Predict", level=1)).to_be_visible(timeout=LONG)
    page.locator("input[type=file]").first.set_input_files(tmp_path / "many.zip")
    main.get_by_role("button", name="Stop").click(timeout=LONG)
    expect(main).to_contain_text("stopped", timeout=LONG)
    cards = page.get_by_role("button", name="a red")
    expect(cards.first).to_be_visible()
    cards.first.click()
    expect(page.get_by_role("dialog")).to_contain_text("many.zip/000.png", timeout=LONG)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    main.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="a red").first.click()  # while more answers come in
    expect(page.get_by_role("dialog")).to_contain_text("many.zip/000.png", timeout=LONG)
    expect(main).to_contain_text("200 photos: 200 confident", timeout=LONG)
    expect(page.get_by_role("progressbar")).to_have_count(0, timeout=LONG)
    expect(page.get_by_role("dialog")).to_contain_text("many.zip/000.png")  # no tick has closed it
    page.close()
    assert "Traceback" not in server.log()
