"""Shared by the tests of models/: real worker processes, and one run that such a worker has finished."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from core import workspace
from core.answering import shelf
from core.backbones import MOBILENET_V2
from core.datasets import adding, catalogue, pack
from core.runs import folder, queue
from core.runs.config import config
from tests.conftest import shared_folder

if TYPE_CHECKING:
    import keras

PATIENCE = 120.0  # s, for what takes a few seconds on an idle machine

EPOCHS = 20
SMALL = {"dataset": "tiny", "backbone": "small_cnn", "image_size": 32, "batch_size": 6, "learning_rate": 0.003}


def randomised(body: "keras.Model") -> "keras.Model":
    """The body with weights as far from their initial values as a trained network's, with BatchNorm's statistics."""
    rng = np.random.default_rng(5)
    for variable in body.variables:
        name, shape = variable.name, variable.shape
        if "variance" in name or "gamma" in name:
            variable.assign(rng.uniform(0.6, 1.6, shape))
        elif len(shape) == 1:  # BatchNorm's means and betas
            variable.assign(rng.normal(0, 0.3, shape))
        else:
            inputs = np.prod(shape[:2]) * (1 if shape[-1] == 1 else shape[2])  # depthwise kernels see one channel
            variable.assign(rng.normal(0, (2 / inputs) ** 0.5, shape))
    return body


def all_layers(model: "keras.Model") -> Iterator["keras.Layer"]:
    """The layers of a network and of the networks in it."""
    for layer in model.layers:
        yield layer
        if hasattr(layer, "layers"):
            yield from all_layers(layer)


def wait_for(what: str, condition: Callable[[], Any], *workers: subprocess.Popen[bytes]) -> Any:
    """The condition's first true value; fails with a message on a timeout, or when all workers have exited."""
    until = time.monotonic() + PATIENCE
    while not (value := condition()):
        exited = workers and all(worker.poll() is not None for worker in workers)
        if value := condition():
            break
        if exited or time.monotonic() > until:
            runs = [(run.id, str(run.state), run.status) for run in folder.look_all()]
            pytest.fail(f"{'the worker exited before' if exited else 'waited in vain for'}: {what}; runs: {runs}")
        time.sleep(0.1)  # looking costs time that the workers could use
    return value


@contextmanager
def worker(*arguments: str, code: str | None = None, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker of the current workspace that prints to `worker.out`; killed at the end if it is still alive.

    With `code`, Python runs that instead of `-m models.worker`.
    """
    command = [sys.executable, *(["-c", code] if code else ["-m", "models.worker"]), *arguments]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", **environment}
    with (
        (workspace.home() / "worker.out").open("ab") as out,
        subprocess.Popen(command, cwd=workspace.PROJECT, env=environment, stdout=out, stderr=out) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def printed() -> str:
    """The output of this workspace's workers outside of runs."""
    return (workspace.home() / "worker.out").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Finished:
    """A run that a real worker has trained in its own workspace."""

    home: Path
    run_id: str
    out: str  # the output of the two workers
    codes: tuple[int, int]  # their exit statuses

    @property
    def run(self) -> folder.Run:
        return folder.look(self.run_id)

    @property
    def model(self) -> shelf.Model:
        return shelf.model(self.run.status.model)


@pytest.fixture(scope="session")
def _finished(tmp_path_factory: pytest.TempPathFactory, tiny_dataset: Path) -> Finished:
    def train(place: Path) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("FITTING_ROOM_HOME", str(place))
            adding.add_folder("tiny", tiny_dataset)
            layers = {"dense_layers": (8,), "activation": "gelu", "dropout": 0.1}
            recipe = [{"transform": "rotation"}, {"transform": "horizontal_flip"}]
            run_id = queue.put(config(**SMALL, **layers, recipe=recipe, epochs=EPOCHS))
            with worker("--idle", "1") as first, worker("--idle", "1") as second:  # at once: only one may train
                codes = first.wait(PATIENCE), second.wait(PATIENCE)
            (place / "finished.json").write_text(json.dumps([run_id, printed(), codes]), encoding="utf-8")

    home = shared_folder(tmp_path_factory, "trained", train)
    run_id, out, codes = json.loads((home / "finished.json").read_text(encoding="utf-8"))
    return Finished(home, run_id, out, tuple(codes))


@pytest.fixture
def finished(_finished: Finished, monkeypatch: pytest.MonkeyPatch) -> Finished:
    """A finished run; the test uses its workspace, read only."""
    monkeypatch.setenv("FITTING_ROOM_HOME", str(_finished.home))
    return _finished


@pytest.fixture
def own_home(finished: Finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the workspace with the finished run, to save models in."""
    home = shutil.copytree(finished.home, tmp_path / "home")
    monkeypatch.setenv("FITTING_ROOM_HOME", str(home))
    return home


@pytest.fixture
def pixels(finished: Finished) -> np.ndarray:
    """The validation photos of the finished run, as its network takes them."""
    return np.asarray(pack.load(catalogue.load("tiny"), "validation", SMALL["image_size"]).pixels)


def write_weights(network: "keras.Model", path: Path) -> None:
    """Write a network's weights in Keras Applications' file format."""
    from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

    h5py = pytest.importorskip("h5py")  # Keras needs it for its own weights
    path.parent.mkdir(exist_ok=True)
    with h5py.File(path, "w") as file:
        save_weights_to_hdf5_group(file, network)


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Keras home with random weights in place of the ImageNet ones."""

    def write(place: Path) -> None:
        import keras

        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("KERAS_HOME", str(place))
            path = MOBILENET_V2.weights_path(32)
            assert path is not None
            network = keras.applications.MobileNetV2(weights=None, include_top=False, input_shape=(32, 32, 3))
            write_weights(randomised(network), path)

    return shared_folder(tmp_path_factory, "keras", write)
