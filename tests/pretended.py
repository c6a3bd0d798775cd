"""A worker that only pretends to train: its runs are as good as their settings deserve."""

import json
from collections.abc import Callable

from core.files import records
from core.runs import folder as runs
from core.runs.config import RunConfig
from core.runs.records import Epoch, RunState, Status
from tests.fabricated import scores


def deserved(settings: RunConfig) -> float:
    """The accuracy of settings: the best dropout is 0.5, and the best rotation is small."""
    rotation = next(
        (step.settings["rotation_range"] for step in settings.recipe if step.transform.key == "rotation"), 0
    )
    return 0.9 - abs(settings.dropout - 0.5) - abs(float(rotation) - 6) / 200


class PretendedWorker:
    """Each call lets every open run go on by an epoch, and ends it after its last one or at its stop file."""

    def __init__(self) -> None:
        self.fails: Callable[[RunConfig], bool] = lambda settings: False
        self.calls = 0

    def __call__(self) -> bool:
        self.calls += 1
        assert self.calls < 20_000, "the search never ends"
        for run in runs.look_all():
            if not run.ended and run.folder.exists():
                self._go_on(run)
        return True

    def _go_on(self, run: runs.Run) -> None:
        done = len(runs.read_curves(run.folder))
        if self.fails(run.config):
            self._end(run, RunState.FAILED, "It broke.")
            return
        if done < run.config.epochs:
            accuracy = deserved(run.config) * (done + 3) / (run.config.epochs + 2)
            epoch = Epoch(epoch=done, loss=1.0, accuracy=0.5, val_loss=1 - accuracy, val_accuracy=round(accuracy, 6))
            with (run.folder / "metrics.jsonl").open("a") as file:
                file.write(records.line(epoch))
            done += 1
        stopped = (run.folder / "stop").exists()
        if stopped or done == run.config.epochs:
            self._end(run, RunState.STOPPED if stopped else RunState.DONE)
        else:
            records.write(run.folder / "status.json", Status(phase=RunState.QUEUED))

    def _end(self, run: runs.Run, phase: RunState, error: str = "") -> None:
        if phase is RunState.DONE:
            shares = {"validation": scores(round(deserved(run.config), 4))}
            if not run.config.trial:
                shares["test"] = scores(round(deserved(run.config) - 0.03, 4))
            report = {"labels": ["a", "b"], "best_epoch": 0, "scores": shares, "model": ""}
            (run.folder / "report.json").write_text(json.dumps(report))
        records.write(run.folder / "status.json", Status(phase=phase, error=error))
