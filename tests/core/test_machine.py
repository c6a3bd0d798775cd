"""The gauges: on every machine, readings are within their limits and never fail."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pynvml
import pytest

from core import machine


def test_a_reading_is_shared_for_a_second(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(machine.time, "monotonic", lambda: now[0])
    first = machine.load()
    assert machine.load() is first
    now[0] += machine.FRESH
    assert machine.load() is not first


def test_cores_are_those_that_may_be_used():
    assert 1 <= machine.cores() <= (os.cpu_count() or 1)


def test_cores_without_affinity_masks(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert machine.cores() == os.cpu_count()


def test_load_lies_within_its_limits():
    load = machine.load()
    assert 0 <= load.cpu <= 1
    assert 0 < load.memory < 1
    assert load.memory_bytes > 2**28


def test_no_nvidia_driver_means_no_gpus(monkeypatch):
    def missing():
        raise pynvml.NVMLError(pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)

    monkeypatch.setattr(pynvml, "nvmlInit", missing)
    assert machine.gpus() == ()
    assert machine.load().gpus == ()


@pytest.fixture
def two_gpus(monkeypatch):
    """NVML with two cards."""
    monkeypatch.setattr(pynvml, "nvmlInit", lambda: None)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetCount", lambda: 2)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetHandleByIndex", lambda index: index)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetMemoryInfo", lambda h: SimpleNamespace(used=2**30, total=2**32))
    monkeypatch.setattr(pynvml, "nvmlDeviceGetUtilizationRates", lambda h: SimpleNamespace(gpu=50 * h))
    monkeypatch.setattr(pynvml, "nvmlDeviceGetName", lambda h: f"Card {h}")


def test_gpus_as_nvml_tells(two_gpus):
    assert machine.gpus() == (
        machine.GpuLoad("Card 0", 0.0, 0.25, 2**32),
        machine.GpuLoad("Card 1", 0.5, 0.25, 2**32),
    )


def test_a_gpu_that_is_lost_while_looking_is_no_error(two_gpus, monkeypatch):
    def lost(handle):
        raise pynvml.NVMLError(pynvml.NVML_ERROR_GPU_IS_LOST)

    monkeypatch.setattr(pynvml, "nvmlDeviceGetUtilizationRates", lost)
    assert machine.gpus() == ()


def test_nvml_is_searched_once_where_there_is_none(monkeypatch):
    searches = []

    def missing():
        searches.append(1)
        raise pynvml.NVMLError(pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)

    monkeypatch.setattr(pynvml, "nvmlInit", missing)
    assert [machine.gpus() for _ in range(3)] == [(), (), ()]
    assert len(searches) == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows has classes of priority instead of numbers")
@pytest.mark.parametrize("own_session", [True, False])
@pytest.mark.parametrize(
    ("setting", "niceness"), [("", machine.NICENESS), ("7", 7), ("0", 0), ("20", machine.NICENESS)]
)
def test_a_process_that_gives_way_lowers_its_priority_and_that_of_a_session_of_its_own(own_session, setting, niceness):
    code = (
        "import os, pathlib; from core import machine; group = pathlib.Path('/proc/self/autogroup');"
        # A process without a group of its own, as some containers start it, reads an empty file.
        "look = lambda: (group.read_text().split() or [None])[-1] if group.exists() else None;"
        "before = look(); machine.give_way(); print(os.nice(0), before, look())"
    )
    start = os.nice(0)
    answer = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=True,
        text=True,
        start_new_session=own_session,
        env={**os.environ, "FITTING_ROOM_NICENESS": setting},
    )
    *warned, last = answer.stdout.splitlines()
    nice, before, after = last.split()
    assert int(nice) == max(start, niceness)
    assert after == (str(niceness) if own_session and niceness and before != "None" else before)
    assert bool(warned) == (setting == "20")
