"""A study in a real browser with a real worker: two curves in one chart, a stopped run, a reload."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from core.datasets import adding
from core.runs.folder import look_all, read_curves
from core.runs.records import RunState
from tests.browser.conftest import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

LONG = 120_000  # ms; a busy machine needs up to a minute
SETTINGS = {"dataset": "tiny", "backbone": "small_cnn", "image_size": 32, "batch_size": 6, "epochs": 9000}


def test_a_study_can_be_watched_stopped_and_reloaded(browser: Any, server: Server, tiny_dataset: Path) -> None:
    from playwright.sync_api import expect

    adding.add_folder("tiny", tiny_dataset)
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.set_default_timeout(30_000)
    text = quote("dropout = 0, 0.5")
    page.goto(f"{server.url}/train?settings={quote(json.dumps(SETTINGS))}&study=grid&grid={text}")
    main = page.get_by_test_id("stMain")
    expect(main).to_contain_text("2 runs", timeout=LONG)
    page.get_by_role("button", name="Start training").click()

    # the first run's curve grows, the second waits in the queue
    curves = page.locator(".chart .scatterlayer .js-line")
    expect(main).to_contain_text(re.compile(r"Epoch \d+ of 9000"), timeout=LONG)
    expect(main).to_contain_text("Queue: 2", timeout=LONG)
    second, first = look_all()
    expect(curves.first).to_be_attached(timeout=LONG)
    path = curves.first.get_attribute("d")
    expect(curves.first).not_to_have_attribute("d", str(path), timeout=LONG)

    # a zoom outlives new epochs
    chart = page.locator(".chart .js-plotly-plot").first
    chart.evaluate("chart => chart.scrollIntoView({ block: 'center' })")
    box = chart.locator(".nsewdrag").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.8 * box["height"], steps=5)
    page.mouse.up()
    seen = "chart => [chart.layout.xaxis.range, chart.layout.yaxis.range]"
    page.wait_for_function("() => document.querySelector('.chart .js-plotly-plot').layout.xaxis.range[1] < 9000")
    before = chart.evaluate(seen)
    _wait_for_drawings(page, chart, 3)
    assert chart.evaluate(seen) == before

    # the first run is stopped and keeps its best epoch; the second starts, and both are in the same charts
    main.get_by_role("button", name="Stop", exact=True).click()
    expect(main).to_contain_text("1 of 2 runs ended", timeout=LONG)
    expect(main).to_contain_text("Queue: 1", timeout=LONG)
    expect(curves).to_have_count(8, timeout=LONG)  # two runs, training and validation, loss and accuracy
    expect(curves.nth(2)).to_have_attribute("d", re.compile("L"), timeout=LONG)  # the second run's curve has a length
    states = {run.id: run.state for run in look_all()}
    assert states == {first.id: RunState.STOPPED, second.id: RunState.RUNNING}

    page.reload()
    expect(curves).to_have_count(8, timeout=LONG)
    expect(main).to_contain_text("Queue: 1", timeout=LONG)
    count = len(read_curves(second.folder))
    main.get_by_role("button", name="Stop the study").click()
    expect(main).not_to_contain_text("Queue:", timeout=LONG)  # the queue is empty
    assert {run.state for run in look_all()} == {RunState.STOPPED}
    assert len(read_curves(second.folder)) >= max(1, count)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    page.close()
    assert "Traceback" not in server.log()


def _wait_for_drawings(page: Any, chart: Any, count: int) -> None:
    """Wait until the chart has been drawn so many times."""
    chart.evaluate("chart => { window.drawn = 0; chart.on('plotly_afterplot', () => window.drawn++); }")
    page.wait_for_function(f"() => window.drawn >= {count}", timeout=LONG, polling=100)


def test_values_of_a_grid_are_taken_as_typed(browser: Any, server: Server, tiny_dataset: Path) -> None:
    from playwright.sync_api import expect

    adding.add_folder("tiny", tiny_dataset)
    page = browser.new_page(viewport={"width": 1366, "height": 1400})
    page.set_default_timeout(LONG)
    page.goto(f"{server.url}/train?settings={quote(json.dumps(SETTINGS))}&study=grid")
    page.get_by_role("combobox", name=re.compile("Setting to vary")).click()
    page.get_by_role("option", name="Learning rate", exact=True).click()
    values = page.get_by_role("combobox", name=re.compile("Learning rate: values to try"))
    for typed in ("0.01", "0.005"):  # several usual values begin with 0.0
        values.click()
        values.press_sequentially(typed)
        values.press("Enter")
        expect(page.locator(f".stMultiSelect [aria-label='Remove {typed}']")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Add to the grid").click()
    expect(page.get_by_role("textbox", name="Grid")).to_have_value("learning_rate = 0.01, 0.005")
    page.close()
