"""Augment in a real browser: the divider, the projector view, pictures that grow, and sliders in reach on a phone."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image

from core.datasets import adding
from tests.browser.conftest import Server
from tests.browser.test_journey import visit
from tests.browser.test_turns import SlowLine
from tests.conftest import encoded
from tests.fabricated import flat

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

LONG = 120_000  # ms; a busy machine needs up to a minute
DRAWS = "12 random draws"
OPEN, CLOSED = re.compile("show=projector"), re.compile(r"\?(?!.*show=)")  # addresses


@pytest.fixture
def tiny(server: Server, tiny_dataset: Any) -> str:
    adding.add_folder("tiny", tiny_dataset)
    return f"{server.url}/augment?photo=tiny/disc/2"


@pytest.fixture
def tab(browser: Any, tiny: str, server: Server) -> Iterator[Any]:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(LONG)
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    arrive(page, tiny)
    yield page
    assert page.errors == []
    page.close()
    assert "Traceback" not in server.log()


def arrive(page: Any, address: str) -> None:
    from playwright.sync_api import expect

    page.goto(address)
    expect(page.get_by_text(DRAWS)).to_be_visible(timeout=LONG)
    expect(page.get_by_test_id("stImage").locator("img")).to_have_count(19, timeout=LONG)


def divider(page: Any) -> Any:
    return page.get_by_role("slider", name="Divider between before and after")


def test_the_divider_moves_by_keys_mouse_and_with_the_slider(tab: Any) -> None:
    from playwright.sync_api import expect

    handle = divider(tab)
    expect(handle).to_have_value("50")
    handle.focus()
    for _ in range(3):
        tab.keyboard.press("ArrowRight")
    expect(handle).to_have_value("53")
    expect(handle).to_have_attribute("aria-valuetext", "53% before, 47% after")
    tab.keyboard.press("Home")
    expect(handle).to_have_value("0")
    box = handle.bounding_box()
    tab.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.3 * box["height"])
    tab.mouse.down()
    tab.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 0.9 * box["height"], steps=4)
    tab.mouse.up()
    place = int(handle.input_value())
    assert 72 <= place <= 78
    after = tab.locator("img.after")
    assert f"{place}%" in after.evaluate("each => getComputedStyle(each).clipPath")
    before = after.get_attribute("src")
    tab.get_by_role("slider", name="Largest angle").first.press("ArrowRight")
    expect(after).not_to_have_attribute("src", before, timeout=LONG)  # the picture follows, and the divider stays
    expect(handle).to_have_value(str(place))


def test_the_projector_view_is_moved_by_keys(tab: Any) -> None:
    from playwright.sync_api import expect

    dialog = tab.get_by_role("dialog", name="Projector view")
    for _ in range(3):  # a view that was left opens again
        tab.get_by_role("button", name="Projector view").click()
        expect(dialog).to_be_visible()
        expect(tab).to_have_url(OPEN, timeout=LONG)
        tab.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        expect(tab).to_have_url(CLOSED, timeout=LONG)
    tab.get_by_role("button", name="Projector view").click()
    expect(dialog).to_be_visible()
    expect(tab).to_have_url(OPEN, timeout=LONG)
    labels, caption = dialog.locator("figcaption"), dialog.locator(".caption")
    expect(labels).to_have_text(["Original", "View 1"])
    first = caption.inner_text()
    for key in ("ArrowRight", "PageDown", " "):
        tab.keyboard.press(key)
    expect(labels).to_have_text(["Original", "View 4"])
    assert caption.inner_text() != first
    values = caption.inner_text().removeprefix("Rotation ")
    tab.keyboard.press("ArrowDown")
    expect(caption).to_have_text(f"Rotation: {values}", timeout=LONG)  # the steps of draw 4 come from Python
    expect(labels).to_have_text(["Original", "Rotation"])
    tab.keyboard.press("ArrowDown")
    expect(labels).to_have_text(["Original", "View 4"])
    tab.keyboard.press("a")
    expect(labels).to_have_count(12)
    tab.keyboard.press("a")

    tab.reload()
    expect(dialog).to_be_visible(timeout=LONG)
    tab.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    tab.get_by_role("button", name="Projector view").click()
    expect(dialog).to_be_visible()
    expect(tab).to_have_url(OPEN, timeout=LONG)
    tab.go_back()
    expect(dialog).to_be_hidden(timeout=LONG)
    expect(tab).to_have_url(CLOSED)


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1920, 1080)])
def test_the_projector_view_fills_the_window_and_reads_from_afar(tab: Any, width: int, height: int) -> None:
    from playwright.sync_api import expect

    tab.set_viewport_size({"width": width, "height": height})
    tab.get_by_role("button", name="Projector view").click()
    dialog = tab.get_by_role("dialog", name="Projector view")
    expect(dialog.locator("figure")).to_have_count(2)
    assert dialog.bounding_box() == {"x": 0, "y": 0, "width": width, "height": height}
    assert all(box.bounding_box()["height"] > 0.65 * height for box in dialog.locator("img").all())
    letters = dialog.locator(".caption").evaluate("each => parseFloat(getComputedStyle(each).fontSize)")
    assert letters > height / 25
    assert dialog.evaluate("each => each.scrollHeight <= each.clientHeight"), "everything is on the screen"


def test_pictures_grow_with_the_screen(tab: Any) -> None:
    widths = []
    for width in (1100, 1440, 1920, 2560):
        tab.set_viewport_size({"width": width, "height": 1000})
        draw = tab.get_by_test_id("stImage").locator("img").last
        tab.wait_for_function("() => document.querySelector('[data-testid=stImage] img').complete")
        widths.append((divider(tab).bounding_box()["width"], draw.bounding_box()["width"]))
    assert widths == sorted(widths)
    assert [draw for _, draw in widths] == sorted(draw for _, draw in widths)
    assert widths[2][1] > 200, "121 px once"


def test_on_a_phone_the_picture_and_its_slider_are_on_one_screen(browser: Any, tiny: str) -> None:
    phone = browser.new_page(viewport={"width": 390, "height": 844}, has_touch=True)
    phone.set_default_timeout(LONG)
    arrive(phone, tiny)
    slider = phone.get_by_test_id("stSlider").first
    slider.scroll_into_view_if_needed()
    picture, control = divider(phone).bounding_box(), slider.bounding_box()
    assert picture["width"] > 340
    assert picture["y"] < control["y"]
    assert control["y"] + control["height"] - picture["y"] < 844 - 60, "below the header of Streamlit"
    phone.close()


def test_the_draws_come_as_a_loop(tab: Any) -> None:
    with tab.expect_download() as download:
        tab.get_by_role("button", name="GIF", exact=True).click()
    assert download.value.suggested_filename == "augmented.gif"
    with Image.open(download.value.path()) as loop:
        assert (loop.n_frames, loop.size) == (12, (299, 299))


def test_after_an_upload_links_wait_no_longer_than_for_its_answer(tab: Any) -> None:
    from playwright.sync_api import expect

    tab.get_by_role("radio", name="Upload").click()
    tab.locator("input[type=file]").first.set_input_files(red())
    expect(tab.get_by_test_id("stFileChip")).to_be_visible()
    expect(tab.get_by_text("until you add a photo")).to_have_count(0)
    visit(tab, "Data")
    tab.get_by_test_id("stSidebarNav").get_by_role("link", name="Augment").click()
    waiting = "[...document.querySelectorAll('[data-testid=stSidebarNavLink]')].some((link) => link.style.opacity)"
    tab.wait_for_function(f"!{waiting}", timeout=5000)
    expect(tab.get_by_text("Current photo: red.png")).to_be_visible()


def test_a_page_that_breaks_while_it_is_left_leads_on_all_the_same(browser: Any, tiny: str) -> None:
    from playwright.sync_api import expect

    page = browser.new_page()
    arrive(page, tiny)
    link = "document.querySelector('[data-testid=stSidebarNavLink][href$=compare]')"
    page.evaluate(f"{link}.click(); document.getElementById('root').replaceChildren()")
    expect(page.get_by_role("heading", name="Compare", level=1)).to_be_visible(timeout=LONG)
    page.close()


def test_a_photo_that_arrives_after_the_page_was_left_is_kept(browser: Any, tiny: str) -> None:
    from playwright.sync_api import expect

    page = browser.new_page()
    line = SlowLine(page)
    arrive(page, tiny)
    page.get_by_role("radio", name="Upload").click()
    expect(page.get_by_text("until you add a photo")).to_be_visible(timeout=LONG)
    line.holds = True
    page.locator("input[type=file]").first.set_input_files(red())
    line.wait()
    visit(page, "Data")
    line.release()
    page.wait_for_timeout(2000)
    expect(page.get_by_role("heading", name="Data", level=1)).to_be_visible()
    visit(page, "Augment")
    expect(page.get_by_text("Current photo: red.png")).to_be_visible(timeout=LONG)
    page.close()


def red() -> dict[str, Any]:
    """A file for an uploader."""
    return {"name": "red.png", "mimeType": "image/png", "buffer": encoded(flat(255, 0, 0), "PNG")}
