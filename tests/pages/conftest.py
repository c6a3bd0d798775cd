"""What the tests of the pages share: no real worker, few drawings, and runs that look finished."""

import json
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

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
