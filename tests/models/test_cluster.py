"""Runs on a real cluster of two nodes on this machine, one of which is killed while it trains."""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.answering import shelf, trial
from core.datasets import adding, catalogue
from core.errors import AppError, ClusterError
from core.files import processes
from core.files.locks import is_held
from core.runs import cluster, folder, launch, queue
from core.runs.config import config
from core.runs.folder import Run
from core.runs.records import Epoch, RunState
from models.record import read_arrays
from tests.models.conftest import SMALL

pytest.importorskip("ray", reason="a cluster needs ray (requirements-cluster.txt)")
from benchmarks import _nodes

FOLDER = "fitting-room-node"  # in which a node keeps everything

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux has several loopback addresses"),
]

PATIENCE = 240.0  # s, for what takes half a minute on an idle machine
ENDLESS = {**SMALL, "batch_size": 1, "learning_rate": 1e-4, "epochs": 10_000}  # until it is stopped


@pytest.fixture(scope="module")
def nodes() -> Iterator[_nodes.Cluster]:
    with _nodes.cluster() as both:
        yield both


@pytest.fixture
def photos(tiny_dataset: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A workspace with photos, whose dispatcher ends soon after its last run."""
    adding.add_folder("tiny", tiny_dataset)
    monkeypatch.setenv("FITTING_ROOM_IDLE", "1")
    yield
    for process in processes._started:
        process.kill()
        process.wait()


def wait_for(what: str, condition: Callable[[], Any]) -> Any:
    """The condition's first true value; meanwhile a dispatcher is kept running, as pages do."""
    until = time.monotonic() + PATIENCE
    while not (value := condition()):
        sentence = launch.trouble()
        if time.monotonic() > until or sentence:
            states = [(run.name, str(run.state), run.status) for run in folder.look_all()]
            pytest.fail(f"waited in vain for: {what}; {sentence}; {states}; {launch.log_tail()}")
        launch.ensure_worker()
        time.sleep(0.1)
    return value


def curve(run: Run) -> list[Epoch]:
    """The finished epochs without their times."""
    return [epoch.model_copy(update={"seconds": 0.0}) for epoch in folder.read_curves(run.folder).epochs]


def epochs_in_backup(run: Run) -> int:
    content = read_arrays(run.folder / "backup.npz")
    return content[1]["at"]["epoch"] if content else 0


def on(node: str, *names: str) -> Run | None:
    """The run that is trained there and has epochs in its backup."""
    runs = [run for run in folder.look_all() if run.name in names and run.state is RunState.RUNNING]
    there = [run for run in runs if run.status.device == f"CPU of {node}"]
    return next((run for run in there if epochs_in_backup(run)), None)


def test_a_killed_node_loses_no_run(nodes: _nodes.Cluster, photos: None) -> None:
    device = cluster.device_of(nodes.address)
    for name in ("first", "second"):
        queue.put(config(**ENDLESS, name=name), device)
    short = queue.put(config(**SMALL, epochs=2, name="short"), device)
    cancelled = queue.put(config(**SMALL, name="cancelled"), device)
    doomed = wait_for("a backup from the second node", lambda: on(_nodes.OTHER, "first", "second"))
    kept = wait_for("a backup from the head", lambda: on(_nodes.HEAD, "first", "second"))
    assert folder.look(short).state is RunState.QUEUED  # two nodes with a core each train two runs
    queue.stop(cancelled)
    with pytest.raises(AppError, match="is training"):
        queue.delete(kept.id)

    nodes.kill(_nodes.OTHER)
    reached = epochs_in_backup(doomed)
    queue.stop(kept.id)
    wait_for("the end of the stopped run", lambda: folder.look(kept.id).ended)

    def goes_on() -> bool:
        epochs = len(folder.read_curves(doomed.folder))
        assert epochs >= reached  # it never begins again
        return "then" in folder.look(doomed.id).status.device and epochs_in_backup(doomed) > reached

    wait_for("the killed node's run to go on", goes_on)
    queue.stop(doomed.id)
    runs = kept.id, doomed.id, short, cancelled
    wait_for("the end of all runs", lambda: all(folder.look(run_id).ended for run_id in runs))
    kept, doomed, *others = map(folder.look, runs)
    assert [run.state for run in (kept, doomed, *others)] == [
        RunState.STOPPED, RunState.STOPPED, RunState.DONE, RunState.STOPPED
    ]  # fmt: skip
    assert doomed.status.device == f"CPU of {_nodes.OTHER}, then CPU of {_nodes.HEAD}"
    assert {run.status.error or run.status.warning for run in (kept, doomed, *others)} == {""}
    curves = curve(doomed), curve(kept)
    both = min(map(len, curves))
    assert both > reached
    assert curves[0][:both] == curves[1][:both]  # the same settings and seed: as if nothing had happened
    assert [epoch.epoch for epoch in curves[0]] == list(range(len(curves[0])))
    for run in (kept, doomed, others[0]):
        model = shelf.model(run.status.model)
        assert (model.name, model.card.run) == (run.name, run.id)
        assert folder.read_report(run.folder).model == model.card.name == model.name
        scores = trial.scores(model, catalogue.load("tiny"), "test")
        assert scores.correct == model.card.scores.test.correct

    wait_for("the dispatcher's end", lambda: not is_held(launch.lock_of(device)))
    assert not list((nodes.home(_nodes.HEAD) / FOLDER / "runs").iterdir())
    placed = [
        len(list(nodes.home(name).glob(f"{FOLDER}/cache/pixels/*/pixels.npy"))) for name in (_nodes.HEAD, _nodes.OTHER)
    ]
    assert placed == [0, 3]  # read where they lie, or one copy of each split


@pytest.fixture
def old_keras(tmp_path: Path) -> str:
    """A folder that, in front of the installed packages, makes Keras look like an earlier version."""
    folder = tmp_path / "keras-3.1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: keras\nVersion: 3.1.0\n")
    return str(tmp_path)


@pytest.mark.parametrize("problem", ["disk", "version"])
def test_a_machine_that_can_not_train_is_a_sentence_before_the_first_run(
    nodes: _nodes.Cluster, photos: None, old_keras: str, problem: str
) -> None:
    environment, sentence = {
        "disk": ({"FITTING_ROOM_NODE": "/proc/nowhere"}, "can't write to /proc/nowhere/fitting-room-node ("),
        "version": ({"PYTHONPATH": old_keras}, "must have keras 3."),
    }[problem]
    if _nodes.OTHER in nodes.nodes:
        nodes.kill(_nodes.OTHER)
    nodes.start(_nodes.OTHER, **environment)
    nodes.wait()
    run_id = queue.put(config(**SMALL), cluster.device_of(nodes.address))
    launch.ensure_worker()
    until = time.monotonic() + PATIENCE
    while launch.trouble() is None and time.monotonic() < until:
        time.sleep(0.1)
    assert launch.trouble().startswith(f"The machine {_nodes.OTHER} of the cluster {sentence}")
    assert folder.look(run_id).state is RunState.QUEUED


def test_nothing_answers_at_the_address(photos: None, monkeypatch: pytest.MonkeyPatch) -> None:
    began = time.monotonic()
    with pytest.raises(
        ClusterError, match=r"^The cluster at 127\.0\.0\.1:1 can't be reached \(.*\)\. Check the address"
    ):
        queue.put(config(**SMALL), cluster.device_of("127.0.0.1:1"))
    assert time.monotonic() - began < 5
    assert folder.look_all() == []
    with monkeypatch.context() as patch:
        patch.setattr(cluster, "check", lambda address: None)  # the cluster goes after the run was queued
        queue.put(config(**SMALL), cluster.device_of("127.0.0.1:1"))
    launch.ensure_worker()
    until = time.monotonic() + 60
    while launch.trouble() is None and time.monotonic() < until:
        time.sleep(0.1)
    assert launch.trouble().startswith("The cluster at 127.0.0.1:1 can't be reached")
