"""Compare in a real browser, with two runs that a real worker has trained: from the table to a photo, to Predict and to
a report on paper."""

import re
import time
from pathlib import Path
from typing import Any

import pytest

from core.datasets import adding
from core.runs import launch, queue, studies
from core.runs.config import config
from core.runs.folder import look
from core.runs.records import RunState
from tests.browser.conftest import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

LONG = 60_000  # ms
PATIENCE = 180.0  # s, for the training


def trained() -> list[str]:
    """A study of two runs that have ended; the ids."""
    base = config(dataset="tiny", backbone="small_cnn", image_size=32, batch_size=6, epochs=4)
    ids = studies.put(studies.grid("dropout = 0, 0.5"), base, name="My study")
    launch.ensure_worker()
    end = time.monotonic() + PATIENCE
    while not all(look(run_id).ended for run_id in ids):
        assert time.monotonic() < end, [look(run_id).status for run_id in ids]
        time.sleep(0.2)
    assert {look(run_id).state for run_id in ids} == {RunState.DONE}
    return ids


def test_from_two_runs_to_a_photo_to_predict_and_to_a_report(
    browser: Any, server: Server, tiny_dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from playwright.sync_api import expect

    monkeypatch.setenv("FITTING_ROOM_IDLE", "1")
    adding.add_folder("tiny", tiny_dataset)
    ids = trained()
    page = browser.new_page(viewport={"width": 1366, "height": 1400})
    page.set_default_timeout(30_000)
    page.goto(f"{server.url}/compare")
    main = page.get_by_test_id("stMain")
    expect(main).to_contain_text("Conclusion", timeout=LONG)
    expect(main).to_contain_text("best validation accuracy")
    expect(page.locator(".chart .scatterlayer .js-line")).to_have_count(8)
    expect(page).to_have_url(re.compile("study=grid-"))

    # a cell of the matrix, a photo of it, the way to Data and back
    page.get_by_role("radio", name="Photos").check(force=True)
    cells = page.locator(".stPlotlyChart .scatterlayer .point")
    expect(cells.first).to_be_attached(timeout=LONG)
    cells.first.click(force=True)
    expect(page.get_by_role("button", name="Close the cell")).to_be_visible(timeout=LONG)
    page.get_by_role("option").first.dblclick()
    expect(page.get_by_text("A closer look")).to_be_visible(timeout=LONG)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("says the dataset")
    expect(dialog.locator("img")).to_have_count(1)
    dialog.get_by_role("button", name="Close").click()
    page.get_by_text("Least sure").click()
    expect(page.get_by_role("button", name="Close the cell")).to_be_hidden(timeout=LONG)

    # a run that is ticked in another tab, by its address
    other = browser.new_page(viewport={"width": 1366, "height": 1000})
    other.goto(f"{page.url}&runs={ids[0]}")
    expect(other.get_by_role("button", name="Untick all")).to_be_visible(timeout=LONG)
    other.reload()
    expect(other.get_by_role("button", name="Untick all")).to_be_visible(timeout=LONG)
    other.close()

    # the report opens in a fresh browser, without the server's help
    page.get_by_role("radio", name="Report").check(force=True)
    with page.expect_download(timeout=LONG) as download:
        page.get_by_role("button", name="Make the report").click()
    file = tmp_path / "report.html"
    download.value.save_as(file)
    context = browser.new_context(offline=True)
    report = context.new_page()
    faults: list[str] = []
    report.on("pageerror", lambda error: faults.append(str(error)))
    report.goto(file.as_uri())
    expect(report.get_by_role("heading", level=1)).to_contain_text("My study")
    expect(report.locator(".js-plotly-plot").first).to_be_visible(timeout=LONG)
    assert faults == []
    context.close()

    # a model becomes the usual one, and Predict asks it
    page.get_by_role("radio", name="Models").check(force=True)
    table = main.get_by_test_id("stDataFrame").nth(1)
    expect(table).to_be_visible(timeout=LONG)
    table.click(position={"x": 20, "y": 52})
    page.get_by_role("button", name="Use it for Predict").click()
    card = page.locator(".st-key-compare-model")
    expect(card.get_by_text("used on Predict")).to_be_visible(timeout=LONG)
    name = card.get_by_role("heading").inner_text()
    page.get_by_role("link", name="Predict").click()
    expect(page.get_by_text(f"The model: {name}")).to_be_visible(timeout=LONG)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    page.close()
    assert "Traceback" not in server.log()
    assert queue.waiting() == []
