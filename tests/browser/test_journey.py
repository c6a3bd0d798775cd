"""The journey in a real browser with a real worker: Augment → Train → Predict, a reload and a restart between."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.datasets import catalogue, drawn
from core.runs.folder import look_all, read_curves
from tests.browser.conftest import Server
from tests.conftest import encoded

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

LONG = 120_000  # ms, for what a busy machine does in a minute


@pytest.fixture
def page(browser: Any, server: Server) -> Any:
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    opened.set_default_timeout(30_000)
    opened.errors = []
    opened.on("pageerror", lambda error: opened.errors.append(str(error)))
    yield opened
    opened.close()


def visit(page: Any, name: str) -> None:
    from playwright.sync_api import expect

    page.get_by_test_id("stSidebarNav").get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible(timeout=LONG)


def pictures(page: Any) -> list[str]:
    return [image.get_attribute("src") for image in page.get_by_test_id("stImage").locator("img").all()]


def test_the_whole_journey(page: Any, server: Server, browser: Any, tiny_dataset: Path, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    catalogue.add_folder("tiny", tiny_dataset)
    page.goto(server.url)
    expect(page.get_by_role("heading", name="Fitting Room")).to_be_visible(timeout=LONG)

    # Augment: a slider moves, the pictures follow
    visit(page, "Augment")
    expect(page.get_by_test_id("stImage").locator("img")).to_have_count(20, timeout=LONG)  # original, strip, draws
    before = pictures(page)
    page.get_by_role("slider", name="Largest angle").first.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_test_id("stImage").locator("img").nth(1)).not_to_have_attribute("src", before[1], timeout=LONG)
    assert pictures(page)[0] == before[0]  # the original stays
    page.get_by_role("button", name="Train with this recipe").click()

    # Train: the recipe came along, the curves grow
    expect(page.get_by_role("heading", name="Train", level=1)).to_be_visible(timeout=LONG)
    expect(page.get_by_test_id("stMain")).to_contain_text("Rotation.", timeout=LONG)
    choose_small_network(page)
    fill(page.get_by_role("spinbutton", name="Image size (px)"), "32")
    fill(page.get_by_role("spinbutton", name="Epochs"), "9000")
    fill(page.get_by_role("textbox", name="Name (optional)"), "browser run")
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_test_id("stPlotlyChart").first).to_be_visible(timeout=LONG)
    expect(page.get_by_test_id("stMain")).to_contain_text(re.compile(r"Epoch \d+ of 9000"), timeout=LONG)
    (run,) = look_all()
    seen = len(read_curves(run.folder))
    assert run.config.recipe[0].transform.key == "rotation"
    assert run.config.recipe[0].settings["rotation_range"] == 20

    # a reload, a second browser and a restart of the app lose nothing
    page.reload()
    expect(page.get_by_test_id("stMain")).to_contain_text("browser run", timeout=LONG)
    expect(page.get_by_test_id("stPlotlyChart").first).to_be_visible(timeout=LONG)
    server.stop()
    server.start()
    second = browser.new_page()
    second.goto(f"{server.url}/train")
    expect(second.get_by_test_id("stMain")).to_contain_text("browser run", timeout=LONG)
    expect(second.get_by_test_id("stPlotlyChart").first).to_be_visible(timeout=LONG)
    assert len(read_curves(run.folder)) > seen

    # Stop keeps the best epoch as a model
    # in the page: the browser's own bar has a button of that name while a run takes long
    second.get_by_test_id("stMain").get_by_role("button", name="Stop", exact=True).click()
    expect(second.get_by_test_id("stMain")).to_contain_text("Test accuracy", timeout=LONG)
    expect(second.get_by_test_id("stMain")).to_contain_text("stopped")
    second.get_by_role("button", name="Ask this model about photos").click()

    # Predict: photos in, answers out, one broken file named
    expect(second.get_by_role("heading", name="Predict", level=1)).to_be_visible(timeout=LONG)
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(encoded(np.zeros((40, 40, 3), np.uint8), "JPEG")[:200])
    photo = tmp_path / "garment.png"
    drawn.garment("dress", 3, 200).save(photo)
    second.locator("input[type=file]").set_input_files([photo, broken])
    expect(second.get_by_test_id("stMain")).to_contain_text("broken.jpg: The photo is damaged", timeout=LONG)
    expect(second.get_by_test_id("stPlotlyChart")).to_have_count(1, timeout=LONG)
    with second.expect_download() as download:
        second.get_by_role("button", name="CSV").click()
    table = Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert table[0] == "file,answer,probability,second,unsure,reason,doubt,second_probability,error"
    assert [line.split(",")[0] for line in table[1:]] == ["garment.png", "broken.jpg"]

    # Compare shows the run; nothing broke on the way
    visit(second, "Compare")
    expect(second.get_by_test_id("stPlotlyChart")).to_have_count(2, timeout=LONG)
    second.close()
    assert page.errors == []
    assert "Traceback" not in server.log()


def choose(page: Any, box: str, option: str) -> None:
    """Pick from a selectbox; its list closes when the page is drawn anew meanwhile, and is then opened again."""
    from playwright.sync_api import TimeoutError as TooLate

    for _ in range(6):
        page.get_by_role("combobox", name=box).click()
        try:
            page.get_by_role("option", name=option).click(timeout=5_000)
            return
        except TooLate:
            page.keyboard.press("Escape")
    pytest.fail(f"the list of {box} never showed {option}")


def choose_small_network(page: Any) -> None:
    """Pick it in Train's form and wait for its own image size: until then a field of the backbone before stands there,
    and what is typed into that one goes with it."""
    from playwright.sync_api import expect

    choose(page, "Backbone", "Small network from scratch")
    expect(page.get_by_role("spinbutton", name="Image size (px)")).to_have_value("96", timeout=LONG)


def check(radio: Any) -> None:
    """Click one of a row until it is chosen: on a busy machine a page that is being drawn anew misses a click."""
    from playwright.sync_api import expect

    for _ in range(5):
        radio.click()
        try:
            expect(radio).to_be_checked(timeout=5_000)
            return
        except AssertionError:
            continue
    pytest.fail("the choice was never taken")


def fill(field: Any, value: str) -> None:
    field.fill(value)
    field.press("Tab")


def test_a_link_to_a_page_right_after_a_start_opens_it_inside_the_app(browser: Any, server: Server) -> None:
    from playwright.sync_api import expect

    page = browser.new_page()
    page.goto(f"{server.url}/augment")
    expect(page.get_by_role("heading", name="Augment", level=1)).to_be_visible(timeout=LONG)
    names = page.get_by_test_id("stSidebarNavLink")
    expect(names).to_have_count(6, timeout=LONG)
    assert [name.inner_text().split("\n")[-1] for name in names.all()][:2] == ["Home", "Augment"]
    expect(page.get_by_test_id("stSidebar")).to_contain_text("1 saved model")  # the starter
    page.close()


def test_the_first_start_answers_a_photo(browser: Any, server: Server, tmp_path: Path) -> None:
    """No training, no dataset, no download: the starter answers, says how good it is, and what would be better."""
    from playwright.sync_api import expect

    photo = tmp_path / "garment.jpg"
    drawn.garment("pants", 2, 400).save(photo)
    page = browser.new_page()
    page.goto(f"{server.url}/predict")
    main = page.get_by_test_id("stMain")
    expect(main).to_contain_text("The model: starter, right on", timeout=LONG)
    expect(page.get_by_role("button", name="Train a better one on your machine")).to_be_visible(timeout=LONG)
    page.locator("input[type=file]").set_input_files([photo])
    expect(main.get_by_role("heading", level=3)).to_be_visible(timeout=LONG)
    expect(page.get_by_test_id("stPlotlyChart").first).to_be_visible(timeout=LONG)
    expect(main).to_contain_text("garment.jpg")
    page.close()


def test_every_page_fits_a_phone(browser: Any, server: Server) -> None:
    """At phone width nothing sticks out to the side, and no page shows an exception."""
    from playwright.sync_api import expect

    phone = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
    for path, title in (
        ("", "Fitting Room"),
        ("augment", "Augment"),
        ("train", "Train"),
        ("compare", "Compare"),
        ("predict", "Predict"),
        ("data", "Data"),
    ):
        phone.goto(f"{server.url}/{path}")
        expect(phone.get_by_role("heading", name=title, level=1)).to_be_visible(timeout=LONG)
        expect(phone.get_by_test_id("stException")).to_have_count(0)
        width = phone.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
        assert width <= 390, f"{title} is {width} px wide"
    phone.close()
