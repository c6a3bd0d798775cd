"""Run folders as the pages read them: states from files, curves from half-written lines, the queue, locks."""

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from core import workspace
from core.datasets import adding, catalogue
from core.errors import DatasetError, RunError
from core.files import processes
from core.files.locks import is_held
from core.runs import estimate, folder, launch, queue
from core.runs.config import config
from core.runs.fine_tuning import FineTune
from core.runs.ids import RunIds
from core.runs.records import ENDED, PartialEpoch, RunState, Status
from tests.conftest import run_ids
from tests.fabricated import epoch as whole_epoch

HOLD = """
import sys
from filelock import FileLock
with FileLock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held_elsewhere(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Let another process hold the filelock at `path` meanwhile."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            yield holder
        finally:
            holder.kill()


def make_run(run_id: str, status: dict | None = None, *, stop: bool = False, **settings: object) -> Path:
    """Create a run's folder with only these files and settings."""
    made = workspace.runs() / run_id
    made.mkdir(parents=True)
    (made / "config.json").write_text(json.dumps({"dataset": "tiny", **settings}))
    if status is not None:
        (made / "status.json").write_text(json.dumps(status))
    if stop:
        (made / "stop").touch()
    return made


@pytest.fixture
def tiny(tiny_dataset: Path) -> str:
    return adding.add_folder("tiny", tiny_dataset).name


# States


@pytest.mark.parametrize(
    ("status", "stop", "expected"),
    [
        (None, False, RunState.QUEUED),
        (None, True, RunState.STOPPED),
        ({"phase": "running"}, False, RunState.INTERRUPTED),
        ({"phase": "running"}, True, RunState.INTERRUPTED),
        ({"phase": "done"}, False, RunState.DONE),
        ({"phase": "done"}, True, RunState.DONE),
        ({"phase": "stopped"}, True, RunState.STOPPED),
        ({"phase": "failed"}, False, RunState.FAILED),
    ],
)
def test_state_follows_from_files(status, stop, expected):
    made = make_run("20250101-000000-000-aaaa", status, stop=stop)
    before = sorted(made.iterdir())
    assert folder.state(made) is expected
    assert folder.look(made.name).state is expected
    assert folder.look(made.name).ended is (expected in ENDED)
    assert sorted(made.iterdir()) == before  # looking writes nothing, least of all worker.lock


def test_running_as_long_as_another_process_holds_the_lock():
    made = make_run("20250101-000000-000-aaaa", {"phase": "running"})
    with held_elsewhere(made / "worker.lock") as worker:
        assert folder.state(made) is RunState.RUNNING
        (made / "stop").touch()
        assert folder.state(made) is RunState.RUNNING
        worker.kill()
        worker.wait(10)
        assert folder.state(made) is RunState.INTERRUPTED
    assert (made / "worker.lock").exists()
    assert json.loads((made / "status.json").read_text()) == {"phase": "running"}  # derived, never written


def test_a_deleted_run_does_not_come_back_by_looking():
    gone = workspace.runs() / "20250101-000000-000-aaaa"
    workspace.runs().mkdir()
    assert is_held(gone / "worker.lock") is False
    folder.state(gone)
    assert folder.read_curves(gone) == folder.Curves(())
    assert folder.read_report(gone) is None
    with pytest.raises(RunError, match="no run"):
        folder.look(gone.name)
    with pytest.raises(RunError):
        queue.stop(gone.name)
    with pytest.raises(RunError):
        queue.rename(gone.name, "x")
    assert list(workspace.runs().iterdir()) == []


@pytest.mark.parametrize("run_id", ["", ".", "..", ".hidden", "a/b", "../runs/a", "a/../a"])
def test_an_id_never_leads_out_of_the_runs(run_id):
    make_run("a")
    make_run(".hidden")
    with pytest.raises(RunError):
        folder.folder_of(run_id)
    assert run_ids() == ["a"]


def test_unknown_fields_of_a_status_are_ignored():
    made = make_run("a", {"phase": "done", "stage": "done", "model": "m", "mood": "good"})
    assert folder.read_status(made) == Status(phase=RunState.DONE, stage="done", model="m")


@pytest.mark.parametrize("text", ["{}", '{"phase": "flying"}', '{"phase": null}'])
def test_a_damaged_status_hides_one_run_and_no_other(text):
    make_run("20250101-000000-000-aaaa", {"phase": "done"})
    broken = make_run("20250101-000000-001-bbbb")
    (broken / "status.json").write_text(text)
    with pytest.raises(RunError, match="status"):
        folder.look(broken.name)
    assert [run.id for run in folder.look_all()] == ["20250101-000000-000-aaaa"]


@pytest.mark.parametrize(
    "text", ["", "{", "null", "[]", "{}", '{"dataset": "tiny", "no": 1}', '{"dataset": "tiny", "version": 99}']
)
def test_a_damaged_config_hides_one_run_and_no_other(text):
    make_run("20250101-000000-000-aaaa")
    broken = make_run("20250101-000000-001-bbbb")
    (broken / "config.json").write_text(text)
    with pytest.raises(RunError, match="settings of run 20250101-000000-001-bbbb") as refused:
        folder.look(broken.name)
    assert "\n" not in str(refused.value)
    assert [run.id for run in folder.look_all()] == ["20250101-000000-000-aaaa"]
    assert [run.id for run in queue.waiting()] == ["20250101-000000-000-aaaa"]
    queue.delete(broken.name)  # which is what the sentence advises
    assert not broken.exists()


# Locks


def test_the_probe_sees_a_holder_and_does_not_disturb_it(tmp_path):
    lock = tmp_path / "worker.lock"
    assert is_held(lock) is False
    assert not lock.exists()
    with held_elsewhere(lock):
        assert all(is_held(lock) for _ in range(100))
        with pytest.raises(Timeout):
            FileLock(lock, timeout=0).acquire()
    assert is_held(lock) is False
    with FileLock(lock):
        assert is_held(lock) is True


def test_probing_all_the_time_never_makes_the_workers_own_attempt_fail(tmp_path):
    lock = tmp_path / "worker.lock"
    lock.touch()
    over = threading.Event()
    probes = 0

    def probe() -> None:
        nonlocal probes
        while not over.is_set():
            is_held(lock)
            probes += 1

    threads = [threading.Thread(target=probe) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        end, taken = time.monotonic() + 20, 0
        while (taken < 10 or probes <= 100) and time.monotonic() < end:  # on a busy machine the threads begin late
            with FileLock(lock, timeout=5):
                assert is_held(lock)
            taken += 1
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert probes > 100


# Curves


def line(epoch: int, **values: float) -> str:
    return json.dumps({"epoch": epoch, **values}) + "\n"


def finished(epoch: int, val_accuracy: float = 0.5, val_loss: float = 1.0) -> str:
    return line(epoch, loss=1.0, accuracy=0.5, val_loss=val_loss, val_accuracy=val_accuracy, seconds=0.1)


def curves_of(tmp_path: Path, text: str) -> folder.Curves:
    (tmp_path / "metrics.jsonl").write_text(text)
    return folder.read_curves(tmp_path)


def test_damaged_bytes_cost_only_their_line(tmp_path):
    good = json.dumps({"epoch": 0, "loss": 1.0, "accuracy": 0.5, "val_loss": 1.0, "val_accuracy": 0.5})
    (tmp_path / "metrics.jsonl").write_bytes(good.encode() + b'\n{"epoch": 1, \xff\xfe}\n')
    assert [epoch.epoch for epoch in folder.read_curves(tmp_path).epochs] == [0]


def test_half_a_last_line_waits_for_the_next_look(tmp_path):
    whole = finished(0) + finished(1)
    for cut in range(len(finished(0)) + 1, len(whole) - 2):
        assert len(curves_of(tmp_path, whole[:cut])) == 1, cut
    assert len(curves_of(tmp_path, whole)) == 2


@pytest.mark.parametrize(
    "junk", ['{"epoch": 1, "lo', "null", "[]", "3", '"epoch"', "{}", '{"epoch": "one"}', "", "\x00"]
)
def test_junk_between_lines_costs_only_itself(tmp_path, junk):
    curves = curves_of(tmp_path, f"{finished(0)}{junk}\n{finished(1)}")
    assert [epoch.epoch for epoch in curves.epochs] == [0, 1]


def test_the_epoch_in_progress_is_separate(tmp_path):
    begun = line(1, batch=3, batches=8, loss=0.9, accuracy=0.6)
    curves = curves_of(tmp_path, finished(0) + begun)
    assert (len(curves), curves.within) == (1, PartialEpoch(epoch=1, batch=3, batches=8, loss=0.9, accuracy=0.6))
    curves = curves_of(tmp_path, finished(0) + begun + finished(1))
    assert (len(curves), curves.within) == (2, None)


def test_an_epoch_done_again_replaces_the_first(tmp_path):
    curves = curves_of(tmp_path, finished(0) + finished(1, 0.1) + finished(1, 0.9))
    assert [epoch.val_accuracy for epoch in curves.epochs] == [0.5, 0.9]


def test_best_is_the_highest_validation_accuracy_then_the_lowest_loss(tmp_path):
    text = finished(0, 0.8, 0.9) + finished(1, 0.9, 0.7) + finished(2, 0.9, 0.5) + finished(3, 0.9, 0.5)
    assert curves_of(tmp_path, text).best.epoch == 2
    assert curves_of(tmp_path, "").best is None


# The queue


def test_put_writes_the_settings_whole(tiny):
    settings = config(dataset=tiny, epochs=3, name="first")
    run = folder.look(queue.put(settings))
    assert (run.config, run.state, run.name) == (settings, RunState.QUEUED, "first")
    assert abs((run.created - datetime.now()).total_seconds()) < 5
    assert sorted(path.name for path in run.folder.iterdir()) == ["config.json"]


def test_put_refuses_a_missing_dataset():
    with pytest.raises(DatasetError, match="'nowhere'"):
        queue.put(config(dataset="nowhere"))
    assert run_ids() == []


def test_runs_put_in_the_same_moment_keep_their_order(tiny, monkeypatch):
    random = iter("dacb")  # letters that would reverse the order
    ids = RunIds(clock=lambda: datetime(2125, 1, 1, 12, 30, 45, 678_901), letters=lambda size: 4 * next(random))
    monkeypatch.setattr(queue, "run_ids", ids)
    assert queue.put(config(dataset=tiny, name="one")) == "21250101-123045-678901-dddd"
    for name in ("two", "three", "four"):
        queue.put(config(dataset=tiny, name=name))
    assert [run.name for run in queue.waiting()] == ["one", "two", "three", "four"]


def test_interrupted_runs_come_first_then_the_oldest():
    make_run("20250101-000000-001-ffff")
    make_run("20250101-000000-002-eeee")
    make_run("20250101-000000-003-dddd", {"phase": "running"})
    make_run("20250101-000000-004-cccc", {"phase": "running"})
    for number, phase in enumerate(("done", "failed", "stopped")):
        make_run(f"20250101-000000-00{number}-0000", {"phase": phase})
    make_run("20250101-000000-000-1111", stop=True)
    assert [run.id[-8:] for run in queue.waiting()] == ["003-dddd", "004-cccc", "001-ffff", "002-eeee"]


def test_a_running_run_does_not_wait():
    made = make_run("20250101-000000-003-dddd", {"phase": "running"})
    with held_elsewhere(made / "worker.lock"):
        assert queue.waiting() == []


def test_only_runs_that_have_not_ended_can_be_stopped():
    queued, cut = make_run("a"), make_run("b", {"phase": "running"})
    queue.stop("a")
    queue.stop("b")
    assert (queued / "stop").exists()
    assert (cut / "stop").exists()
    assert folder.look("a").state is RunState.STOPPED
    for number, phase in enumerate(("done", "failed", "stopped")):
        ended = make_run(f"e{number}", {"phase": phase})
        with pytest.raises(RunError, match=phase):
            queue.stop(ended.name)
        assert not (ended / "stop").exists()
    with pytest.raises(RunError, match="has already ended"):
        queue.stop("a")


def test_rename_leaves_settings_and_other_notes_alone():
    made = make_run("a", name="as queued")
    before = (made / "config.json").read_bytes()
    assert folder.look("a").name == "as queued"
    (made / "notes.json").write_text('{"note": "nice"}')
    queue.rename("a", f"  {'long ' * 30}")
    assert folder.look("a").name == ("long " * 30)[:80]
    assert json.loads((made / "notes.json").read_text())["note"] == "nice"
    queue.rename("a", " ")
    assert folder.look("a").name == "as queued"
    (made / "notes.json").write_text("{")
    queue.rename("a", "new")
    assert folder.look("a").name == "new"
    assert (made / "config.json").read_bytes() == before


def test_a_run_without_a_name_is_described_by_its_settings():
    make_run("a", dense_layers=[100], dropout=0.5, recipe=[{"transform": "rotation"}])
    assert folder.look("a").name == "mobilenet_v2, 224 px, dense 100, dropout 0.5, lr 0.001, augmented"


@pytest.mark.parametrize(
    ("settings", "words"),
    [({}, "fine-tuned"), ({"blocks": 1}, "fine-tuned, last 1 block"), ({"blocks": 3}, "fine-tuned, last 3 blocks")],
)
def test_the_description_says_what_was_fine_tuned(settings, words):
    make_run("a", fine_tune=settings)
    assert folder.look("a").name == f"mobilenet_v2, 224 px, no dense layer, dropout 0.2, lr 0.001, {words}"


def test_delete_refuses_a_running_run():
    made = make_run("a", {"phase": "running"})
    with held_elsewhere(made / "worker.lock"):
        with pytest.raises(RunError, match="Stop it first"):
            queue.delete("a")
        assert (made / "config.json").exists()
    queue.delete("a")
    assert not made.exists()
    with pytest.raises(RunError):
        queue.delete("a")


def test_delete_refuses_a_run_that_a_worker_has_just_taken():
    made = make_run("a")  # no status yet, and the lock is taken before there is one
    with held_elsewhere(made / "worker.lock"), pytest.raises(RunError, match="Stop it first"):
        queue.delete("a")
    assert (made / "config.json").exists()


@pytest.mark.parametrize("phase", [None, "done", "failed", "stopped"])
def test_delete_takes_everything_else(phase):
    made = make_run("a", {"phase": phase} if phase else None)
    with held_elsewhere(made / "worker.lock") if phase else contextlib.nullcontext():  # the worker cleans up briefly
        queue.delete("a")
    assert not made.exists()


# Launching


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The arguments of the workers that would have started."""
    calls: list[str] = []
    monkeypatch.setattr(processes, "start", lambda module, log, *arguments: calls.append(" ".join(arguments)))
    return calls


def test_nothing_is_started_when_nothing_waits(started, home):
    make_run("a", {"phase": "done"})
    make_run("b", stop=True)
    before = sorted(home.rglob("*"))
    assert launch.ensure_worker() is False
    assert started == []
    assert sorted(home.rglob("*")) == before


@pytest.mark.parametrize("status", [None, {"phase": "running"}], ids=["queued", "interrupted"])
def test_one_worker_is_started_for_whatever_waits(started, status):
    make_run("a", status)
    assert launch.ensure_worker() is True
    assert launch.ensure_worker() is False  # the first worker has time to take its lock
    assert started == ["--device auto"]
    long_ago = time.time() - launch.STARTING - 1
    os.utime(workspace.locks() / "worker-auto.started", (long_ago, long_ago))
    assert launch.ensure_worker() is True  # it never took the lock, so another one starts
    assert started == ["--device auto"] * 2


def test_nothing_is_started_while_a_worker_lives(started):
    make_run("a")
    workspace.locks().mkdir()
    with held_elsewhere(workspace.locks() / "worker-auto.lock"):
        assert launch.is_working()
        assert launch.ensure_worker() is False
    assert not launch.is_working()
    assert launch.ensure_worker() is True
    assert started == ["--device auto"]


def test_a_process_is_started_with_this_workspace_and_outlives_us(home):
    process = processes.start("core.no_such_module", "some.log")
    if hasattr(os, "getsid"):
        assert os.getsid(process.pid) == process.pid  # a session of its own: closing the terminal does not end it
    assert process.wait(30) == 1
    assert "no_such_module" in (home / "locks" / "some.log").read_text()


# Reading many runs


def test_what_changes_is_noticed_though_ended_runs_are_remembered():
    for number in range(3):
        make_run(f"20250101-000000-00{number}-aaaa", {"phase": "done"}, name="as queued")
    first = workspace.runs() / "20250101-000000-000-aaaa"
    assert [run.name for run in folder.look_all()] == ["as queued"] * 3
    queue.rename(first.name, "another")
    assert folder.look_all()[-1].name == "another"
    (first / "status.json").write_text(json.dumps({"phase": "failed", "error": "A sentence."}))
    assert (folder.look(first.name).state, folder.look(first.name).status.error) == (RunState.FAILED, "A sentence.")
    (first / "config.json").write_text(json.dumps({"dataset": "tiny", "dropout": 0.7}))
    assert folder.look_all()[-1].config.dropout == 0.7
    (first / "config.json").write_text("{")
    assert len(folder.look_all()) == 2
    queue.delete("20250101-000000-001-aaaa")
    assert [run.id[-8:] for run in folder.look_all()] == ["002-aaaa"]
    make_run("20250101-000000-001-aaaa", name="of the same id")
    assert [(run.name, run.state) for run in folder.look_all()][-1] == ("of the same id", RunState.QUEUED)


def test_a_run_that_has_ended_is_not_read_again(monkeypatch):
    for number in range(20):
        make_run(f"20250101-000000-0{number:02}-aaaa", {"phase": "done"})
    before = folder.look_all()
    for reader in ((folder.config, "read"), (folder.records, "read")):
        monkeypatch.setattr(*reader, lambda path, *_: pytest.fail(f"{path} was read again"))
    assert folder.look_all() == before


# Retrying and continuing


def ended(run_id: str, phase: str, reached: int = 0, backup: bool = True, **settings: object) -> Path:
    """Create a run that ended after so many epochs."""
    made = make_run(run_id, {"phase": phase}, **settings)
    (made / "metrics.jsonl").write_text("".join(finished(epoch) for epoch in range(reached)))
    if backup:
        (made / "backup.npz").touch()
    return made


def test_a_run_is_tried_again_with_its_settings_and_the_changes(tiny):
    first = ended("a", "failed", dropout=0.5, batch_size=64, name="half", study="dropout-20250101-000000")
    run = folder.look(queue.retry("a"))
    assert (run.config, run.state) == (folder.look("a").config, RunState.QUEUED)
    assert first.exists()
    queue.rename("a", "renamed")
    run = folder.look(queue.retry("a", batch_size=32))
    assert (run.name, run.config.batch_size, run.config.dropout) == ("renamed", 32, 0.5)
    assert run.config.study == "dropout-20250101-000000"
    make_run("cancelled", stop=True)
    assert folder.look(queue.retry("cancelled")).state is RunState.QUEUED


@pytest.mark.parametrize("status", [None, {"phase": "running"}, {"phase": "done"}])
def test_only_failed_and_stopped_runs_are_tried_again(tiny, status):
    make_run("a", status)
    with pytest.raises(RunError, match="must be failed or stopped"):
        queue.retry("a")
    assert run_ids() == ["a"]


@pytest.mark.parametrize("phase", ["done", "stopped"])
def test_more_epochs_are_a_new_run_that_continues(tiny, phase):
    settings = {"epochs": 30, "early_stopping": 5, "study": "dropout-20250101-000000", "dropout": 0.3}
    ended("a", phase, reached=12, name="x" * 75, **settings)
    run = folder.look(queue.train_more("a", 10))
    assert (run.config.parent, run.config.epochs, run.config.early_stopping, run.config.study) == ("a", 22, None, None)
    assert (run.config.dropout, run.name) == (0.3, "x" * 64 + ", 10 more epochs")
    assert len(run.name) == 80
    queue.rename("a", "short")
    assert folder.look(queue.train_more("a", 1)).name == "short, 1 more epoch"


def fine_tuned(run_id: str, head: int, tuned: int, **settings: object) -> Path:
    """Create an ended run with so many epochs of each stage."""
    made = ended(run_id, "done", reached=head, **settings)
    line = {"loss": 1.0, "accuracy": 0.5, "val_loss": 1.0, "val_accuracy": 0.5, "stage": 1}
    with (made / "metrics.jsonl").open("a") as file:
        file.writelines(json.dumps({**line, "epoch": head + e}) + "\n" for e in range(tuned))
    return made


def test_more_epochs_of_a_fine_tuned_run_are_epochs_of_fine_tuning(tiny):
    fine_tuned("a", 12, 4, epochs=30, early_stopping=5, fine_tune={"epochs": 10, "blocks": 3}, name="mine")
    run = folder.look(queue.train_more("a", 6))
    assert (run.config.parent, run.config.epochs, run.config.early_stopping) == ("a", 30, None)
    assert run.config.fine_tune == FineTune(epochs=10, blocks=3)
    assert run.name == "mine, 6 more epochs"


def test_the_epochs_of_both_stages_make_the_length_of_the_run():
    tuned = config(dataset="tiny", epochs=30, fine_tune={"epochs": 10})
    head = tuple(whole_epoch(e) for e in range(12))
    assert folder.planned_epochs(config(dataset="tiny", epochs=30), folder.Curves(())) == 30
    assert folder.planned_epochs(tuned, folder.Curves(head)) == 40
    begun = folder.Curves((*head, whole_epoch(12, stage=1)))  # the head's patience was over after 12
    assert folder.planned_epochs(tuned, begun) == 22


def test_a_frozen_run_can_be_fine_tuned_afterwards(tiny):
    settings = {"epochs": 30, "early_stopping": 5, "study": "dropout-20250101-000000", "dropout": 0.3}
    ended("a", "done", reached=12, name="x" * 75, **settings)
    run = folder.look(queue.fine_tune("a", 7))
    assert (run.config.parent, run.config.epochs, run.config.study) == ("a", 12, None)
    assert (run.config.early_stopping, run.config.dropout) == (5, 0.3)
    assert run.config.fine_tune == FineTune(epochs=7)
    assert run.name == "x" * 68 + ", fine-tuned"


def test_only_a_frozen_backbone_can_be_fine_tuned_afterwards(tiny):
    fine_tuned("tuned", 3, 2, fine_tune={})
    ended("scratch", "done", reached=3, backbone="small_cnn", image_size=32)
    for run_id in ("tuned", "scratch"):
        with pytest.raises(RunError, match="has already learned"):
            queue.fine_tune(run_id, 5)
    make_run("queued")
    with pytest.raises(RunError, match="not ended"):
        queue.fine_tune("queued", 5)
    ended("a", "done", reached=3)
    with pytest.raises(RunError, match="at least 1"):
        queue.fine_tune("a", 0)


def test_what_the_parent_has_done_takes_no_time(tiny):
    photos = catalogue.load("tiny")

    def expected(run_id: str | None = None, **settings: object) -> float:
        return estimate.seconds([config(dataset="tiny", parent=run_id, **settings)], photos)

    ended("frozen", "done", reached=900)
    assert expected("gone", epochs=1000) == expected(epochs=1000)
    tenth = expected("frozen", epochs=1000)
    assert tenth < expected(epochs=1000)
    tuning = {"epochs": 20}
    added = expected("frozen", epochs=900, fine_tune=tuning)
    alone = expected(epochs=900, fine_tune=tuning)
    assert added == pytest.approx(alone - (expected(epochs=900) - expected("frozen", epochs=900)))
    fine_tuned("tuned", 900, 15, epochs=900, fine_tune=tuning)
    quarter, whole = (expected("tuned", epochs=900, fine_tune={"epochs": n}) for n in (20, 30))
    per_epoch = (expected(epochs=1, fine_tune={"epochs": 3}) - expected(epochs=1, fine_tune={"epochs": 1})) / 2
    assert whole - quarter == pytest.approx(10 * per_epoch)
    none = expected("tuned", epochs=900, fine_tune={"epochs": 15})
    assert quarter - none == pytest.approx(5 * per_epoch)
    assert none < expected(epochs=1)  # neither the head's epochs nor its features again
    grown = expected("tuned", epochs=900, image_size=448, fine_tune=tuning)
    again = expected(epochs=900, image_size=448, fine_tune=tuning)
    assert grown < again
    larger = [expected(epochs=1, image_size=448, fine_tune={"epochs": n}) for n in (1, 21)]
    assert grown > larger[1] - larger[0]  # all of its fine-tuning


def test_a_run_that_can_not_be_continued_raises_the_reason(tiny):
    make_run("queued")
    ended("early", "stopped")
    ended("bare", "done", reached=3, backup=False)
    whole = ended("whole", "done", reached=3)
    for run_id, words in (("queued", "not ended"), ("early", "before its first epoch"), ("bare", "no backup")):
        assert not queue.can_continue(folder.look(run_id))
        with pytest.raises(RunError, match=words):
            queue.train_more(run_id, 5)
    with pytest.raises(RunError, match="at least 1"):
        queue.train_more("whole", 0)
    assert queue.can_continue(folder.look("whole"))
    child = queue.train_more("whole", 5)
    with pytest.raises(RunError, match="will continue run whole"):
        queue.delete("whole")
    queue.stop(child)
    queue.retry(child)
    (whole / "backup.npz").unlink()
    with pytest.raises(RunError, match="no backup"):
        queue.retry(child)


# A whole study


def test_stopping_a_study_cancels_queued_runs_and_stops_running_ones():
    study = "dropout-20250101-000000"
    make_run("0", {"phase": "done"}, study=study)
    for name in ("1", "2", "3"):
        make_run(name, {"phase": "running"} if name == "1" else None, study=study)
    make_run("4", study="another")
    with held_elsewhere(workspace.runs() / "1" / "worker.lock"):
        assert [run.id for run in queue.members(study)] == ["0", "1", "2", "3"]
        queue.stop_study(study)
        assert [run.state for run in queue.members(study)] == [
            RunState.DONE, RunState.RUNNING, RunState.STOPPED, RunState.STOPPED,
        ]  # fmt: skip
        assert {path.parent.name for path in workspace.runs().glob("*/stop")} == {"1", "2", "3"}
        with pytest.raises(RunError, match="Stop the study first"):
            queue.delete_study(study)
        assert len(run_ids()) == 5
    queue.delete_study(study)
    assert run_ids() == ["4"]
