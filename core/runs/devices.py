"""The devices for training: the CPU, each NVIDIA GPU, and "auto" for runs without a choice.

Each device has its own worker. If NVML sees no GPU, the only worker is "auto", which leaves the choice to Keras. With
GPUs, "auto" means the first GPU.
"""

import os

from core import machine
from core.errors import SettingsError
from core.runs.records import AUTO
from core.words import quoted

CPU = "cpu"
_ALLOWED = os.environ.get("CUDA_VISIBLE_DEVICES")  # at the start, since a worker changes it for itself


def choices() -> dict[str, str]:
    """The devices that a run can be queued for, with their labels; empty if there is no choice."""
    gpus = _gpus()
    if not gpus:
        return {}
    return {AUTO: "Automatic", **{key: f"GPU {key.removeprefix('gpu-')}: {name}" for key, name in gpus.items()},
            CPU: "CPU"}  # fmt: skip


def check(device: str) -> str:
    """Return the device if it exists. Raises SettingsError."""
    devices = choices() or {AUTO: "", CPU: ""}
    if device not in devices:
        raise SettingsError(f"The device must be one of {', '.join(devices)}, got {quoted(device)}.")
    return device


def worker_of(device: str) -> str:
    """The worker that takes a run with this choice. The first GPU replaces one that no longer exists."""
    gpus = _gpus()
    if not gpus:
        return AUTO
    return device if device in (*gpus, CPU) else next(iter(gpus))


def environment(worker: str) -> dict[str, str]:
    """The environment variables that make a worker's process see only its own device. Set them before CUDA loads."""
    if worker == CPU:
        return {"CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu"}
    if worker.startswith("gpu-"):
        # NVML counts in slot order; CUDA would put the fastest GPU first
        return {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": worker.removeprefix("gpu-")}
    return {}


def _gpus() -> dict[str, str]:
    """The NVIDIA GPUs that this program may use: "gpu-0" and so on, with their names."""
    gpus = {f"gpu-{index}": gpu.name for index, gpu in enumerate(machine.gpus())}
    if _ALLOWED is None:
        return gpus
    allowed = [part.strip() for part in _ALLOWED.split(",")]
    if any(part.startswith(("GPU-", "MIG-")) for part in allowed):  # serial numbers, which only CUDA can match
        return {}
    return {key: name for key, name in gpus.items() if key.removeprefix("gpu-") in allowed}
