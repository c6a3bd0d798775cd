"""Runs in MLflow, where it is installed: in a database of our own, and on a real server."""

import contextlib
import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.errors import AppError, RunError
from core.runs import folder, queue
from core.sending import addresses, choice, delivery, mlflow
from core.sending.extras import MLFLOW
from tests.ended import add_epochs, end_of, ended_run
from tests.loopback import without_proxies

FIRST, SECOND = (f"2026112{number}-161344-540000-19fb" for number in range(2))
ROTATED = [{"transform": "rotation", "rotation_range": 15}]
STARTING = 90.0  # s until a server answers, on a busy machine
EXPERIMENT = "Clothes"


def has(*modules: str) -> bool:
    return all(importlib.util.find_spec(module) is not None for module in modules)


pytestmark = [
    pytest.mark.skipif(not has("mlflow"), reason="mlflow is not installed (requirements-extras.txt)"),
    pytest.mark.filterwarnings("ignore"),  # of the library's own code
]
needs_database = pytest.mark.skipif(
    not has("sqlalchemy", "alembic"), reason="sqlalchemy and alembic are not installed (requirements-extras.txt)"
)
needs_server = pytest.mark.skipif(
    not has("flask", "sqlalchemy"), reason="MLflow's server is not installed: it comes with the whole package, mlflow"
)


@pytest.fixture
def database(tmp_path: Path) -> str:
    return addresses.address(str(tmp_path / "mlflow"))


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a real server, which ends with the test."""
    without_proxies(monkeypatch)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    uri = f"http://127.0.0.1:{port}"
    stores = [f"--backend-store-uri=sqlite:///{tmp_path}/server.db", f"--artifacts-destination={tmp_path}/files"]
    command = [sys.executable, "-m", "mlflow", "server", "--host=127.0.0.1", f"--port={port}", "--workers=1", *stores]
    environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"}
    log = tmp_path / "server.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        ) as process,
    ):
        try:
            end = time.monotonic() + STARTING
            while not _answers(uri):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < end, f"the server does not answer: {log.read_text()}"
                time.sleep(0.2)
            yield uri
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, 9)  # with the processes that it has started


def _answers(uri: str) -> bool:
    try:
        return httpx.get(f"{uri}/health", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def stored(uri: str, experiment: str = EXPERIMENT) -> dict[str, Any]:
    """The runs of an experiment by our ids, as MLflow has them."""
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=uri)
    found = client.get_experiment_by_name(experiment)
    runs = client.search_runs([found.experiment_id])
    by_id = {run.data.tags[mlflow.RUN_TAG]: run for run in runs}
    assert len(by_id) == len(runs), "a run was logged twice"
    return by_id


def history(uri: str, run: Any, metric: str) -> list[tuple[int, float]]:
    from mlflow import MlflowClient

    return [(m.step, m.value) for m in MlflowClient(tracking_uri=uri).get_metric_history(run.info.run_id, metric)]


def check_whole(uri: str) -> None:
    """Check that the first run is there with all that it has."""
    from mlflow import MlflowClient

    run = stored(uri)[FIRST]
    start = folder.look(FIRST).created.timestamp() * 1000
    assert (run.info.run_name, run.info.status) == ("first", "FINISHED")
    assert (run.info.start_time, run.info.end_time) == (start, start + 6000)
    assert run.data.params["dropout"] == "0.2"
    assert run.data.params["recipe.rotation.rotation_range"] == "15.0"
    tags = {name.removeprefix("fitting_room."): value for name, value in run.data.tags.items()}
    assert (tags["run"], tags["study"], tags["dataset"], tags["model"]) == (FIRST, "dropout-1", "own", "colours")
    assert (run.data.metrics["validation_accuracy"], run.data.metrics["test_accuracy"]) == (0.75, 0.5)
    assert history(uri, run, "loss") == [(0, 1.0), (1, 0.5), (2, pytest.approx(1 / 3))]
    assert history(uri, run, "val_accuracy") == [(0, 0.4), (1, pytest.approx(0.41)), (2, pytest.approx(0.42))]
    files = {item.path for item in MlflowClient(tracking_uri=uri).list_artifacts(run.info.run_id)}
    assert files == {"config.json", "report.json", "predictions.npz"}


@needs_server
def test_a_server_gets_whole_runs_once(server: str):
    ended_run(FIRST, name="first", study="dropout-1", recipe=ROTATED)
    ended_run(SECOND, name="second", phase="stopped")
    first = mlflow.log(choice.find([FIRST]), server, EXPERIMENT)
    assert first == mlflow.Logged(new=["first"])
    check_whole(server)
    both = mlflow.log(choice.find([FIRST, SECOND]), server, EXPERIMENT)
    assert both == mlflow.Logged(new=["second"], unchanged=["first"])
    check_whole(server)
    assert stored(server)[SECOND].info.status == "KILLED"


@needs_database
def test_a_database_gets_whole_runs_and_lies_in_one_folder(database: str, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ended_run(FIRST, name="first", study="dropout-1", recipe=ROTATED)
    assert mlflow.log(choice.find([FIRST]), database, EXPERIMENT) == mlflow.Logged(new=["first"])
    check_whole(database)
    assert {path.name for path in tmp_path.iterdir()} == {"mlflow"}  # nothing in the current folder


@needs_database
def test_what_is_new_is_added_to_a_run_that_was_logged_before(database: str):
    place = ended_run(FIRST, name="first", epochs=2)
    runs = choice.find([FIRST])
    mlflow.log(runs, database, EXPERIMENT)
    assert mlflow.log(runs, database, EXPERIMENT) == mlflow.Logged(unchanged=["first"])
    add_epochs(place, range(2, 4))
    queue.change_notes(FIRST, name="renamed", note="worth a look")
    assert mlflow.log(choice.find([FIRST]), database, EXPERIMENT) == mlflow.Logged(updated=["renamed"])
    run = stored(database)[FIRST]
    assert [step for step, _ in history(database, run, "val_loss")] == [0, 1, 2, 3]
    assert (run.info.run_name, run.data.tags["mlflow.note.content"]) == ("renamed", "worth a look")


@needs_database
def test_a_deleted_experiment_and_a_nameless_one_are_sentences(database: str):
    from mlflow import MlflowClient

    ended_run(FIRST)
    runs = choice.find([FIRST])
    mlflow.log(runs, database, EXPERIMENT)
    client = MlflowClient(tracking_uri=database)
    client.delete_experiment(client.get_experiment_by_name(EXPERIMENT).experiment_id)
    with pytest.raises(RunError, match="'Clothes' was deleted in MLflow"):
        mlflow.log(runs, database, EXPERIMENT)
    with pytest.raises(AppError, match="must have a name"):
        mlflow.log(runs, database, "  ")


@needs_database
def test_a_file_that_is_no_database_is_a_sentence(tmp_path: Path):
    (tmp_path / "mlflow.db").write_bytes(b"not a database" * 100)
    ended_run(FIRST)
    with pytest.raises(RunError, match="did not take the runs") as raised:
        mlflow.log(choice.find([FIRST]), addresses.address(str(tmp_path)))
    assert "\n" not in str(raised.value)


def test_a_server_that_is_not_there_is_a_sentence_at_once(monkeypatch: pytest.MonkeyPatch):
    without_proxies(monkeypatch)
    ended_run(FIRST)
    started = time.monotonic()
    with pytest.raises(RunError, match=r"The MLflow server http://127.0.0.1:9 can't be reached"):
        mlflow.log(choice.find([FIRST]), "http://127.0.0.1:9")
    assert time.monotonic() - started < mlflow.PATIENCE + 5


@needs_database
def test_the_process_of_a_page_logs_runs_and_says_what_became_of_them(database: str, tmp_path: Path):
    ended_run(FIRST, name="first")
    delivery.log_in_mlflow([FIRST], str(tmp_path / "mlflow"), EXPERIMENT)
    assert end_of(MLFLOW).error == ""
    last = delivery.last(MLFLOW)
    assert last is not None
    assert (last.place, last.sentences) == (database, ("1 run was logged: first.",))
    (tmp_path / "mlflow" / "mlflow.db").write_bytes(b"not a database" * 100)
    delivery.log_in_mlflow([FIRST], database, EXPERIMENT)
    assert "did not take the runs" in end_of(MLFLOW).error


@needs_database
def test_the_command_prints_what_became_of_the_runs(database: str, tmp_path: Path):
    """In a process of its own, as people start it: MLflow's notes and warnings must not get between."""
    ended_run(FIRST, name="first")
    command = [sys.executable, "-m", "core", "mlflow", FIRST, "--uri", str(tmp_path / "mlflow")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (0, "1 run was logged: first.\n")
    assert done.stderr == f"Open them: {addresses.command(database)}\n"
    assert json.loads((folder.folder_of(FIRST) / "config.json").read_text())["name"] == "first"
