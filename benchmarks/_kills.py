"""Kill processes at random points, start them again, and look for what was lost: `python -m benchmarks._kills`.

Victims are the worker while it trains, fine-tunes or saves, the app's server, both at once, and the shell while it adds
a zip, teaches a lesson or exports. Afterwards everything must be done, or have failed with a sentence, and nothing
half-written may be left.
"""

import argparse
import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock

from benchmarks._real import WEIGHTS
from benchmarks._server import serve
from core import workspace
from core.answering import shelf, trial
from core.datasets import catalogue, titles
from core.errors import AppError
from core.files import leftovers
from core.health import contents
from core.runs import queue
from core.runs.config import config
from core.runs.folder import Run, look_all, planned_epochs, read_curves
from core.runs.records import RunState
from core.shell.main import main as main_of_shell
from core.teaching import lesson
from tests.conftest import draw_classes, zipped

PROJECT = Path(__file__).resolve().parent.parent
LONGEST = 600.0  # s until everything that was killed has recovered
SLACK = 1e-6  # of an accuracy


@dataclass
class Outcome:
    """What became of the killed processes."""

    rounds: dict[str, int] = field(default_factory=dict)  # by victim
    lost: list[str] = field(default_factory=list)  # sentences
    tracebacks: list[str] = field(default_factory=list)
    failed: int = 0  # runs that ended with a sentence, as two deaths in a row end one
    done: int = 0

    def as_json(self) -> dict[str, Any]:
        return {
            "rounds": sum(self.rounds.values()),
            "victims": self.rounds,
            "done": self.done,
            "failed": self.failed,
            "lost": len(self.lost),
            "tracebacks": len(self.tracebacks),
        }


def run(rounds: int = 50, seed: int = 0, haste: float = 1.0) -> Outcome:
    """Kill so many processes in a workspace of their own, let the work go on, and look at what is left.

    With `haste` below 1 they die that much earlier.
    """
    random, outcome = Random(seed), Outcome()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        with mock.patch.dict(os.environ, _variables(place / "home")):
            scene = _Scene(place, random, haste)
            for number in range(rounds):
                name, act = scene.victims[number % len(scene.victims)]
                act(number)
                outcome.rounds[name] = outcome.rounds.get(name, 0) + 1
            _recover()
            leftovers.sweep(0.0)
            _judge(scene, outcome)
    return outcome


def _variables(home: Path) -> dict[str, str]:
    """The environment of all processes."""
    weights = {"KERAS_HOME": str(WEIGHTS)} if WEIGHTS.is_dir() and "KERAS_HOME" not in os.environ else {}
    return {"FITTING_ROOM_HOME": str(home), "FITTING_ROOM_IDLE": "1", **weights}


class _Scene:
    """A workspace with photos, and the acts in which processes are killed."""

    def __init__(self, folder: Path, random: Random, haste: float) -> None:
        self._random, self._haste = random, haste
        self.exports = folder / "exports"
        self.exports.mkdir()
        self.zip = folder / "garments.zip"
        garments = catalogue.load(catalogue.DRAWN)
        self.zip.write_bytes(zipped(garments.folder))
        self.zipped = sum(map(len, garments.splits.values()))  # photos
        self.datasets: list[str] = []  # that were being added
        self.kinds = draw_classes(folder / "kinds")
        self.lessons: list[str] = []  # that were being taught
        self.victims: list[tuple[str, Callable[[int], None]]] = [
            ("training", self._training),
            ("adding a zip", self._adding),
            ("training", self._training),
            ("server", self._server),
            ("exporting", self._exporting),
            ("teaching", self._teaching),
            ("saving", self._saving),
            ("adding a zip", self._adding),
            ("server and worker", self._both),
        ]
        if WEIGHTS.is_dir():
            self.victims.insert(3, ("fine-tuning", self._fine_tuning))

    def _training(self, number: int) -> None:
        self._queue(number, backbone="small_cnn", epochs=6)
        self._kill_worker(4, 16)

    def _fine_tuning(self, number: int) -> None:
        self._queue(number, backbone="mobilenet_v2", epochs=2, fine_tune={"epochs": 1})
        self._kill_worker(6, 30)

    def _saving(self, number: int) -> None:
        """Kill the worker soon after a run's last epoch."""
        run_id = self._queue(number, backbone="small_cnn", epochs=2)
        with _started(_worker()) as worker:
            until = time.monotonic() + 120
            while time.monotonic() < until and worker.poll() is None:
                if len(read_curves(workspace.runs() / run_id)) == 2:
                    break
                time.sleep(0.02)
            self._wait(0, 3)

    def _server(self, number: int) -> None:
        self._queue(number, backbone="small_cnn", epochs=4)
        with _started(_worker()) as worker, serve(workspace.home()) as server:
            self._wait(0, 4)
            server.process.kill()
            time.sleep(1)
            if worker.poll() not in (None, 0):
                raise RuntimeError("the worker died with the server")

    def _both(self, number: int) -> None:
        self._queue(number, backbone="small_cnn", epochs=4)
        with _started(_worker()), serve(workspace.home()) as server:
            self._wait(0, 8)
            server.process.kill()

    def _adding(self, number: int) -> None:
        name = f"garments-{number}"
        self.datasets.append(name)
        with _started(_shell("data", "add", name, str(self.zip))):
            time.sleep(self._random.uniform(0.3, 1.5))

    def _teaching(self, number: int) -> None:
        """Kill the shell while it adds photos to a lesson, learns it or saves its model."""
        self.lessons.append(f"lesson-{number}")
        with _started(_shell("teach", str(self.kinds), "--name", self.lessons[-1])):
            self._wait(0.5, 6)

    def _exporting(self, number: int) -> None:
        out = self.exports / f"starter-{number}.tflite"
        with _started(_shell("export", shelf.STARTER, "--format", "tflite", "--out", str(out))):
            self._wait(3, 22)

    def _queue(self, number: int, **settings: Any) -> str:
        base = {"dataset": catalogue.DRAWN, "image_size": 32, "name": f"round {number}", "learning_rate": 0.003}
        return queue.put(config(**{**base, **settings}))

    def _wait(self, least: float, most: float) -> None:
        """Wait for a random time between these seconds."""
        time.sleep(self._random.uniform(least, least + (most - least) * self._haste))

    def _kill_worker(self, earliest: float, latest: float) -> None:
        with _started(_worker()):
            self._wait(earliest, latest)


def _worker() -> list[str]:
    return [sys.executable, "-m", "models.worker", "--idle", "1"]


def _shell(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "core", *arguments]


@contextlib.contextmanager
def _started(command: list[str]) -> Iterator["subprocess.Popen[bytes]"]:
    """A process with its output in the workspace; at the end it is killed without warning, its children too."""
    workspace.home().mkdir(parents=True, exist_ok=True)
    with (workspace.home() / "output.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=PROJECT, stdout=log, stderr=log, start_new_session=True)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _recover() -> None:
    """Let a worker take up what was interrupted, and finish the rest of the queue."""
    until = time.monotonic() + LONGEST
    while queue.waiting() and time.monotonic() < until:
        with (workspace.home() / "output.log").open("ab") as log:
            left = max(1.0, until - time.monotonic())
            with contextlib.suppress(subprocess.TimeoutExpired):
                subprocess.run(_worker(), cwd=PROJECT, stdout=log, stderr=log, timeout=left, check=False)


def _judge(scene: _Scene, outcome: Outcome) -> None:
    for run in look_all():
        outcome.lost += _faults_of_run(run)
        outcome.done += run.state is RunState.DONE
        outcome.failed += run.state is RunState.FAILED
    outcome.lost += [f"{item.kind} {item.name}: {item.reason}" for item in contents.damaged()]
    for name in scene.datasets:
        outcome.lost += _faults_of_dataset(name, scene.zipped)
    for name in scene.lessons:
        outcome.lost += _faults_of_lesson(name, scene.kinds)
    for path in scene.exports.iterdir():
        outcome.lost += _faults_of_export(path)
    outcome.lost += [f"left behind: {path}" for path in _strange()]
    logs = [workspace.home() / "output.log", workspace.home() / "server.log", *workspace.runs().glob("*/worker.log")]
    for log in logs:
        text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        outcome.tracebacks += [f"{log.name}: {part.strip()[-300:]}" for part in text.split("Traceback (most")[1:]]


def _faults_of_run(run: Run) -> list[str]:
    if run.state is RunState.FAILED:
        return [] if "died twice" in run.status.error else [f"{run.name} failed: {run.status.error}"]
    if run.state is not RunState.DONE:
        return [f"{run.name} is {run.state}"]
    curves = read_curves(run.folder)
    numbers = [epoch.epoch for epoch in curves.epochs]
    whole = [line for line in (run.folder / "metrics.jsonl").read_text().splitlines() if '"val_loss"' in line]
    if numbers != list(range(planned_epochs(run.config, curves))) or len(whole) != len(numbers):
        return [f"{run.name} has the epochs {numbers} in {len(whole)} lines"]
    try:
        model = shelf.model(run.status.model)
        expected, scores = model.card.scores.test, trial.scores(model, catalogue.load(run.config.dataset), "test")
    except AppError as error:
        return [f"{run.name}: {error}"]
    if expected is None or scores.accuracy is None or abs((expected.accuracy or 0) - scores.accuracy) > SLACK:
        return [f"{run.name} answers other than its card says"]
    return []


def _faults_of_dataset(name: str, photos: int) -> list[str]:
    """Either all of it is there, or nothing and the name is free."""
    if name not in catalogue.names():
        try:
            titles.check_new(name)
        except AppError as error:
            return [str(error)]
        return []
    count = sum(map(len, catalogue.load(name).splits.values()))
    return [] if count == photos else [f"{name} has {count} of {photos} photos"]


def _faults_of_lesson(title: str, kinds: Path) -> list[str]:
    """The same command again must come to the end, with each photo once."""
    with contextlib.redirect_stdout(io.StringIO()):
        status = main_of_shell(["teach", str(kinds), "--name", title])
    if status:
        return [f"{title} can't be taught again"]
    counts = {kind: len(photos) for kind, photos in lesson.by_kind(catalogue.find(title)).items()}
    expected = {path.name: len(list(path.iterdir())) for path in sorted(kinds.iterdir())}
    return [] if counts == expected else [f"{title} has {counts}, not {expected}"]


def _faults_of_export(path: Path) -> list[str]:
    if path.suffix == ".txt":
        return []
    if path.suffix != ".tflite" or path.name.startswith("."):
        return [f"left behind: {path.name}"]
    try:
        with zipfile.ZipFile(path) as archive:
            return [] if "labels.txt" in archive.namelist() else [f"{path.name} has no labels"]
    except zipfile.BadZipFile:
        return [f"{path.name} is cut"]


def _strange() -> list[Path]:
    """Files and folders with temporary names anywhere in the workspace."""
    return [path for path in workspace.home().rglob(".*") if path.name.count(".") > 1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--haste", type=float, default=1.0, help="below 1: they die that much earlier")
    arguments = parser.parse_args()
    outcome = run(arguments.rounds, arguments.seed, arguments.haste)
    print("\n".join([*outcome.lost, *outcome.tracebacks]))
    print(json.dumps(outcome.as_json()))
    return 1 if outcome.lost or outcome.tracebacks else 0


if __name__ == "__main__":
    sys.exit(main())
