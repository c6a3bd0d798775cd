"""This machine's hardware and load: cores and memory from psutil, NVIDIA GPUs from NVML.

Both libraries are imported where they are needed: the shell answers photos with little memory and needs neither.
"""

import contextlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from core import environment

FRESH = 0.9  # s; pages look every second
NICENESS = 19  # of 0 (usual) to 19; beside a process with 0, one with 19 gets about a sixtieth of the time


@dataclass(frozen=True)
class Load:
    """One reading of the machine."""

    cpu: float  # share of all cores in use since the last reading, 0 to 1
    memory: float  # share of the main memory in use, 0 to 1
    memory_bytes: int  # total main memory
    gpus: tuple["GpuLoad", ...]


@dataclass(frozen=True)
class GpuLoad:
    """One reading of one NVIDIA GPU."""

    name: str
    busy: float  # share of the time in which it computed, 0 to 1
    memory: float  # share of its memory in use, 0 to 1
    memory_bytes: int  # its total memory


def cores() -> int:
    """The number of processor cores that this process may use: `$FITTING_ROOM_CORES` at most."""
    try:
        available = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS and Windows have no affinity masks
        available = os.cpu_count() or 1
    limit = os.environ.get("FITTING_ROOM_CORES", "")
    return min(available, int(limit)) if limit.isdecimal() and int(limit) > 0 else available


def gpus() -> tuple[GpuLoad, ...]:
    """The NVIDIA GPUs and their load now; empty without any."""
    import pynvml

    readings = []
    if _has_no_driver(pynvml.nvmlInit):
        return ()
    try:
        pynvml.nvmlInit()  # costs microseconds when it already works
        for index in range(pynvml.nvmlDeviceGetCount()):
            handle = pynvml.nvmlDeviceGetHandleByIndex(index)
            memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
            busy = pynvml.nvmlDeviceGetUtilizationRates(handle).gpu / 100
            name = pynvml.nvmlDeviceGetName(handle)
            readings.append(GpuLoad(str(name), busy, memory.used / memory.total, memory.total))
    except pynvml.NVMLError:
        return ()
    return tuple(readings)


@lru_cache(maxsize=1)
def _has_no_driver(init: Callable[[], None]) -> bool:
    """Whether NVML is missing. Looked up once: pages ask for the GPUs many times a second, and each search reads the
    disk."""
    import pynvml

    try:
        init()
    except pynvml.NVMLError as error:
        return bool(error.value == pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)
    return False


def give_way() -> None:
    """Let all other programs go first, so that pages stay quick while this process trains on all cores.

    `$FITTING_ROOM_NICENESS` says by how much, from 0 (not at all) to 19, the usual.
    """
    import psutil

    niceness = int(environment.number("FITTING_ROOM_NICENESS", NICENESS, "a number from 0 to 19", most=19))
    if not niceness:
        return
    with contextlib.suppress(psutil.Error, OSError):  # a lower priority is a courtesy
        process = psutil.Process()
        low = psutil.BELOW_NORMAL_PRIORITY_CLASS if os.name == "nt" else max(niceness, int(process.nice()))
        process.nice(low)
    # Linux shares the cores between sessions first, and a worker that a page has started is a session of its own:
    # without this it gets as much time as the pages, however nice it is. The session of a terminal stays as it is.
    if hasattr(os, "getsid") and os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(niceness), encoding="ascii")


def memory_of_process() -> int:
    """The main memory that this process takes, in bytes."""
    import psutil

    return int(psutil.Process().memory_info().rss)


def load() -> Load:
    """The machine's load, at most FRESH seconds old.

    All sessions share a reading: it tells the use since the last one, which would be noise if each session read it.
    """
    if not _last or time.monotonic() - _last[-1][0] >= FRESH:
        _last[:] = [(time.monotonic(), _measured())]
    return _last[-1][1]


def _measured() -> Load:
    import psutil

    memory = psutil.virtual_memory()
    return Load(psutil.cpu_percent() / 100, memory.percent / 100, memory.total, gpus())


_last: list[tuple[float, Load]] = []
