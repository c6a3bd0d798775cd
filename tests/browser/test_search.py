"""A small search in a real browser, with its real process and a real worker, watched to its end."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from core.datasets import adding
from core.runs.folder import look_all
from core.runs.records import RunState
from core.searching import folder
from core.searching.records import Phase
from tests.browser.conftest import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

LONG = 200_000  # ms; the worker imports TensorFlow and trains ten small networks, perhaps on a busy machine
SETTINGS = {"dataset": "tiny", "backbone": "small_cnn", "image_size": 32, "batch_size": 6, "epochs": 3}


def test_a_search_is_watched_to_its_end(browser: Any, server: Server, tiny_dataset: Path) -> None:
    from playwright.sync_api import expect

    adding.add_folder("tiny", tiny_dataset)
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.goto(f"{server.url}/train?settings={quote(json.dumps(SETTINGS))}&study=search")
    main = page.get_by_test_id("stMain")
    expect(main).to_contain_text("Expected time", timeout=LONG)
    page.get_by_role("button", name="Vary something else").click()
    page.get_by_role("textbox", name="Settings to vary").fill("dropout = 0, 0.5; learning_rate = 0.001, 0.01")
    page.get_by_role("textbox", name="Settings to vary").press("Control+Enter")
    expect(main).to_contain_text("It varies dropout rate and learning rate")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Start the search").click()

    # two tabs watch, and one of them is reloaded meanwhile
    expect(page.get_by_role("button", name="Stop the search")).to_be_visible(timeout=LONG)
    other = context.new_page()
    other.goto(f"{server.url}/train")
    page.reload()
    expect(main).to_contain_text(re.compile(r"The best of \d trials? is number"), timeout=LONG)
    expect(main).to_contain_text("Trained again with 3 seeds", timeout=LONG)
    expect(main).to_contain_text("which the search has never seen", timeout=LONG)
    expect(page.get_by_role("button", name="Stop the search")).to_have_count(0, timeout=LONG)
    expect(other.get_by_test_id("stMain")).to_contain_text("Trained again with 3 seeds", timeout=LONG)

    (search_id,) = {str(run.config.study) for run in look_all()}
    search = folder.look(search_id)
    assert search.progress.phase is Phase.DONE
    values = [tuple(trial.values.values()) for trial in search.progress.trials if trial.values]
    assert sorted(values) == [(0, 0.001), (0, 0.01), (0.5, 0.001), (0.5, 0.01)]
    runs = [run for run in look_all() if not run.config.trial]
    assert {run.state for run in runs} == {RunState.DONE}
    assert all(run.status.model for run in runs)
    assert not any(run.status.model for run in look_all() if run.config.trial)

    # the best settings go into the form
    page.get_by_role("button", name="Use the best settings").click()
    expect(page.get_by_text("The best settings of the search are now in the form.")).to_be_visible(timeout=LONG)
    context.close()
