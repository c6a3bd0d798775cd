"""Failures on devices: errors raised in real workers, and a GPU that Keras can't use."""

import errno
import json
import textwrap

import pytest

from core import workspace
from core.datasets import adding
from core.runs import folder, queue
from core.runs.config import config
from core.runs.folder import Run
from core.runs.records import GPU_MEMORY, MEMORY, RunState
from models import failures
from tests.models.conftest import PATIENCE, SMALL, Finished, printed, worker


def kind(name: str, words: str) -> Exception:
    return type(name, (Exception,), {})(words)


ERRORS = [
    (OSError(errno.ENOSPC, "No space left on device"), True, "The disk is full.", ""),
    (kind("ResourceExhaustedError", "OOM when allocating"), True, "The GPU's memory ran out.", GPU_MEMORY),
    (kind("ResourceExhaustedError", "OOM when allocating"), False, "The machine's memory ran out.", MEMORY),
    (kind("XlaRuntimeError", "RESOURCE_EXHAUSTED: Out of memory"), True, "The GPU's memory ran out.", GPU_MEMORY),
    (kind("OutOfMemoryError", "CUDA out of memory."), True, "The GPU's memory ran out.", GPU_MEMORY),
    (kind("InternalError", "CUDNN_STATUS_ALLOC_FAILED"), True, "The GPU's memory ran out.", GPU_MEMORY),
    (MemoryError(), True, "The machine's memory ran out.", MEMORY),
    (ValueError("shapes\ndiffer"), True, "unexpected error (ValueError: shapes)", ""),
    (KeyError(), False, "unexpected error (KeyError: KeyError)", ""),
]


def test_an_unexpected_error_becomes_a_sentence(subtests: pytest.Subtests) -> None:
    for error, on_gpu, words, cause in ERRORS:
        with subtests.test(error=error, on_gpu=on_gpu):
            sentence, actual = failures.explain(error, on_gpu)
            assert words in sentence
            assert "\n" not in sentence
            assert actual == cause


def run_by(code: str, device: str = "auto") -> Run:
    """A run after a real worker on the CPU has trained it; `code` changes the worker before it starts."""
    run_id = queue.put(config(**SMALL, epochs=1), device)
    begin = "\nfrom models import worker\nworker.main()"
    with worker("--idle", "0.1", "--device", device, code=textwrap.dedent(code) + begin) as process:
        assert process.wait(PATIENCE) == 0, printed()
    return folder.look(run_id)


@pytest.fixture
def tiny(tiny_dataset) -> str:
    return adding.add_folder("tiny", tiny_dataset).name


TWO_GPUS = """
from core import machine
from core.runs import devices
devices._ALLOWED = None
machine.gpus = lambda: tuple(machine.GpuLoad(name, 0.0, 0.1, 2**34) for name in ("L4", "H200"))
"""


@pytest.mark.slow
def test_tensorflows_own_error_for_a_full_gpu(tiny: str) -> None:
    run = run_by(
        TWO_GPUS
        + """
import keras, tensorflow
from models import job
keras.distribution.list_devices = lambda kind=None: ["gpu:0"]
def full(*_):
    raise tensorflow.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor with shape[32,299,299,3]")
job.train = full
"""
    )
    assert (run.state, run.status.cause) == (RunState.FAILED, GPU_MEMORY)
    assert run.status.error.startswith("The GPU's memory ran out.")
    assert run.status.device == "GPU 0: L4"
    assert "OOM when allocating" in (run.folder / "worker.log").read_text()


@pytest.mark.slow
def test_a_gpu_that_keras_cannot_use_is_a_warning(tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.runs.devices.check", lambda device: device)  # this machine has no such GPU
    run = run_by(
        TWO_GPUS + "import os, atexit\natexit.register(lambda: print(os.environ['CUDA_VISIBLE_DEVICES']))", "gpu-1"
    )
    assert (run.state, run.status.device) == (RunState.DONE, "CPU")
    warning = "This machine has an NVIDIA GPU, but TensorFlow can't use it, so this run was trained on the CPU."
    assert run.status.warning.startswith(warning)
    assert printed().split()[-1] == "1"  # the worker saw only its own GPU


@pytest.mark.slow
def test_a_machine_without_gpus_gets_no_warning(finished: Finished) -> None:
    run = finished.run
    assert (run.status.device, run.status.warning) == ("CPU", "")
    assert not list(workspace.locks().glob("*.started"))
    assert json.loads((run.folder / "status.json").read_text())["cause"] == ""
