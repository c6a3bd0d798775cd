"""This machine's hardware and load: cores and memory from psutil, NVIDIA GPUs from NVML.

Both libraries are imported where they are needed: the shell answers photos with little memory and needs neither.
"""

import os
from dataclasses import dataclass


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
    """The number of processor cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS and Windows have no affinity masks
        return os.cpu_count() or 1


def gpus() -> tuple[GpuLoad, ...]:
    """The NVIDIA GPUs and their load now; empty without any."""
    import pynvml

    readings = []
    try:
        pynvml.nvmlInit()  # costs microseconds when it already works, or when there is no driver
        for index in range(pynvml.nvmlDeviceGetCount()):
            handle = pynvml.nvmlDeviceGetHandleByIndex(index)
            memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
            busy = pynvml.nvmlDeviceGetUtilizationRates(handle).gpu / 100
            name = pynvml.nvmlDeviceGetName(handle)
            readings.append(GpuLoad(str(name), busy, memory.used / memory.total, memory.total))
    except pynvml.NVMLError:
        return ()
    return tuple(readings)


def load() -> Load:
    """The machine's load now."""
    import psutil

    memory = psutil.virtual_memory()
    return Load(psutil.cpu_percent() / 100, memory.percent / 100, memory.total, gpus())
