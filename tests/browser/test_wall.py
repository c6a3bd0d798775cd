"""The wall of photos in a real browser: mouse, keyboard and finger, and people who don't wait for Python."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import workspace
from tests.browser.conftest import Server
from tests.conftest import encoded

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(120)]

CLASSES = ("hat", "shoes", "skirt")
A_CLASS = 30  # photos
HTML = "<img src=x onerror=document.title='live'>"
PATIENCE = 15_000  # ms
SCRIPT = f"""
import json, os, sys, time
from pathlib import Path
sys.path.insert(0, {str(workspace.PROJECT)!r})
import streamlit as st
from core.datasets.catalogue import Dataset
from core.datasets.folders import Split
from pages.reviewing import wall

HOME = Path(os.environ["FITTING_ROOM_HOME"])
CLASSES = {CLASSES!r}

class Review:
    def __init__(self):
        self.paths = tuple(sorted((HOME / "photos").glob("*/*")))
        self.labels = {{str(path.relative_to(HOME / "photos")): CLASSES.index(path.parent.name) for path in self.paths}}
        self.make()

    def make(self):
        split = Split(self.paths, tuple(self.labels.values()))
        self.dataset = Dataset("photos", HOME / "photos", CLASSES, {{"train": split}})

    def decide(self, names, action, to):
        self.log([list(names), action, to])
        if action == "class":
            self.labels.update(dict.fromkeys(names, CLASSES.index(to)))
            self.make()

    def log(self, act):
        time.sleep(float((HOME / "delay").read_text()))
        with (HOME / "acts.jsonl").open("a") as file:
            file.write(json.dumps(act) + "\\n")

review = st.cache_resource(Review)()
st.title("Photos")
st.button("Draw the page again")
wall.show(wall.Wall("photos", lambda: review.dataset, review.decide, lambda: review.log("undo")))
"""


@pytest.fixture
def photos(home: Path) -> list[str]:
    """The names of ninety photos, in order. One of them is HTML."""
    names = []
    for number, label in enumerate(CLASSES):
        (home / "photos" / label).mkdir(parents=True)
        for place in range(A_CLASS):
            name = f"{label}/{place:02d}.jpg"
            if (label, place) == ("hat", 4):
                name = f"{label}/{place:02d} {HTML}.jpg"
            pixels = np.full((40, 60, 3), (80 * number, 8 * place, 120), np.uint8)
            (home / "photos" / name).write_bytes(encoded(pixels, "JPEG"))
            names.append(name)
    return names


@pytest.fixture
def wall(home: Path, serve: Callable[[str], Server], photos: list[str]) -> Server:
    delay(home, 0)
    return serve(SCRIPT)


@pytest.fixture
def new_tab(browser: Any, wall: Server) -> Iterator[Callable[..., Any]]:
    """Opens the wall in a new tab of a browser with these settings."""
    contexts = []

    def opened(**settings: Any) -> Any:
        contexts.append(browser.new_context(**{"viewport": {"width": 1280, "height": 1000}, **settings}))
        tab = contexts[-1].new_page()
        tab.set_default_timeout(PATIENCE)
        tab.goto(wall.url)
        tab.locator(".tile img").nth(59).wait_for(timeout=2 * PATIENCE)
        return tab

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def tab(new_tab: Callable[..., Any]) -> Any:
    return new_tab()


def delay(home: Path, seconds: float) -> None:
    """How long Python takes for each decision from now on."""
    (home / "delay").write_text(str(seconds))


def acts(home: Path) -> list[Any]:
    path = home / "acts.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def settle(tab: Any) -> None:
    """Wait until Python has taken every act, and nothing runs."""
    tab.wait_for_function(
        """() => document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'"""
    )
    from playwright.sync_api import expect

    expect(tab.locator(".tile.pending")).to_have_count(0, timeout=PATIENCE)


def expect_acts(tab: Any, home: Path, expected: list[Any]) -> None:
    """Wait until these acts have been carried out, and see that no other one follows."""
    for _ in range(PATIENCE // 100):
        if len(acts(home)) >= len(expected):
            break
        tab.wait_for_timeout(100)
    settle(tab)
    tab.wait_for_timeout(3000)  # longer than the grid waits before it sends an act again
    assert acts(home) == expected
    names = tab.locator(".tile").evaluate_all("all => all.map((tile) => tile.dataset.name)")
    assert len(names) == len(set(names))  # none is left over from a grid before


def tile(tab: Any, name: str) -> Any:
    return tab.locator(f".tile[data-name={json.dumps(name)}]")


def chip(tab: Any, label: str) -> Any:
    return tab.locator(".chip").filter(has=tab.get_by_text(label, exact=True))


def selected(tab: Any) -> list[str]:
    return list(tab.locator(".tile[aria-selected=true]").evaluate_all("all => all.map((tile) => tile.dataset.name)"))


def focused(tab: Any) -> str:
    return str(tab.evaluate("document.activeElement.shadowRoot?.activeElement?.dataset.name ?? ''"))


def columns(tab: Any) -> int:
    tops = tab.locator(".tile").evaluate_all("all => all.map((tile) => tile.offsetTop)")
    return int(tops.count(tops[0]))


def test_the_keyboard(tab: Any, home: Path, photos: list[str]) -> None:
    tab.locator(".tile").first.focus()
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("ArrowDown")
    place = 1 + columns(tab)
    assert focused(tab) == photos[place]
    tab.keyboard.press(" ")
    tab.keyboard.press("ArrowLeft")
    tab.keyboard.press("Shift+ArrowLeft")
    assert selected(tab) == [photos[place - 2], photos[place - 1], photos[place]]
    tab.keyboard.press("Shift+ArrowRight")  # a range also shrinks; what was selected before stays
    assert selected(tab) == [photos[place - 1], photos[place]]
    tab.keyboard.press("Enter")
    assert selected(tab) == [photos[place]]
    tab.keyboard.press("Escape")
    assert selected(tab) == []
    tab.keyboard.press("Control+a")
    assert selected(tab) == photos[:60]
    tab.keyboard.press("Escape")
    tab.keyboard.press("Home")
    tab.keyboard.press("2")  # nothing is selected: the photo in focus, and on to the next
    assert focused(tab) == photos[1]
    tab.keyboard.press("Shift+T")
    tab.keyboard.press("x")
    tab.keyboard.press("k")
    tab.keyboard.press("c")  # no action here, and not Streamlit's "clear the cache"
    tab.keyboard.press("Control+z")
    tab.keyboard.press("u")
    expect_acts(
        tab,
        home,
        [
            [[photos[0]], "class", "shoes"],
            [[photos[1]], "split", "train"],
            [[photos[2]], "leave out", ""],
            [[photos[3]], "keep", ""],
            "undo",
            "undo",
        ],
    )
    assert tab.get_by_role("dialog").count() == 0


def test_the_mouse(tab: Any, home: Path, photos: list[str]) -> None:
    tile(tab, photos[2]).click()
    tile(tab, photos[6]).click(modifiers=["Shift"])
    tile(tab, photos[4]).click()
    tile(tab, photos[9]).click()
    names = [photos[2], photos[3], photos[5], photos[6], photos[9]]
    assert selected(tab) == names
    tile(tab, photos[5]).drag_to(chip(tab, "skirt"))
    tile(tab, photos[0]).drag_to(chip(tab, "Leave out"))  # one that isn't selected is dragged by itself
    tile(tab, photos[1]).click()
    chip(tab, "Validation").click()
    chip(tab, "Keep").click()  # nothing is selected
    expect_acts(
        tab,
        home,
        [[names, "class", "skirt"], [[photos[0]], "leave out", ""], [[photos[1]], "split", "validation"]],
    )


def test_a_finger_on_a_phone(new_tab: Callable[..., Any], home: Path, photos: list[str]) -> None:
    tab = new_tab(viewport={"width": 360, "height": 700}, has_touch=True, is_mobile=True)
    for name in photos[1:3]:
        tile(tab, name).tap()
    assert selected(tab) == photos[1:3]
    chip(tab, "shoes").tap()
    expect_acts(tab, home, [[photos[1:3], "class", "shoes"]])
    assert columns(tab) >= 2
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    last = tile(tab, photos[50])
    last.scroll_into_view_if_needed()
    last.tap()
    bar = tab.locator(".bar").bounding_box()
    assert bar["y"] >= 0  # the actions stay on the screen
    chip(tab, "hat").tap()
    expect_acts(tab, home, [[photos[1:3], "class", "shoes"], [[photos[50]], "class", "hat"]])


def test_two_acts_while_python_is_busy(tab: Any, home: Path, photos: list[str]) -> None:
    delay(home, 0.5)
    tab.locator(".tile").first.focus()
    tab.keyboard.press("2")
    tab.keyboard.press("3")
    expect_acts(tab, home, [[[photos[0]], "class", "shoes"], [[photos[1]], "class", "skirt"]])


@pytest.mark.parametrize("pause", [0, 40, 150, 400])
def test_no_act_of_many_is_lost(tab: Any, home: Path, photos: list[str], pause: int) -> None:
    """Twenty acts, while the whole page is drawn again and again, which ends the runs before."""
    delay(home, 0.15)
    again = tab.get_by_role("button", name="Draw the page again")
    tab.locator(".tile").first.focus()
    for number in range(20):
        tab.keyboard.press("123"[number % 3])
        tab.wait_for_timeout(pause)
        if number % 3 == 0:
            again.evaluate("button => button.click()")
    expected = [[[photos[number]], "class", CLASSES[number % 3]] for number in range(20)]
    expect_acts(tab, home, expected)


def test_a_photo_that_goes_leaves_the_focus_at_its_place(tab: Any, home: Path, photos: list[str]) -> None:
    tab.get_by_role("combobox", name="Class").click()
    tab.get_by_role("option", name="hat").click()
    tab.get_by_text("30 photos match").wait_for()
    tab.locator(".tile").nth(3).focus()
    for _ in range(5):
        tab.keyboard.press("2")
    tab.get_by_text("25 photos match").wait_for()
    tile(tab, photos[7]).wait_for(state="detached")
    assert focused(tab) == photos[8]
    tab.keyboard.press("Control+a")
    tab.keyboard.press("3")
    tab.get_by_text("No photos match").wait_for()
    hats = [photos[place] for place in (0, 1, 2, *range(8, 30))]
    expect_acts(tab, home, [*([[name], "class", "shoes"] for name in photos[3:8]), [hats, "class", "skirt"]])


def test_pages_and_a_closer_look(tab: Any, home: Path, photos: list[str]) -> None:
    tab.locator(".tile").nth(5).focus()
    tab.keyboard.press("PageDown")
    tile(tab, photos[60]).wait_for()
    assert focused(tab) == photos[60]
    tab.keyboard.press("PageDown")  # this is the last page
    tile(tab, photos[61]).dblclick()
    dialog = tab.get_by_role("dialog")
    dialog.get_by_text(photos[61]).wait_for()
    assert selected(tab) == []
    tab.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    tab.get_by_role("button", name="Previous page").click()
    tile(tab, photos[0]).wait_for()
    tile(tab, photos[7]).focus()
    tab.keyboard.press("o")
    dialog.get_by_text(photos[7]).wait_for()
    tab.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    tab.wait_for_function("() => document.activeElement.shadowRoot?.activeElement")  # back in the grid
    assert focused(tab) == photos[7]
    tab.get_by_role("button", name="Draw the page again").click()
    settle(tab)
    assert dialog.count() == 0
    assert acts(home) == []


def test_names_stay_text(tab: Any, photos: list[str]) -> None:
    assert tile(tab, photos[4]).locator(".caption").text_content() == f"04 {HTML}.jpg"
    assert tile(tab, photos[4]).locator("img").count() == 1
    tile(tab, photos[4]).focus()
    tab.keyboard.press("o")
    tab.get_by_role("dialog").get_by_text("onerror").wait_for()
    assert "live" not in tab.title()


def test_screen_readers(tab: Any, photos: list[str]) -> None:
    from playwright.sync_api import expect

    grid = tab.get_by_role("listbox", name="Photos, page 1 of 2")
    assert grid.get_attribute("aria-multiselectable") == "true"
    option = grid.get_by_role("option", name="00.jpg, a hat", exact=False).first
    expect(option).to_have_attribute("aria-selected", "false")
    option.click()
    expect(option).to_have_attribute("aria-selected", "true")
    expect(tab.get_by_role("status").filter(has_text="1 of 60 selected")).to_have_count(1)
    assert tab.locator(".tile[tabindex='0']").count() == 1
    assert tab.get_by_role("group", name="Class").get_by_role("button").count() == len(CLASSES)
