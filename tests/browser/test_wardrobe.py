"""Somebody's own wardrobe in a real browser: three folders of loose photos → split, checked, reviewed, trained with,
and asked about."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from benchmarks._browser import choose
from core.datasets import catalogue, review
from core.runs.folder import look_all
from tests.browser.conftest import Server
from tests.browser.test_journey import LONG, choose_small_network, fill, visit
from tests.core.test_inspection import photographed

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

CLASSES = ("dress", "pants", "shoes")
A_CLASS = 24  # photos
NAME = "my-wardrobe"
WRONG, BROKEN, ORIGINAL, COPY = "pants/odd.jpg", "dress/broken.jpg", "shoes/0033x.jpg", "shoes/again.jpg"
SECOND_ORIGINAL, SECOND_COPY = "dress/0044x.jpg", "dress/again.jpg"


@pytest.fixture
def wardrobe(tmp_path: Path) -> Path:
    """Three folders of photos: one in the wrong class, one broken and two of them twice."""
    folder = tmp_path / "wardrobe"
    for label in CLASSES:
        (folder / label).mkdir(parents=True)
        for number in range(A_CLASS):  # consecutive names would be one session
            (folder / label / f"{number * 11:04}x.jpg").write_bytes(photographed(label, 7 * number))
    (folder / WRONG).write_bytes(photographed("shoes", 333))
    (folder / BROKEN).write_bytes(photographed("dress", 400)[:300])
    shutil.copy(folder / ORIGINAL, folder / COPY)
    shutil.copy(folder / SECOND_ORIGINAL, folder / SECOND_COPY)
    return folder


def tab_of(browser: Any) -> Any:
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    tab.set_default_timeout(30_000)
    tab.errors = []
    tab.on("pageerror", lambda error: tab.errors.append(str(error)))
    return tab


def section(page: Any, name: str) -> None:
    page.get_by_test_id("stMain").get_by_role("radio", name=name, exact=True).click()


def class_of(photo: str) -> str:
    """The class of a photo of the wardrobe as reviewed; empty if it was left out."""
    dataset = catalogue.load(NAME)
    for split in dataset.splits.values():
        for path, label in zip(split.paths, split.labels, strict=True):
            if path == dataset.folder / photo:
                return dataset.classes[label]
    return ""


def test_from_loose_photos_to_answers(browser: Any, server: Server, wardrobe: Path, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    # Data: the folder is added under a name as people type it, and split by session
    page = tab_of(browser)
    page.goto(f"{server.url}/data")
    main = page.get_by_test_id("stMain")
    page.get_by_role("textbox", name="Folder on this machine").fill(str(wardrobe))
    page.get_by_role("textbox", name="Name").first.fill("My Wardrobe")
    page.get_by_role("button", name="Add folder").click()
    expect(main).to_contain_text("My Wardrobe is ready: 76 photos in 3 classes, split", timeout=LONG)
    expect(main).to_contain_text("sessions.")

    # it opens at its own address, and Back leads to all datasets
    page.locator(f".st-key-open-{NAME}").get_by_role("button", name="Open").first.click()
    expect(page.get_by_role("heading", name="My Wardrobe")).to_be_visible(timeout=LONG)
    expect(page).to_have_url(f"{server.url}/data?dataset={NAME}")
    page.go_back()
    expect(page.get_by_role("heading", name="Add photos")).to_be_visible(timeout=LONG)
    page.go_forward()
    expect(page.get_by_role("heading", name="My Wardrobe")).to_be_visible(timeout=LONG)

    # the check goes on while the page is reloaded
    page.get_by_role("button", name="Check the photos").click()
    expect(page.get_by_role("progressbar").or_(page.get_by_role("button", name="Check again"))).to_be_visible()
    page.reload()
    expect(main).to_contain_text("Checked 76 photos", timeout=LONG)

    # the doubtful class: done as suggested by keyboard, undone, and done again; another tab knows it at once
    section(page, "Findings")
    choose(page, "Findings", "Doubtful class")
    tile = page.locator(f'.tile[data-name="{WRONG}"]')
    expect(tile.locator(".badges")).to_contain_text("→ shoes", timeout=LONG)
    tile.focus()
    page.keyboard.press("s")
    expect(tile).to_have_count(0, timeout=LONG)
    assert class_of(WRONG) == "shoes"
    page.keyboard.press("u")
    expect(tile).to_be_visible(timeout=LONG)  # Undo goes back to it
    expect(main).to_contain_text("4 to decide about", timeout=LONG)
    assert class_of(WRONG) == "pants"
    tile.focus()
    page.keyboard.press("s")
    expect(tile).to_have_count(0, timeout=LONG)
    second = tab_of(browser)
    second.goto(f"{server.url}/data?dataset={NAME}")
    expect(second.get_by_test_id("stMain")).to_contain_text("1 moved", timeout=LONG)
    section(second, "Findings")

    # the other tab leaves out the unreadable file, this one the copies: neither loses the other's decision
    choose(second, "Findings", "Unreadable")
    second.locator(f'.tile[data-name="{BROKEN}"]').click()
    second.get_by_role("button", name="Leave out").first.click()
    expect(second.locator(f'.tile[data-name="{BROKEN}"]')).to_have_count(0, timeout=LONG)
    choose(page, "Findings", "Copies in one class")
    page.locator(f'.tile[data-name="{SECOND_COPY}"]').focus()
    page.keyboard.press("s")
    page.keyboard.press("s")  # too fast to have seen the next finding, so it does nothing
    expect(page.locator(f'.tile[data-name="{ORIGINAL}"]')).to_be_visible(timeout=LONG)  # of the same kind
    expect(page.locator(".tile").first).to_be_focused()
    assert class_of(ORIGINAL) == class_of(COPY) == "shoes"
    page.keyboard.press("x")  # either will do
    expect(main).to_contain_text("Everything is decided.", timeout=LONG)
    page.reload()
    expect(main).to_contain_text("3 left out by the review", timeout=LONG)
    standing = {decision.photo: decision.action for decision in review.of(NAME).standing}
    assert len(standing) == 4
    assert (standing[WRONG], standing[BROKEN]) == ("class", "leave out")
    assert (class_of(ORIGINAL), class_of(COPY)) in {("", "shoes"), ("shoes", "")}
    second.close()

    # the wall shows the moved photo in its new class
    section(page, "Photos")
    choose(page, "Class", "shoes")
    expect(page.locator(f'.tile[data-name="{WRONG}"] .badge').first).to_have_text("shoes", timeout=LONG)

    # Train with it
    visit(page, "Train")
    choose(page, "Dataset", "My Wardrobe", exact=False)
    choose_small_network(page)
    fill(page.get_by_role("spinbutton", name="Image size (px)"), "32")
    fill(page.get_by_role("spinbutton", name="Epochs"), "3")
    page.get_by_role("button", name="Start training").click()
    expect(main).to_contain_text("Test accuracy", timeout=LONG)
    (run,) = look_all()
    assert run.config.dataset == NAME

    # Predict with the new model
    page.get_by_role("button", name="Ask this model about photos").click()
    expect(page.get_by_role("heading", name="Predict", level=1)).to_be_visible(timeout=LONG)
    photos = [tmp_path / f"{label}.jpg" for label in ("dress", "shoes")]
    for number, photo in enumerate(photos):
        photo.write_bytes(photographed(photo.stem, 900 + number))
    page.locator("input[type=file]").set_input_files(photos)
    expect(main).to_contain_text("2 photos: ", timeout=LONG)
    assert page.errors == []
    assert "Traceback" not in server.log()
    page.close()


def test_a_link_to_an_unknown_dataset_is_a_sentence(browser: Any, server: Server) -> None:
    from playwright.sync_api import expect

    page = tab_of(browser)
    page.goto(f"{server.url}/data?dataset=attic*")
    main = page.get_by_test_id("stMain")
    expect(main).to_contain_text("There is no dataset 'attic*'.", timeout=LONG)
    expect(page.get_by_role("heading", name="Add photos")).to_be_visible()
    page.get_by_role("button", name="Open").first.click()
    expect(page.get_by_role("button", name="All datasets")).to_be_visible(timeout=LONG)
    expect(main).not_to_contain_text("There is no dataset", timeout=LONG)
    page.close()
