"""Runs as MLflow has them: settings as parameters, curves and scores as metrics, the run's files as artifacts.

A run of ours is recognised in an experiment by a tag with its id. So logging it again adds what is missing there, such
as the rest after an interruption, and nothing twice.
"""

import contextlib
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from core import words
from core.errors import AppError, RunError, SettingsError
from core.runs import predictions
from core.runs.folder import Run
from core.runs.records import RunState
from core.sending import addresses, facts
from core.sending.extras import MLFLOW
from core.words import quoted

EXPERIMENT = "Fitting Room"  # by default
RUN_TAG = "fitting_room.run"
ARTIFACTS = ("config.json", "report.json", predictions.NAME)
STATUSES = {RunState.DONE: "FINISHED", RunState.STOPPED: "KILLED", RunState.FAILED: "FAILED"}
MOST_METRICS, MOST_PARAMETERS = 1000, 100  # of a request
PATIENCE = 10.0  # s to the first answer of a server
LONGEST_REASON = 200  # characters of MLflow's own words
LIBRARIES = ("mlflow", "sqlalchemy", "requests", "urllib3")  # whose errors come from the server or the database

Progress = Callable[[int, int], None]
"""Called with the number of finished runs and of all."""


@dataclass
class Logged:
    """The names of the runs, by what became of them."""

    new: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)  # logged before, and something was added now
    unchanged: list[str] = field(default_factory=list)  # logged before

    def sentences(self) -> list[str]:
        """What became of the runs."""
        parts = {
            "logged": self.new,
            "logged before and updated now": self.updated,
            "logged before and left as before": self.unchanged,
        }
        return [
            f"{words.count(len(runs), 'run')} {'was' if len(runs) == 1 else 'were'} {what}: {words.listed(runs)}."
            for what, runs in parts.items()
            if runs
        ]


def log(runs: Sequence[Run], uri: str, experiment: str = EXPERIMENT, progress: Progress | None = None) -> Logged:
    """Log these runs at an address of `core.sending.addresses`, in an experiment that is created if need be.

    Raises AppError if MLflow is missing, if the address can't be reached, or if MLflow refuses something.
    """
    MLFLOW.check()
    name = experiment.strip()
    if not name:
        raise SettingsError("The experiment must have a name.")
    _check_reach(uri)
    logged = Logged()
    with _errors_explained(uri):
        client = _client(uri)
        experiment_id = _experiment_id(client, name, uri)
        for done, run in enumerate(runs):
            if progress:
                progress(done, len(runs))
            _log(client, experiment_id, run, logged)
    return logged


def _check_reach(uri: str) -> None:
    """Raise RunError if the server does not answer: MLflow itself would try again for minutes."""
    if (folder := addresses.folder_of(uri)) is not None:
        folder.mkdir(parents=True, exist_ok=True)
        return
    import httpx

    try:
        httpx.get(f"{uri}/health", timeout=PATIENCE)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise RunError(
            f"The MLflow server {uri} can't be reached ({_reason(error)}). Check the address, or start the server with "
            "`mlflow server`."
        ) from None


def _client(uri: str) -> Any:
    """MLflow's client. It sends nothing to its makers and prints nothing."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    from mlflow import MlflowClient

    for name in ("mlflow", "alembic"):  # they tell how they create a database
        logging.getLogger(name).setLevel(logging.WARNING)
    return MlflowClient(tracking_uri=uri, registry_uri=uri)


@contextlib.contextmanager
def _errors_explained(uri: str) -> Iterator[None]:
    """Turn MLflow's errors, and the lack of what a database needs, into AppErrors."""
    try:
        yield
    except ImportError as error:
        raise MLFLOW.error(f"MLflow can't be used ({_reason(error)})") from None
    except Exception as error:
        if isinstance(error, AppError) or type(error).__module__.partition(".")[0] not in LIBRARIES:
            raise
        raise RunError(f"MLflow at {uri} did not take the runs ({_reason(error)}).") from error


def _reason(error: Exception) -> str:
    """The first line of an error of others."""
    line = next(iter(str(error).splitlines()), "") or type(error).__name__
    return words.printable(line)[:LONGEST_REASON].rstrip(". ")


def _experiment_id(client: Any, name: str, uri: str) -> str:
    """The id of the experiment with that name. Raises RunError if it was deleted there."""
    found = client.get_experiment_by_name(name)
    if found is None:
        folder = addresses.folder_of(uri)  # without a server, MLflow would put the files into the current folder
        place = (folder / "artifacts").as_uri() if folder else None
        return str(client.create_experiment(name, artifact_location=place))
    if found.lifecycle_stage != "active":
        raise RunError(
            f"The experiment {quoted(name)} was deleted in MLflow. Restore it there, or choose another name."
        )
    return str(found.experiment_id)


def _log(client: Any, experiment_id: str, run: Run, logged: Logged) -> None:
    """Log a run, or add what is missing of it."""
    quote = '"' if "'" in run.id else "'"
    before = client.search_runs([experiment_id], filter_string=f"tags.`{RUN_TAG}` = {quote}{run.id}{quote}")
    theirs = before[0] if before else None
    if theirs is None:
        start = _milliseconds(run.created.timestamp())
        theirs = client.create_run(experiment_id, start_time=start, tags={RUN_TAG: run.id}, run_name=run.name)
    has_more = [
        _add_parameters(client, theirs, run),
        _add_metrics(client, theirs, run),
        _add_tags(client, theirs, run),
        _add_artifacts(client, theirs, run),
    ]
    status, times = STATUSES.get(run.state, "RUNNING"), facts.timed_epochs(run)
    if theirs.info.status != status:
        end = times[-1][0] if times else run.created.timestamp()
        client.set_terminated(theirs.info.run_id, status, end_time=_milliseconds(end))
        has_more.append(True)
    (logged.new if not before else logged.updated if any(has_more) else logged.unchanged).append(run.name)


def _add_parameters(client: Any, theirs: Any, run: Run) -> bool:
    """Log the settings that are missing. Returns whether there were any, as the following do."""
    from mlflow.entities import Param

    values = {**facts.settings(run), **facts.recipe_settings(run)}
    missing = [Param(name, str(value)) for name, value in values.items() if name not in theirs.data.params]
    for start in range(0, len(missing), MOST_PARAMETERS):
        client.log_batch(theirs.info.run_id, params=missing[start : start + MOST_PARAMETERS])
    return bool(missing)


def _add_metrics(client: Any, theirs: Any, run: Run) -> bool:
    from mlflow.entities import Metric

    run_id, epochs = theirs.info.run_id, facts.timed_epochs(run)
    known = {metric.step for metric in client.get_metric_history(run_id, "val_accuracy")}
    missing = [
        Metric(name, getattr(epoch, name), _milliseconds(time), epoch.epoch)
        for time, epoch in epochs
        if epoch.epoch not in known
        for name in ("loss", "accuracy", "val_loss", "val_accuracy")
    ]
    if epochs:
        time, last = epochs[-1]
        missing += [
            Metric(name, value, _milliseconds(time), last.epoch)
            for name, value in facts.scores(run).items()
            if theirs.data.metrics.get(name) != value
        ]
    for start in range(0, len(missing), MOST_METRICS):  # a multiple of the four of an epoch, so that none is cut
        client.log_batch(run_id, metrics=missing[start : start + MOST_METRICS])
    return bool(missing)


def _add_tags(client: Any, theirs: Any, run: Run) -> bool:
    from mlflow.entities import RunTag

    tags = {
        "mlflow.runName": run.name,
        "mlflow.note.content": run.notes.note,
        "fitting_room.study": run.config.study or "",
        "fitting_room.study_name": run.notes.study_name,
        "fitting_room.dataset": run.config.dataset,
        "fitting_room.model": run.status.model,
        "fitting_room.parent": run.config.parent or "",
    }
    changed = [RunTag(name, value) for name, value in tags.items() if theirs.data.tags.get(name, "") != value]
    if changed:
        client.log_batch(theirs.info.run_id, tags=changed)
    return bool(changed)


def _add_artifacts(client: Any, theirs: Any, run: Run) -> bool:
    """Copy the run's files that are missing or have another size there."""
    run_id = theirs.info.run_id
    sizes = {item.path: item.file_size for item in client.list_artifacts(run_id)}
    paths = [run.folder / name for name in ARTIFACTS if (run.folder / name).is_file()]
    missing = [path for path in paths if sizes.get(path.name) != path.stat().st_size]
    for path in missing:
        client.log_artifact(run_id, str(path))
    return bool(missing)


def _milliseconds(time: float) -> int:
    """A time in s since 1970 as MLflow has it."""
    return round(time * 1000)
