"""What the tests of the pages share: no real worker, few drawings, and runs that look finished."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest, app_test

from core import workspace
from core.datasets import catalogue, drawn
from core.runs import queue
from core.runs.config import config
from tests.conftest import encoded
from tests.fabricated import report

APP = str(workspace.PROJECT / "app.py")


@pytest.fixture(autouse=True)
def few_drawings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty drawn garments instead of six hundred."""
    monkeypatch.setattr(drawn, "COUNTS", {"train": 2, "validation": 1, "test": 1})


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Pages start no training process here; the list tells what they wanted to start."""
    wanted: list[str] = []
    monkeypatch.setattr("core.files.processes.start", lambda module, *_: wanted.append(module))
    return wanted


@pytest.fixture(autouse=True)
def app_around_each_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """app.py runs around each page, as it does in a browser.

    Before each run AppTest looks for a folder called pages again, and would then run the page by itself (see
    `navigation.ensure_app`). Its look concerns a class of its own here.
    """
    monkeypatch.setattr(PagesManager, "uses_pages_directory", False)
    monkeypatch.setattr(app_test, "PagesManager", type("OwnPagesManager", (PagesManager,), {}))


@pytest.fixture
def tiny(tiny_dataset: Path) -> str:
    catalogue.add_folder("tiny", tiny_dataset)
    return "tiny"


def page(name: str) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=30).run()
    if name != "home":
        app.switch_page(f"pages/{name}.py").run()
    assert not app.exception
    return app


def held(app: AppTest, name: str) -> str:
    """The key of the widget that shows a Control now: it is another one after each time that the program set it."""
    version = of_session(app, "control-versions", {}).get(name)
    return f"{name}-{version}" if version else name


def of_session(app: AppTest, name: str, first: Any = None) -> Any:
    """A value of the session's state; `first` where there is none yet."""
    if name in app.session_state:
        return app.session_state[name]
    return first


def follow(app: AppTest, label: str, to: str) -> AppTest:
    """Click a button that leads to another page, and go there as the browser does, by the link that it leaves."""
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception
    assert not app.title  # of the old page nothing is drawn
    assert [link.proto.page for link in app.get("page_link")] == [to]
    app.switch_page(f"pages/{to}.py").run()
    assert not app.exception
    assert not of_session(app, "leaving")
    return app


def finished_run(dataset: str, **settings: object) -> str:
    """A run whose folder says that it is done, with three epochs and a report."""
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
    next(button for button in app.button if button.label == "Start training").click().run()
    assert not app.exception


def colour(red: int, green: int, blue: int) -> bytes:
    return encoded(np.full((20, 20, 3), (red, green, blue), np.uint8), "PNG")
