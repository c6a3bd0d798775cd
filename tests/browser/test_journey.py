"""The journey in a real browser with a real worker: Augment → Train → Predict, with a reload and a restart."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks._browser import choose
from core.answering import tables
from core.datasets import adding, drawn
from core.runs.folder import look_all, read_curves
from tests.browser.conftest import Server
from tests.conftest import encoded

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

CHART = ".chart .js-plotly-plot"  # of runs
LONG = 120_000  # ms; a busy machine needs up to a minute


@pytest.fixture
def page(browser: Any, server: Server) -> Any:
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    tab.set_default_timeout(30_000)
    tab.errors = []
    tab.on("pageerror", lambda error: tab.errors.append(str(error)))
    yield tab
    tab.close()


def visit(page: Any, name: str) -> None:
    """Open a page from the menu, which a phone hides at first."""
    from playwright.sync_api import expect

    menu = page.get_by_test_id("stExpandSidebarButton")
    is_hidden = menu.is_visible()
    if is_hidden:
        menu.click()
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible(timeout=LONG)
    if is_hidden:
        page.get_by_test_id("stSidebarCollapseButton").get_by_role("button").click()
        expect(menu).to_be_visible()


def pictures(page: Any) -> list[str]:
    return [image.get_attribute("src") for image in page.get_by_test_id("stImage").locator("img").all()]


def test_the_whole_journey(page: Any, server: Server, browser: Any, tiny_dataset: Path, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    adding.add_folder("tiny", tiny_dataset)
    page.goto(server.url)
    expect(page.get_by_role("heading", name="Fitting Room")).to_be_visible(timeout=LONG)

    # Augment: a slider moves, the pictures follow
    visit(page, "Augment")
    expect(page.get_by_test_id("stImage").locator("img")).to_have_count(19, timeout=LONG)  # strip, draws
    before = pictures(page)
    page.get_by_role("slider", name="Largest angle").first.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_test_id("stImage").locator("img").nth(0)).not_to_have_attribute("src", before[0], timeout=LONG)
    assert pictures(page)[3] == before[3]  # 0°, the middle of the range, stays

    # the recipe: a transform is added, another is added and removed again
    for transform in ("Zoom", "Noise"):
        choose(page, "Transform", transform)
        page.locator(f".st-key-recipe-add-{transform.lower()}").get_by_role("button", name="Add to recipe").click()
    page.locator(".st-key-recipe-remove-noise:not([data-retained]) button").first.click()
    expect(page.locator(".st-key-recipe-remove-noise:not([data-retained])")).to_have_count(0, timeout=LONG)
    page.get_by_role("button", name="Train with this recipe").click()

    # Train: the form has the recipe, the curves grow
    expect(page.get_by_role("heading", name="Train", level=1)).to_be_visible(timeout=LONG)
    expect(page.get_by_test_id("stMain")).to_contain_text("Rotation, zoom.", timeout=LONG)
    choose_small_network(page)
    fill(page.get_by_role("spinbutton", name="Image size (px)"), "32")
    fill(page.get_by_role("spinbutton", name="Epochs"), "9000")
    fill(page.get_by_role("textbox", name="Name (optional)"), "browser run")
    page.get_by_role("button", name="Start training").click()
    expect(page.locator(CHART).first).to_be_visible(timeout=LONG)
    expect(page.get_by_test_id("stMain")).to_contain_text(re.compile(r"Epoch \d+ of 9000"), timeout=LONG)
    (run,) = look_all()
    count = len(read_curves(run.folder))
    assert [step.transform.key for step in run.config.recipe] == ["rotation", "zoom"]
    assert run.config.recipe[0].settings["rotation_range"] == 20

    # a reload, a second browser and a restart of the app lose nothing
    page.reload()
    expect(page.get_by_test_id("stMain")).to_contain_text("browser run", timeout=LONG)
    expect(page.locator(CHART).first).to_be_visible(timeout=LONG)
    server.stop()
    server.start()
    second = browser.new_page()
    second.goto(f"{server.url}/train")
    expect(second.get_by_test_id("stMain")).to_contain_text("browser run", timeout=LONG)
    expect(second.locator(CHART).first).to_be_visible(timeout=LONG)
    assert len(read_curves(run.folder)) > count

    # Stop keeps the best epoch as a model; Streamlit's toolbar has a button of the same name while a script runs
    second.get_by_test_id("stMain").get_by_role("button", name="Stop", exact=True).click()
    expect(second.get_by_test_id("stMain")).to_contain_text("Test accuracy", timeout=LONG)
    expect(second.get_by_test_id("stMain")).to_contain_text("stopped")
    second.get_by_role("button", name="Ask this model about photos").click()

    # Predict: answers, and an error for the broken file
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
    assert table[0] == ",".join(tables.COLUMNS)
    assert [line.split(",")[0] for line in table[1:]] == ["garment.png", "broken.jpg"]

    # Compare shows the run; there was no error on the way
    visit(second, "Compare")
    expect(second.locator(CHART)).to_have_count(2, timeout=LONG)
    second.close()
    assert page.errors == []
    assert "Traceback" not in server.log()


def choose_small_network(page: Any) -> None:
    """Choose the small network on Train and wait for its image size. Each backbone has a field of its own."""
    from playwright.sync_api import expect

    choose(page, "Backbone", "Small network from scratch")
    expect(page.get_by_role("spinbutton", name="Image size (px)")).to_have_value("96", timeout=LONG)


def check(radio: Any) -> None:
    """Choose a radio button with one click."""
    from playwright.sync_api import expect

    radio.click()
    expect(radio).to_be_checked(timeout=LONG)


def fill(field: Any, value: str) -> None:
    field.fill(value)
    field.press("Tab")


def test_a_link_to_a_page_right_after_a_start_opens_it_inside_the_app(browser: Any, server: Server) -> None:
    from playwright.sync_api import expect

    page = browser.new_page()
    page.goto(f"{server.url}/augment")
    expect(page.get_by_role("heading", name="Augment", level=1)).to_be_visible(timeout=LONG)
    names = page.get_by_test_id("stSidebarNavLink")
    expect(names).to_have_count(7, timeout=LONG)
    assert [name.inner_text().split("\n")[-1] for name in names.all()][:2] == ["Home", "Teach"]
    expect(page.get_by_test_id("stSidebar")).to_contain_text("1 saved model")  # the starter
    page.close()


def test_the_first_start_answers_a_photo(browser: Any, first_server: Server, tmp_path: Path) -> None:
    """Without training, dataset or download, the starter answers, and the page offers a better model."""
    from playwright.sync_api import expect

    photo = tmp_path / "garment.jpg"
    drawn.garment("pants", 2, 400).save(photo)
    page = browser.new_page()
    page.goto(f"{first_server.url}/predict")
    main = page.get_by_test_id("stMain")
    expect(main).to_contain_text(re.compile("The model: starter, 9\\d% accurate on test photos"), timeout=LONG)
    expect(page.get_by_role("button", name="Train a better model on your machine")).to_be_visible(timeout=LONG)
    page.locator("input[type=file]").set_input_files([photo])
    expect(main.get_by_role("heading", level=3)).to_be_visible(timeout=LONG)
    expect(page.get_by_test_id("stPlotlyChart").first).to_be_visible(timeout=LONG)
    expect(main).to_contain_text("garment.jpg")
    page.close()


def test_every_page_fits_a_phone_and_rests(browser: Any, server: Server) -> None:
    """At phone width no page is too wide or shows an exception, and a page where nothing happens hardly asks."""
    from playwright.sync_api import expect

    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark")
    asked: Counter[str] = Counter()
    for path, title in (
        ("", "Fitting Room"),
        ("augment", "Augment"),
        ("train", "Train"),
        ("compare", "Compare"),
        ("predict", "Predict"),
        ("data", "Data"),
        ("teach", "Teach"),
    ):
        phone = context.new_page()
        phone.on(
            "websocket",
            lambda socket, title=title: socket.on("framesent", lambda frame, title=title: asked.update([title])),
        )
        phone.goto(f"{server.url}/{path}")
        expect(phone.get_by_role("heading", name=title, level=1)).to_be_visible(timeout=LONG)
        expect(phone.get_by_test_id("stException")).to_have_count(0)
        width = phone.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
        assert width <= 390, f"{title} is {width} px wide"
    phone.wait_for_timeout(3000)
    asked.clear()
    phone.wait_for_timeout(6000)
    assert len(asked) == 7
    assert max(asked.values()) <= 4, asked  # the line of the status, every 3 s
