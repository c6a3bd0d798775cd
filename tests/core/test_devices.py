"""The devices for training, with NVML readings as on machines with no, one and several GPUs."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from core import machine, workspace
from core.datasets import adding
from core.errors import RunError, SettingsError
from core.files import processes
from core.runs import devices, folder, launch, queue
from core.runs.config import config
from tests.core.test_runs import held_elsewhere, make_run

WithGpus = Callable[..., None]


@pytest.fixture
def with_gpus(monkeypatch: pytest.MonkeyPatch) -> WithGpus:
    """Make NVML see cards with these names; `allowed` is CUDA_VISIBLE_DEVICES at the start."""

    def fabricate(*names: str, allowed: str | None = None) -> None:
        cards = tuple(machine.GpuLoad(name, 0.5, 0.25, 2**34) for name in names)
        monkeypatch.setattr(machine, "gpus", lambda: cards)
        monkeypatch.setattr(devices, "_ALLOWED", allowed)

    return fabricate


@pytest.fixture
def tiny(tiny_dataset: Path) -> str:
    return adding.add_folder("tiny", tiny_dataset).name


def test_without_a_gpu_there_is_nothing_to_choose(with_gpus: WithGpus) -> None:
    with_gpus()
    assert devices.choices() == {}
    assert {devices.worker_of(choice) for choice in ("auto", "cpu", "gpu-0")} == {"auto"}
    assert devices.environment("auto") == {}


def test_each_gpu_and_the_cpu_can_be_chosen(with_gpus: WithGpus) -> None:
    with_gpus("L4", "H200")
    assert devices.choices() == {"auto": "Automatic", "gpu-0": "GPU 0: L4", "gpu-1": "GPU 1: H200", "cpu": "CPU"}
    workers = {choice: devices.worker_of(choice) for choice in ("auto", "gpu-0", "gpu-1", "cpu")}
    assert workers == {"auto": "gpu-0", "gpu-0": "gpu-0", "gpu-1": "gpu-1", "cpu": "cpu"}
    assert devices.worker_of("gpu-7") == "gpu-0"  # a card that was removed


@pytest.mark.parametrize(
    ("allowed", "left"), [("1", ["gpu-1"]), ("1,0", ["gpu-0", "gpu-1"]), ("", []), ("-1", []), ("GPU-8932f937", [])]
)
def test_gpus_that_are_hidden_from_this_program_are_not_offered(with_gpus: WithGpus, allowed: str, left: list) -> None:
    with_gpus("L4", "H200", allowed=allowed)
    assert [key for key in devices.choices() if key.startswith("gpu")] == left
    assert devices.worker_of("auto") == (left[0] if left else "auto")


def test_a_worker_sees_its_own_device_only() -> None:
    assert devices.environment("gpu-1")["CUDA_VISIBLE_DEVICES"] == "1"
    assert devices.environment("gpu-1")["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID"
    assert devices.environment("cpu")["CUDA_VISIBLE_DEVICES"] == "-1"


def test_all_gpus_together_need_two_of_them_and_jax(with_gpus: WithGpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    with_gpus("L4", "H200", "H200", allowed="0,2")
    assert list(devices.choices()) == ["auto", "gpu-0", "gpu-2", "gpus", "cpu"]
    assert devices.choices()["gpus"] == "All GPUs together"
    assert (devices.check("gpus"), devices.worker_of("gpus")) == ("gpus", "gpus")
    assert devices.environment("gpus")["CUDA_VISIBLE_DEVICES"] == "0,2"
    assert devices.first_of("gpus") == "GPU 0: L4"
    for names, got in ((("L4",), "1 GPU"), ((), "0 GPUs")):
        with_gpus(*names)
        assert "gpus" not in devices.choices()
        assert devices.worker_of("gpus") in ("gpu-0", "auto")  # of a run that was queued when there were more
        with pytest.raises(SettingsError, match=rf"needs at least two GPUs, got {got}\. Choose one of auto, .*cpu\."):
            devices.check("gpus")
    with_gpus("L4", "H200")
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    with pytest.raises(SettingsError, match=r"needs JAX as Keras' backend, got 'tensorflow'\. Start the app with"):
        devices.check("gpus")
    assert devices.worker_of("gpus") == "gpu-0"


def test_keras_backend_comes_from_the_environment_or_keras_own_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert devices.keras_backend() == "tensorflow"
    (tmp_path / "keras.json").write_text('{"backend": "jax"}')
    assert devices.keras_backend() == "jax"
    (tmp_path / "keras.json").write_text("[1]")
    assert devices.keras_backend() == "tensorflow"
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    assert devices.keras_backend() == "torch"


def test_a_run_remembers_its_device_and_may_move_while_it_waits(tiny: str, with_gpus: WithGpus) -> None:
    with_gpus("L4", "H200")
    run_id = queue.put(config(dataset=tiny), device="gpu-1")
    queue.rename(run_id, "on the big one")
    assert (folder.look(run_id).device, folder.look(run_id).name) == ("gpu-1", "on the big one")
    queue.move(run_id, "cpu")
    assert (folder.look(run_id).device, folder.look(run_id).name) == ("cpu", "on the big one")
    assert folder.look(queue.put(config(dataset=tiny))).device == "auto"
    with pytest.raises(SettingsError, match="auto, gpu-0, gpu-1, cpu, got 'gpu-2'"):
        queue.move(run_id, "gpu-2")
    with pytest.raises(SettingsError, match="gpu-2"):
        queue.put(config(dataset=tiny), device="gpu-2")
    make_run("begun", {"phase": "done"})
    with pytest.raises(RunError, match="is done"):
        queue.move("begun", "cpu")


def test_each_worker_takes_its_own_runs(tiny: str, with_gpus: WithGpus) -> None:
    with_gpus("L4", "H200")
    for device in ("gpu-1", "cpu", "auto", "gpu-1", "gpu-0"):
        queue.put(config(dataset=tiny, name=f"for {device}"), device)
    names = {worker: [run.name for run in queue.waiting(worker)] for worker in ("gpu-0", "gpu-1", "cpu", "auto")}
    assert names == {"gpu-0": ["for auto", "for gpu-0"], "gpu-1": ["for gpu-1"] * 2, "cpu": ["for cpu"], "auto": []}
    assert len(queue.waiting()) == 5


def test_a_worker_is_started_for_each_device_with_work(
    tiny: str, with_gpus: WithGpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts: list[tuple[str, ...]] = []
    monkeypatch.setattr(processes, "start", lambda module, log, *arguments: starts.append(arguments))
    with_gpus("L4", "H200")
    queue.put(config(dataset=tiny), "gpu-1")
    queue.put(config(dataset=tiny), "cpu")
    workspace.locks().mkdir()
    with held_elsewhere(launch.lock_of("cpu")):
        assert launch.ensure_worker() is True
        assert starts == [("--device", "gpu-1")]
        assert launch.is_working()
    assert launch.ensure_worker() is True  # the CPU's worker is gone, the GPU's has just been started
    assert starts == [("--device", "gpu-1"), ("--device", "cpu")]


# Workers that fail to start


def fail_to_start(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Start a real process that ends immediately, so many times, each after the pause since the last one."""
    for _ in range(times):
        process: list = []
        start = processes.start
        with monkeypatch.context() as patch:
            patch.setattr(
                processes,
                "start",
                lambda module, log, *a, start=start, process=process: process.append(start("core.no_such", log)),
            )
            assert launch.ensure_worker() is True
        assert process[0].wait(30) == 1
        long_ago = time.time() - launch.LATER - 1
        os.utime(workspace.locks() / "worker-auto.started", (long_ago, long_ago))


def test_after_some_failed_starts_there_is_a_sentence_and_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    make_run("a")
    fail_to_start(monkeypatch, launch.MANY_STARTS - 1)
    assert launch.trouble() is None
    fail_to_start(monkeypatch, 1)
    assert f"started {launch.MANY_STARTS} times" in launch.trouble()
    assert "no_such" in launch.log_tail()
    with held_elsewhere(launch.lock_of("auto")):
        assert launch.trouble() is None  # a worker runs now
    launch.clear_starts("auto")
    assert launch.trouble() is None


def test_failed_starts_come_further_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    make_run("a")
    monkeypatch.setattr(processes, "start", lambda *_: None)
    mark = workspace.locks() / "worker-auto.started"
    for _ in range(launch.MANY_STARTS):
        assert launch.ensure_worker() is True
        ago = time.time() - launch.STARTING - 1
        os.utime(mark, (ago, ago))
    assert launch.ensure_worker() is False
    os.utime(mark, (0, time.time() - launch.LATER - 1))
    assert launch.ensure_worker() is True


def test_a_missing_python_is_reported_too(monkeypatch: pytest.MonkeyPatch) -> None:
    make_run("a")
    monkeypatch.setattr("sys.executable", "/no/such/python")
    assert launch.ensure_worker() is False
    assert "/no/such/python" in launch.log_tail()


def test_no_trouble_if_nothing_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    made = make_run("a")
    fail_to_start(monkeypatch, launch.MANY_STARTS)
    (made / "stop").touch()
    assert launch.trouble() is None
