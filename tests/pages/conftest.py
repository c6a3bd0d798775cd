"""Shared by the tests of the pages: no real worker, few drawings, and runs that look finished."""

import functools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import script_runner
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.testing.v1 import AppTest, app_test, local_script_runner

from core import machine, workspace
from core.datasets import adding, drawn
from core.runs import devices, queue
from core.runs.config import config
from pages.frame import preparation
from tests.conftest import encoded
from tests.fabricated import report

APP = str(workspace.PROJECT / "app.py")


@pytest.fixture(autouse=True)
def few_drawings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty drawn garments instead of six hundred, and each of them drawn once."""
    monkeypatch.setattr(drawn, "COUNTS", {"train": 2, "validation": 1, "test": 1})
    monkeypatch.setattr(drawn, "garment", lambda *of: _garment(*of).copy())


_garment = functools.cache(drawn.garment)


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Start no training process. The list has the modules that pages tried to start."""
    modules: list[str] = []
    monkeypatch.setattr("core.files.processes.start", lambda module, *_: modules.append(module))
    return modules


@pytest.fixture(autouse=True)
def app_around_each_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run each page inside app.py, as in a browser.

    Before each run, AppTest looks for a folder named pages and would then run the page on its own (see
    `navigation.ensure_app`). Here it only changes a class of its own.
    """
    monkeypatch.setattr(PagesManager, "uses_pages_directory", False)
    monkeypatch.setattr(app_test, "PagesManager", type("OwnPagesManager", (PagesManager,), {}))


@pytest.fixture(autouse=True)
def no_cleaning_of_keras(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where earlier tests have loaded Keras, Streamlit would clear its session after each run, and collect garbage in
    all that TensorFlow holds: that took nine tenths of these tests' time. The pages' process never loads Keras."""
    monkeypatch.setattr(script_runner, "_clean_problem_modules", lambda: None)


@pytest.fixture(scope="session", autouse=True)
def _settled() -> None:
    """Streamlit collects garbage after each run: hide what earlier tests have loaded, as the server does."""
    preparation.settle()


@pytest.fixture(autouse=True)
def known_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let AppTest neither look for components in all installed packages, where there are none, nor compile the same
    pages before each run: that took half of these tests' time."""
    monkeypatch.setattr(manifest_scanner, "scan_component_manifests", list)
    for module in (app_test, local_script_runner):
        monkeypatch.setattr(module, "ScriptCache", lambda: _compiled)


_compiled = ScriptCache()


@pytest.fixture
def tiny(tiny_dataset: Path) -> str:
    adding.add_folder("tiny", tiny_dataset)
    return "tiny"


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    cards = tuple(machine.GpuLoad(name, 0.5, 0.25, 2**34) for name in ("L4", "H200"))
    monkeypatch.setattr(machine, "gpus", lambda: cards)
    monkeypatch.setattr(devices, "_ALLOWED", None)


def page(name: str) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=30).run()
    if name != "home":
        app.switch_page(f"pages/{name}.py").run()
    assert not app.exception
    return app


def room(name: str, section: str = "Overview") -> AppTest:
    """Data, with a dataset opened."""
    app = page("data")
    app.session_state["data-open"], app.session_state["data-section"] = name, section
    app.run()
    assert not app.exception
    return app


def click(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    assert not app.exception
    return app


def key_of(app: AppTest, name: str) -> str:
    """The current key of a Control's widget, which changes each time the program sets the value."""
    version = session_value(app, "control-versions", {}).get(name)
    return f"{name}-{version}" if version else name


def charts(app: AppTest) -> list[dict[str, Any]]:
    """The figures of the charts that are updated in place, as Plotly gets them."""
    data = [json.loads(each.proto.json or each.proto.mixed.json or "{}") for each in app.get("bidi_component")]
    return [json.loads(each["figure"]) for each in data if "figure" in each]


def session_value(app: AppTest, name: str, initial: Any = None) -> Any:
    """A value of the session state, or `initial` if there is none yet."""
    if name in app.session_state:
        return app.session_state[name]
    return initial


def follow(app: AppTest, label: str, target: str) -> AppTest:
    """Click a button that opens another page, and follow the link that it draws, as the browser does."""
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception
    assert not app.title  # nothing of the old page is drawn
    assert [link.proto.page for link in app.get("page_link")] == [target]
    app.switch_page(f"pages/{target}.py").run()
    assert not app.exception
    assert not session_value(app, "leaving")
    return app


def finished_run(dataset: str, **settings: object) -> str:
    """Write a run that is done, with three epochs and a report. Returns its id."""
    run_id = queue.put(config(dataset=dataset, **settings))
    folder = workspace.runs() / run_id
    epochs = [
        {
            "epoch": e,
            "loss": 1 / (e + 1),
            "accuracy": 0.5 + 0.1 * e,
            "val_loss": 1.1 / (e + 1),
            "val_accuracy": 0.6,
            "seconds": 1.0,
        }
        for e in range(3)
    ]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(epoch) + "\n" for epoch in epochs))
    (folder / "status.json").write_text(json.dumps({"phase": "done", "progress": 1.0, "model": "colours"}))
    score = {"accuracy": 0.75, "correct": 3, "count": 4, "interval": [0.3, 0.95], "confusion": [[2, 0], [1, 1]]}
    splits = {"validation": score, "test": score}
    (folder / "report.json").write_text(json.dumps(report(labels=["a", "b"], best_epoch=2, scores=splits)))
    return run_id


def start(app: AppTest) -> None:
    app.button(key="start-training").click().run()
    assert not app.exception


def colour(red: int, green: int, blue: int) -> bytes:
    return encoded(np.full((20, 20, 3), (red, green, blue), np.uint8), "PNG")
