"""Runs as their worker leaves them at the end, written without training, and their way to other tools."""

import json
import time
from pathlib import Path

import numpy as np

from core import workspace
from core.files import records
from core.files.background import Status
from core.runs import predictions
from core.runs.predictions import Predictions
from core.sending import delivery
from core.sending.extras import Extra
from tests.fabricated import epoch, report

PATIENCE = 120.0  # s until a process has sent runs, on a busy machine


def ended_run(run_id: str, epochs: int = 3, phase: str = "done", **settings: object) -> Path:
    """Write a run with these settings, so many epochs of 2 s each and, if it has any, a report and predictions."""
    folder = workspace.runs() / run_id
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"dataset": "own", **settings}))
    (folder / "status.json").write_text(json.dumps({"phase": phase, "progress": 1.0, "model": "colours"}))
    add_epochs(folder, range(epochs))
    if epochs:
        (folder / "report.json").write_text(json.dumps(report(0.75, test=0.5)))
        logits = np.eye(3, dtype=np.float32)
        keys = tuple(f"{number:032x}" for number in range(3))
        predictions.write(folder, {"test": Predictions(keys, ("a", "b", "c"), np.arange(3), logits)})
    return folder


def add_epochs(folder: Path, numbers: range) -> None:
    """Write the lines of these epochs, each better than the one before."""
    with (folder / "metrics.jsonl").open("a") as file:
        for number in numbers:
            better = {"loss": 1 / (number + 1), "accuracy": 0.5 + number / 100, "val_loss": 2 / (number + 1)}
            file.write(records.line(epoch(number, **better, val_accuracy=0.4 + number / 100, seconds=2.0)))


def end_of(tool: Extra) -> Status:
    """Wait for the end of a delivery, and return its last status."""
    end = time.monotonic() + PATIENCE
    while (status := delivery.status(tool)) is None or status.running:
        assert time.monotonic() < end, f"the status stays {status}"
        time.sleep(0.05)
    return status
