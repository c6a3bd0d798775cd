"""Faults that a real worker meets: a full disk, damaged files, a broken download, stops at bad moments.

One worker goes through all of them, one after another, as in a bad night. Two files control it. `full` names the files
that find no room on the disk (half of the first write succeeds, as on real disks). `gate` names a progress message at
which the worker waits, so that a test can act at exactly that moment.
"""

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from core import workspace
from core.answering import classifier, shelf
from core.backbones import MOBILENET_V2
from core.datasets import adding, managing
from core.datasets.trained_on import TrainedOn
from core.errors import ModelError
from core.files import atomic
from core.runs import folder, queue
from core.runs.config import config
from core.runs.folder import Run
from core.runs.records import PartialEpoch, RunState
from models import build, failures, fit
from models.feed import BankFeed
from models.plan import Plan
from models.record import Metrics, Progress, read_arrays
from tests.fabricated import epoch as whole_epoch
from tests.loopback import LoopbackServer, QuietRequest
from tests.models.conftest import SMALL, printed, wait_for, worker

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

CODE = """
import errno, io, math, os, sys, time
from pathlib import Path
from core import workspace
from core.datasets import download
from models import bank, build, fit, record, worker

real_open, real_tick = io.open, record.Progress.tick
home = workspace.home()

class Full(io.FileIO):
    taken = False
    def write(self, content):
        view = memoryview(content).cast("B")
        if self.taken or len(view) < 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.taken = True
        return super().write(view[: len(view) // 2])

def full_open(file, mode="r", buffering=-1, *rest, **options):
    name = "" if isinstance(file, int) else Path(os.fsdecode(file)).name
    words = real_open(home / "full").read().split()
    if not set(mode) & set("wxa+") or not any(word in name for word in words):
        return real_open(file, mode, buffering, *rest, **options)
    raw = Full(file, mode.replace("b", ""))
    return raw if buffering == 0 else io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)

def tick(self, done, of, words=None):
    real_tick(self, done, of, words)
    gate, held = home / "gate", home / "held"
    if gate.exists() and gate.read_text() in (words or self._stage):
        gate.replace(held)
        until = time.monotonic() + 100
        while held.exists() and time.monotonic() < until:
            time.sleep(0.02)

io.open, record.Progress.tick = full_open, tick
fit.BACKUP_SECONDS, fit.BACKUP_SHARE, bank.CHUNK = 0, math.inf, 2
build.WEIGHTS_FROM, download.PAUSE, worker.FULL_SECONDS = sys.argv.pop(), 0, 0.1
worker.main()
"""

STUDY = """
import sys, time
from pathlib import Path
from core.runs import studies
from core.runs.config import config
study = studies.grid(sys.argv[1]) if "=" in sys.argv[1] else studies.STUDIES[sys.argv[1]]
base = config(dataset="tiny", image_size=32, batch_size=6, epochs=1)
print("ready", flush=True)
sys.stdin.readline()
print(*studies.put(study, base))
"""

EPOCHS = 4
FROZEN = {"dataset": "tiny", "image_size": 32, "batch_size": 6, "epochs": 2, "views": 2,
          "recipe": [{"transform": "rotation"}]}  # fmt: skip
TUNED = {**FROZEN, "fine_tune": {"blocks": 1, "epochs": 1000, "learning_rate": 0.001}}


class Server(LoopbackServer):
    """Sends all of the weights, half of them, or half of them and then stalls."""

    def __init__(self, content: bytes) -> None:
        super().__init__(_Request)
        self.content, self.how = content, "half"
        self.paths: list[str] = []
        self.half_is_sent, self.closing = threading.Event(), threading.Event()


class _Request(QuietRequest):
    server: Server

    def respond(self) -> None:
        content = self.server.content
        self.server.paths.append(self.path)
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content if self.server.how == "whole" else content[: len(content) // 2])
        self.wfile.flush()
        if self.server.how == "stall":
            self.server.half_is_sent.set()
            self.server.closing.wait(100)


class Night:
    """The worker at work, and the facts for the tests afterwards."""

    def __init__(self, home: Path, process: subprocess.Popen[bytes], weights: Path) -> None:
        self.home, self.process, self.weights = home, process, weights
        self.runs: dict[str, Run] = {}
        self.facts: dict[str, object] = {}

    def full(self, *names: str) -> None:
        atomic.write(self.home / "full", lambda file: file.write(" ".join(names).encode()))

    def put(self, **settings: object) -> str:
        return queue.put(config(**{**SMALL, "epochs": EPOCHS, "dropout": 0.3, **settings}))

    def wait_for_end(self, name: str, run_id: str) -> Run:
        look = lambda: (run := folder.look(run_id)).ended and run  # noqa: E731
        self.runs[name] = self.wait(f"the end of {name}", look)
        return self.runs[name]

    def wait(self, what: str, condition: Callable[[], object]):
        return wait_for(what, condition, self.process)

    def stop_at(self, words: str, run_id: str) -> None:
        """Stop the run when its progress shows these words."""
        self.wait(words, (self.home / "held").exists)
        queue.stop(run_id)
        (self.home / "held").unlink()

    def gate(self, words: str) -> None:
        atomic.write(self.home / "gate", lambda file: file.write(words.encode()))


@pytest.fixture(scope="module")
def _night(weights: Path, tiny_dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    home, keras_home = tmp_path_factory.mktemp("faults").resolve(), tmp_path_factory.mktemp("faults-keras")
    shutil.copytree(weights, keras_home, dirs_exist_ok=True)
    (home / "full").touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FITTING_ROOM_HOME", str(home))
        patch.setenv("KERAS_HOME", str(keras_home))
        adding.add_folder("tiny", tiny_dataset)
        adding.add_folder("gone", tiny_dataset)
        weights_path = MOBILENET_V2.weights_path(32)
        assert weights_path is not None
        server = Server(weights_path.read_bytes())
        with (
            server.running(),
            worker("--idle", "100", server.url(), code=CODE, no_proxy="127.0.0.1") as process,
        ):
            night = Night(home, process, keras_home)
            full_disk(night)
            damaged_backups(night)
            damaged_caches(night)
            bad_moments(night)
            two_studies(night)
            night.facts["alive"] = process.poll() is None
            broken_downloads(night, server)
            yield night
            server.closing.set()


@pytest.fixture
def night(_night: Night, monkeypatch: pytest.MonkeyPatch) -> Night:
    """The runs of the worker; the test uses its workspace."""
    monkeypatch.setenv("FITTING_ROOM_HOME", str(_night.home))
    monkeypatch.setenv("KERAS_HOME", str(_night.weights))
    return _night


def curve(run: Run) -> list[dict]:
    """The finished epochs without their seconds; each must be in the file once."""
    lines = [json.loads(line) for line in (run.folder / "metrics.jsonl").read_text().splitlines()]
    whole = [{key: value for key, value in line.items() if key != "seconds"} for line in lines if "val_loss" in line]
    assert [line["epoch"] for line in whole] == list(range(len(whole)))
    return whole


def leftovers(place: Path) -> list[str]:
    """Names of temporary files and folders that were not deleted."""
    return [path.name for path in place.rglob(".*")]


def model_of(run: Run) -> list[shelf.Model]:
    return [model for model in shelf.models() if model.card.run == run.id]


# The disk is full


def full_disk(night: Night) -> None:
    night.wait_for_end("whole", night.put())
    for name, full in (("no backup", "backup.npz"), ("no curves", "metrics.jsonl"), ("no model", "stats.npz")):
        night.full(full)
        night.wait_for_end(name, night.put())
    night.full("status.json")
    waits, no_log = night.put(), night.put(dataset="gone")
    night.wait("a run that waits for room", lambda: f"run {waits} waits" in printed())
    night.facts["waiting"] = folder.look(waits).state
    (folder.folder_of(no_log) / "worker.log").symlink_to("/dev/full")
    managing.remove("gone")
    night.full()
    night.wait_for_end("waits", waits)
    night.wait_for_end("no log", no_log)
    no_end = night.put(epochs=5000)
    night.wait("some epochs", lambda: len(folder.read_curves(folder.folder_of(no_end))) >= 3)
    night.full("status.json")
    queue.stop(no_end)
    night.wait("an end that finds no room", lambda: f"run {no_end} waits" in printed())
    night.facts["no end"] = folder.look(no_end).state
    night.full()
    night.wait_for_end("no end", no_end)
    night.wait_for_end("after", night.put())


def test_without_room_for_backups_the_run_continues(night):
    run = night.runs["no backup"]
    assert (run.state, run.status.error) == (RunState.DONE, "")
    assert run.status.warning.count("The disk was full, so this run could not be backed up") == 1
    assert curve(run) == curve(night.runs["whole"])
    assert not (run.folder / "backup.npz").exists()


@pytest.mark.parametrize("name", ["no curves", "no model"])
def test_without_room_for_curves_or_model_the_run_fails_with_a_sentence(night, name):
    run = night.runs[name]
    assert (run.state, run.status.error) == (RunState.FAILED, failures.FULL)
    assert model_of(run) == []
    if name == "no curves":
        assert (run.folder / "metrics.jsonl").read_bytes() == b""  # no half line
        facts = read_arrays(run.folder / "backup.npz")[1]
        assert facts["at"]["epoch"] == 0  # a backup has no epoch that the curves lack


def test_without_room_for_the_status_the_run_waits(night):
    assert night.facts["waiting"] is RunState.QUEUED
    run = night.runs["waits"]
    assert (run.state, run.status.error, run.status.attempts) == (RunState.DONE, "", 1)
    assert curve(run) == curve(night.runs["whole"])


def test_an_end_that_could_not_be_written_is_written_later(night):
    assert night.facts["no end"] is RunState.INTERRUPTED
    run = night.runs["no end"]
    assert (run.state, run.status.error) == (RunState.STOPPED, "")
    assert [model.name for model in model_of(run)] == [run.status.model]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_without_room_for_its_log_a_run_still_reports_its_error(night):
    run = night.runs["no log"]
    assert run.state is RunState.FAILED
    assert run.status.error.startswith("There is no dataset 'gone'")


def test_the_next_run_is_unharmed(night):
    run = night.runs["after"]
    assert (run.state, run.status.error, run.status.warning) == (RunState.DONE, "", "")
    assert curve(run) == curve(night.runs["whole"])


def test_no_temporary_file_is_left(night):
    for place in (workspace.runs(), workspace.models(), workspace.cache()):
        assert leftovers(place) == []


# Damaged files


def damaged_backups(night: Night) -> None:
    """Copies of a stopped run as a dead worker would leave them, on a disk that lost some of the data."""
    before = night.runs["no end"]
    count = len(curve(before))

    def cut(place: Path) -> None:
        backup = place / "backup.npz"
        backup.write_bytes(backup.read_bytes()[: backup.stat().st_size // 2])

    def ragged(place: Path) -> None:
        lines = [line for line in (place / "metrics.jsonl").read_text().splitlines() if "val_loss" in line]
        lines[1] = lines[1][: len(lines[1]) // 2]
        rest = f'\n{{"epoch": {count}, "lo'.encode() + b"\xff\0"
        (place / "metrics.jsonl").write_bytes("\n".join(lines).encode() + rest)

    for name, damage in (("cut", cut), ("ragged", ragged)):
        run_id = f"{before.id}-{name}"
        with atomic.new_folder(workspace.runs() / run_id) as place:
            for file in ("metrics.jsonl", "backup.npz"):
                shutil.copy(before.folder / file, place / file)
            settings = json.loads((before.folder / "config.json").read_text())
            atomic.write_json(place / "config.json", {**settings, "epochs": count + 2})
            atomic.write_json(place / "status.json", {"phase": "running", "attempts": 1})
            damage(place)
        night.wait_for_end(name, run_id)


@pytest.mark.parametrize("name", ["cut", "ragged"])
def test_damaged_epochs_come_from_the_backup_or_are_repeated(night, name):
    run, before = night.runs[name], curve(night.runs["no end"])
    assert (run.state, run.status.error) == (RunState.DONE, "")
    after = curve(run)
    assert after[: len(before)] == before
    assert after == curve(night.runs["cut"])
    assert len(after) == len(before) + 2


def damaged_caches(night: Night) -> None:
    frozen = {"backbone": "mobilenet_v2", "learning_rate": 0.001, **FROZEN}
    night.wait_for_end("banked", night.put(**frozen))
    damaged = 0
    for kind, pattern in (("features", "*.npy"), ("backbones", "*.tflite"), ("pixels", "*/pixels.npy")):
        for number, path in enumerate(sorted((workspace.cache() / kind).glob(pattern))):
            content = bytearray(path.read_bytes())
            content[len(content) // 2] ^= 0xFF
            broken = bytes(content) if number % 2 else bytes(content[: len(content) // 2])
            path.unlink()  # a saved model may be the same file
            path.write_bytes(broken)
            damaged += 1
    night.facts["damaged"] = damaged
    night.wait_for_end("banked again", night.put(**frozen))


def test_damaged_caches_are_computed_again(night):
    before, after = night.runs["banked"], night.runs["banked again"]
    assert night.facts["damaged"] >= 8  # features of two splits and two views, Keras' as well, a backbone, three packs
    assert (after.state, after.status.error, after.status.warning) == (RunState.DONE, "", "")
    assert curve(after) == curve(before)
    expected, actual = (read_arrays(run.folder / "best.npz") for run in (before, after))
    assert all(np.array_equal(a, b) for a, b in zip(expected[0], actual[0], strict=True))
    cards = [shelf.model(run.status.model).card for run in (before, after)]
    assert cards[0].scores == cards[1].scores


# Stops at bad moments, and two studies queued at once


def bad_moments(night: Night) -> None:
    mobile = {"backbone": "mobilenet_v2", "learning_rate": 0.001}
    before = {path.name for path in (workspace.cache() / "features").iterdir()}
    night.gate("view 1 of 2")
    banking = night.put(**{**mobile, **FROZEN, "recipe": [{"transform": "horizontal_flip"}]})
    night.stop_at("the first view", banking)
    night.wait_for_end("banking", banking)
    night.facts["new features"] = {path.name for path in (workspace.cache() / "features").iterdir()} - before
    night.gate("fine-tuning, epoch 4 of")
    tuning = night.put(**{**mobile, **TUNED})
    night.stop_at("the second epoch of fine-tuning", tuning)
    night.wait_for_end("tuning", tuning)


def test_stopped_during_the_first_view_there_is_no_model(night):
    run = night.runs["banking"]
    assert run.state is RunState.STOPPED
    assert run.status.error == "Stopped before an epoch was finished, so there is no model."
    assert night.facts["new features"] == set()  # no features, complete or incomplete
    assert model_of(run) == []


def test_stopped_during_fine_tuning_the_best_epoch_is_saved(night):
    run = night.runs["tuning"]
    assert (run.state, run.status.error) == (RunState.STOPPED, "")
    assert [line.get("stage", 0) for line in curve(run)] == [0, 0, 1]  # out of a thousand epochs
    model = shelf.model(run.status.model)
    assert model.card.best_epoch == folder.read_curves(run.folder).best.epoch
    assert classifier.load(model).logits(np.zeros((1, 32, 32, 3), np.uint8)).shape == (1, 3)


def two_studies(night: Night) -> None:
    command = [sys.executable, "-c", STUDY]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": workspace.PROJECT}
    people = [subprocess.Popen([*command, study], **pipes) for study in ("dropout = 0, 0.2, 0.4", "learning-rates")]
    try:
        assert [person.stdout.readline() for person in people] == ["ready\n"] * 2
        for person in people:
            person.stdin.write("now\n")
            person.stdin.flush()
        ids = [person.communicate(timeout=60)[0].split() for person in people]
    finally:
        for person in people:
            person.kill()
            person.wait(10)
    night.facts["studies"] = ids
    for run_id in (run_id for study in ids for run_id in study):
        night.wait_for_end(run_id, run_id)


def test_two_studies_queued_at_once_are_both_trained_in_order(night):
    ids = night.facts["studies"]
    assert [len(study) for study in ids] == [3, 4]
    for study in ids:
        runs = [night.runs[run_id] for run_id in study]
        assert {run.state for run in runs} == {RunState.DONE}
        assert [run.status.attempts for run in runs] == [1] * len(runs)
        assert [run.id for run in queue.members(runs[0].config.study)] == study
        times = [run.status.updated for run in runs]
        assert times == sorted(times)
        assert study == sorted(study)


def test_the_worker_has_survived_all_this(night):
    assert night.facts["alive"]
    assert "Traceback" not in printed()


# Incomplete weights


def broken_downloads(night: Night, server: Server) -> None:
    """The last download kills the worker."""
    settings = {**FROZEN, "backbone": "mobilenet_v2", "epochs": 1, "recipe": [], "image_size": 96}
    here = MOBILENET_V2.weights_path(96)
    night.wait_for_end("cut off", night.put(**settings))
    night.facts["cut off"] = sorted(path.name for path in here.parent.iterdir())
    night.facts["requests"] = set(server.paths)
    here.write_bytes(server.content[: len(server.content) // 2])  # as Keras leaves it if it is killed meanwhile
    server.how = "whole"
    night.wait_for_end("mended", night.put(**settings))
    night.facts["mended"] = here.read_bytes() == server.content
    server.how = "stall"
    run_id = night.put(**{**settings, "image_size": 128})
    night.wait("half of the weights", server.half_is_sent.is_set)
    night.process.kill()
    night.process.wait(10)
    night.runs["killed"] = folder.look(run_id)


def test_a_download_that_breaks_off_is_a_sentence_and_leaves_nothing(night):
    run = night.runs["cut off"]
    assert run.state is RunState.FAILED
    assert "MobileNetV2 (9.4 MB) are not on this machine and could not be downloaded (The connection broke after" in (
        run.status.error
    )
    assert "\n" not in run.status.error
    assert night.facts["cut off"] == [MOBILENET_V2.weights_path(32).name]
    assert night.facts["requests"] == {f"/mobilenet_v2/{MOBILENET_V2.weights_path(96).name}"}


def test_half_a_weights_file_is_downloaded_again(night):
    assert (night.runs["mended"].state, night.runs["mended"].status.error) == (RunState.DONE, "")
    assert night.facts["mended"]


def test_a_worker_killed_during_a_download_leaves_no_file_that_looks_complete(night):
    assert night.runs["killed"].state is RunState.INTERRUPTED
    assert not MOBILENET_V2.is_ready(128)


def test_files_of_killed_downloads_are_deleted_after_a_while(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(build, "WEIGHTS_FROM", "http://127.0.0.1:9")  # the discard port: refused at once
    monkeypatch.setattr("core.datasets.download.PAUSE", 0)
    here = MOBILENET_V2.weights_path(96)
    here.parent.mkdir()
    left = here.with_name(f"..{here.name}.01234567.89abcdef")
    left.write_bytes(b"half")
    with pytest.raises(ModelError):
        build.weights_file(MOBILENET_V2, 96)
    assert left.exists()  # another worker may be downloading it
    monkeypatch.setattr(build, "ABANDONED_SECONDS", -1.0)
    with pytest.raises(ModelError):
        build.weights_file(MOBILENET_V2, 96)
    assert not left.exists()


# What backups cost


class Clock:
    """A clock that advances only when something happens."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.mark.parametrize("cost", [0.02, 0.5, 5.0])
def test_backups_cost_less_than_two_percent_of_the_time(tmp_path, monkeypatch, cost):
    """A big head whose backup takes `cost` seconds on a slow disk, trained for half an hour of five-second steps."""
    clock, spent = Clock(), []
    real = fit.write_arrays

    def slow(path: Path, *arguments: object, **facts: object) -> None:
        real(path, *arguments, **facts)
        if path.name == "backup.npz":
            clock.now += cost
            spent.append(cost)

    run = config(dataset="any", dense_layers=(256,), batch_size=12, epochs=120)
    rng = np.random.default_rng(0)
    vectors, labels = rng.normal(0, 1, (36, 64)).astype(np.float32), np.arange(36) % 3
    feed = BankFeed(run, lambda view: vectors, vectors, labels, 3)
    real_step = feed.step

    def step_of(model: object):
        step = real_step(model)

        def timed_step(batch):
            clock.now += 5.0
            return step(batch)

        return timed_step

    monkeypatch.setattr(BankFeed, "AT_ONCE", 1)
    monkeypatch.setattr(feed, "step", step_of)
    monkeypatch.setattr(fit, "time", clock)
    monkeypatch.setattr(fit, "write_arrays", slow)
    began = clock.now
    state = TrainedOn(classes=("a", "b", "c"))
    fit.fit(Plan.of(run), build.head(run, 64, 3), feed, labels, state, tmp_path, Progress(tmp_path))
    assert clock.now - began >= 1800
    assert len(spent) >= 3  # there are backups
    assert sum(spent) < 0.02 * (clock.now - began)


# The curves' file, in this process


def test_whole_epochs_wait_for_room(tmp_path, monkeypatch):
    class FullDisk(Metrics):
        room = False

        def _append(self, lines: str) -> None:
            if not self.room:
                raise OSError(28, "No space left on device")
            super()._append(lines)

    metrics = FullDisk(tmp_path, 0)
    metrics.epoch(whole_epoch(0))
    metrics.within(PartialEpoch(epoch=1, batch=1, batches=2, loss=1.0, accuracy=0.5))
    with pytest.raises(OSError, match="No space left"):
        metrics.flush()
    metrics.room = True
    metrics.epoch(whole_epoch(1, val_loss=0.5))
    metrics.flush()
    assert [json.loads(line)["epoch"] for line in (tmp_path / "metrics.jsonl").read_text().splitlines()] == [0, 1]
