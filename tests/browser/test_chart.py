"""A chart that is updated in place: what a person zoomed, hid and points at stays, also when a run is cut short."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.browser.conftest import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(200)]

LONG = 60_000  # ms
SCRIPT = """
import time
import streamlit as st
from core.drawing import figures
from core.runs.folder import Curves
from core.runs.records import Epoch
from pages.runs import chart

state = st.session_state
state.ticks = state.get("ticks", 0)


def curves(offset, count):
    losses = [(offset + 1 / (e + 1), offset + 2 / (e + 1)) for e in range(count)]
    return Curves(
        tuple(
            Epoch(epoch=e, loss=loss, val_loss=val_loss, accuracy=0.5, val_accuracy=0.5)
            for e, (loss, val_loss) in enumerate(losses)
        )
    )


@st.fragment(run_every=0.4)
def show():
    state.ticks += 1
    count = 10 + state.ticks
    runs = [("first", curves(0, count)), ("second", curves(1, count))]
    if state.ticks > 12:  # a run that begins later changes no other line
        runs.append(("third", curves(2, count - 12)))
    chart.show(figures.curves(runs, "loss", 40), "loss", "Loss by epoch")
    st.write(f"ticks: {state.ticks}")


show()
st.button("Again")
time.sleep(0.3)
st.write("end")
"""
SEEN = """chart => [
  chart.layout.xaxis.range, chart.layout.yaxis.range, chart.data.find(t => t.uid === '1-validation').visible
]"""


@pytest.fixture
def tab(browser: Any, serve: Callable[[str], Server]) -> Iterator[Any]:
    page = browser.new_page(viewport={"width": 1000, "height": 800})
    page.goto(serve(SCRIPT).url)
    yield page
    page.close()


def test_what_a_person_has_changed_stays_through_ten_ticks(tab: Any) -> None:
    from playwright.sync_api import expect

    chart = tab.locator(".chart .js-plotly-plot")
    expect(chart).to_have_attribute("aria-label", "Loss by epoch", timeout=LONG)
    area = chart.locator(".nsewdrag")
    box = area.bounding_box(timeout=LONG)
    tab.mouse.move(box["x"] + 0.05 * box["width"], box["y"] + 0.3 * box["height"])
    tab.mouse.down()
    tab.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.95 * box["height"], steps=5)
    tab.mouse.up()
    chart.locator(".legendtoggle").nth(1).click()
    tab.wait_for_function(f"() => ({SEEN})(document.querySelector('.js-plotly-plot'))[2] === 'legendonly'")
    before = chart.evaluate(SEEN)
    assert before[0] != [0, 40.5]
    tab.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"])
    for _ in range(3):  # each cuts short what is being drawn
        tab.get_by_role("button", name="Again").dispatch_event("click")
    tab.wait_for_function("() => document.querySelector('.js-plotly-plot').data.length > 6", timeout=LONG, polling=100)
    length = "chart => chart._fullData.find(trace => trace.uid === '0-validation')._length"
    assert chart.evaluate(length) > 20, "the figure has grown"
    assert chart.evaluate(SEEN) == before
    expect(chart.locator(".hoverlayer .legend")).to_have_count(1)


def test_without_the_library_it_says_what_to_do(tab: Any) -> None:
    from playwright.sync_api import expect

    tab.route("**/plotly.min.js", lambda route: route.abort())
    tab.reload()
    expect(tab.get_by_text("The chart could not be loaded. Reload the page.")).to_be_visible(timeout=LONG)
    tab.unroute("**/plotly.min.js")
    expect(tab.locator(".chart .nsewdrag")).to_be_attached(timeout=LONG)  # the next tick tries again
