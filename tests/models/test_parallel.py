"""Training on several devices at once: eight virtual ones of the CPU, under JAX, in processes of their own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from core import workspace
from core.datasets import adding, catalogue, pack
from core.datasets.trained_on import TrainedOn
from core.runs import folder, queue
from core.runs.config import config
from core.runs.folder import Run
from core.runs.records import Notes, RunState, Status
from tests.models.conftest import PATIENCE, SMALL, printed, worker

pytest.importorskip("jax", reason="JAX is not installed")
pytestmark = pytest.mark.slow

DEVICES = 8
JAX = {
    "KERAS_BACKEND": "jax",
    "JAX_PLATFORMS": "cpu",
    # the other two flags only shorten the compilation
    "XLA_FLAGS": f"--xla_force_host_platform_device_count={DEVICES} --xla_backend_optimization_level=0 "
    "--xla_llvm_disable_expensive_passes=true",
}
SIZES = (16, 12, 7, 1)  # of batches; the devices split them into 8, 4, 1 and 1 parts

# A machine with eight GPUs, as NVML would show it.
EIGHT_GPUS = """
from core import machine
from core.runs import devices
devices._ALLOWED = None
machine.gpus = lambda: tuple(machine.GpuLoad("L4", 0.0, 0.1, 2**34) for _ in range(8))
"""


def measured(place: Path) -> None:
    """Write what one device and all devices together compute, into curves.json and steps.json. Runs under JAX."""
    import keras

    from models import build, fit, parallel
    from models.feed import PhotoFeed
    from models.plan import Plan
    from models.record import Progress

    settings = config(**{**SMALL, "batch_size": 8}, epochs=3, dropout=0.3, class_weights=True,
                      recipe=[{"transform": "rotation"}])  # fmt: skip
    dataset = catalogue.load("tiny")
    packs = {split: pack.load(dataset, split, 32) for split in ("train", "validation")}
    labels = packs["validation"].labels

    def network() -> keras.Model:
        """A network with all that could depend on how a batch is split: BatchNorm, dropout, a sum over photos."""
        keras.utils.set_random_seed(0)
        photos = keras.Input((32, 32, 3), dtype="uint8")
        x = keras.layers.Conv2D(6, 3, 2, use_bias=False)(keras.layers.Rescaling(1 / 255)(photos))
        x = keras.layers.ReLU()(keras.layers.BatchNormalization(momentum=0.9)(x))
        x = keras.layers.GlobalAveragePooling2D()(x)
        body = keras.Model(photos, [x, x])
        return build.whole(body, parallel.spread(build.head(settings, 6, 3)))

    def run(device: str) -> Run:
        return Run("any", place, settings, RunState.RUNNING, Status(phase=RunState.RUNNING), "", Notes(device=device))

    class Interrupting(Progress):
        """Ends the first attempt in the second batch of the second epoch."""

        ticks = 0

        def must_stop(self) -> bool:
            self.ticks += 1
            return self.ticks == 5

    def fitted(name: str, device: str, *attempts: type[Progress]) -> dict:
        where = place / name
        where.mkdir()
        for attempt in attempts:
            progress = attempt(where)
            with parallel.together(run(device), progress):
                feed = PhotoFeed(settings, packs["train"], packs["validation"], 3)
                fit.fit(Plan.of(settings), network(), feed, labels, TrainedOn(classes=("a", "b", "c")), where, progress)
        epochs = folder.read_curves(where).epochs
        status = folder.read_status(where)
        curve = [[getattr(epoch, key) for epoch in epochs] for key in ("loss", "val_loss", "accuracy", "val_accuracy")]
        return {"curve": curve, "device": status.device, "warning": status.warning}

    def step(count: int, device: str) -> list:
        """The loss of a batch of so many photos, and the weights after a step that is the gradient."""
        with parallel.together(run(device), Progress(place)):
            model = network()
            model.compile(keras.optimizers.SGD(1.0), keras.losses.CategoricalCrossentropy(from_logits=True))
            photos, one_hot = packs["train"].pixels[:count], np.eye(3, dtype=np.float32)[packs["train"].labels[:count]]
            loss = model.train_on_batch(np.asarray(photos), one_hot, sample_weight=np.linspace(0.5, 1.5, count))
            return [float(loss), *(values.tolist() for values in build.values(model.trainable_variables))]

    head = build.head(settings, 6, 3)  # as a run has it that has fitted its head on banked features before
    with parallel.together(run("gpus"), Progress(place)):
        copy = parallel.spread(head)
        x = np.ones((5, 6), np.float32)
        np.testing.assert_allclose(copy.predict_on_batch(parallel.split(x)), head(x), rtol=1e-5)
        assert all(len(variable.value.sharding.device_set) == DEVICES for variable in copy.variables)
    curves = {
        "alone": fitted("alone", "auto", Progress),
        "together": fitted("together", "gpus", Progress),
        "interrupted": fitted("interrupted", "gpus", Interrupting, Progress),
    }
    (place / "curves.json").write_text(json.dumps(curves))
    both = {count: [step(count, device) for device in ("auto", "gpus")] for count in SIZES}
    (place / "steps.json").write_text(json.dumps(both))


@dataclass(frozen=True)
class Measured:
    """What `measured` wrote."""

    curves: dict
    steps: dict


@pytest.fixture(scope="module")
def under_jax(tiny_dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Measured:
    home, place = tmp_path_factory.mktemp("parallel-home").resolve(), tmp_path_factory.mktemp("parallel")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FITTING_ROOM_HOME", str(home))
        adding.add_folder("tiny", tiny_dataset)
    code = f"from pathlib import Path\nfrom tests.models.test_parallel import measured\nmeasured(Path({str(place)!r}))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=workspace.PROJECT,
        env={**os.environ, **JAX, "FITTING_ROOM_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return Measured(*(json.loads((place / f"{name}.json").read_text()) for name in ("curves", "steps")))


def test_eight_devices_fit_the_curve_of_one(under_jax: Measured) -> None:
    alone, together = under_jax.curves["alone"], under_jax.curves["together"]
    assert (alone["device"], together["device"]) == ("", "8 CPUs together")
    assert together["warning"] == ""
    assert len(alone["curve"][0]) == 3
    np.testing.assert_allclose(together["curve"], alone["curve"], rtol=1e-4)


def test_an_interrupted_run_continues_on_eight_devices(under_jax: Measured) -> None:
    alone, interrupted = under_jax.curves["alone"], under_jax.curves["interrupted"]
    np.testing.assert_allclose(interrupted["curve"], alone["curve"], rtol=1e-4)


@pytest.mark.parametrize("count", SIZES)
def test_a_batch_of_any_size_has_the_loss_and_gradient_of_one_device(under_jax: Measured, count: int) -> None:
    alone, together = under_jax.steps[str(count)]
    for expected, actual in zip(alone, together, strict=True):
        np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)


def test_a_killed_worker_s_run_is_continued_by_the_next(tiny_dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real worker of the device `gpus`, which dies right after its first backup on all devices."""
    monkeypatch.setattr("core.runs.devices.check", lambda device: device)  # this machine has no such GPUs
    adding.add_folder("tiny", tiny_dataset)
    run_id = queue.put(config(**SMALL, epochs=2), "gpus")
    dying = """
import os
from models import fit
whole = fit._Fit._write_backup
fit.BACKUP_SECONDS = 0
def die(self):
    whole(self)
    os._exit(9)
fit._Fit._write_backup = die
"""
    begin = "\nfrom models import worker\nworker.main()"
    for code, status in ((EIGHT_GPUS + dying, 9), (EIGHT_GPUS, 0)):
        with worker("--idle", "0.1", "--device", "gpus", code=code + begin, **JAX) as process:
            assert process.wait(PATIENCE) == status, printed()
    run = folder.look(run_id)
    assert (run.state, run.status.error) == (RunState.DONE, "")
    assert len(folder.read_curves(run.folder)) == 2
    assert run.status.device == "CPU, then 8 CPUs together"
    sentence = (
        "The batch size must be a multiple of 8 for all CPUs to share the work, got 6. Each batch was split into 2."
    )
    assert sentence in run.status.warning
