"""What can be trained on: the CPU, each NVIDIA GPU, and what becomes of a run for which nobody chose.

Each device has a worker of its own. Without a GPU that NVML sees there is one, called "auto", which leaves the choice
to Keras; with GPUs "auto" means the first one.
"""

import os

from core import machine
from core.errors import SettingsError
from core.runs.records import AUTO

CPU = "cpu"
_ALLOWED = os.environ.get("CUDA_VISIBLE_DEVICES")  # as it was at the start: a worker narrows it for itself


def choices() -> dict[str, str]:
    """The devices that a run can be queued for, with what to call them; empty where there is nothing to choose."""
    gpus = _gpus()
    if not gpus:
        return {}
    return {AUTO: "Automatic", **{key: f"GPU {key.removeprefix('gpu-')}: {name}" for key, name in gpus.items()},
            CPU: "CPU"}  # fmt: skip


def checked(device: str) -> str:
    """The device, when there is such a one. Raises SettingsError."""
    known = choices() or {AUTO: "", CPU: ""}
    if device not in known:
        raise SettingsError(f"There is no device {device!r} here; there are: {', '.join(known)}.")
    return device


def worker_of(device: str) -> str:
    """The worker that takes a run with this choice: a GPU that is gone since is replaced by the first one there is."""
    gpus = _gpus()
    if not gpus:
        return AUTO
    return device if device in (*gpus, CPU) else next(iter(gpus))


def environment(worker: str) -> dict[str, str]:
    """What a worker's process must know before CUDA is loaded, so that it sees its own device and no other."""
    if worker == CPU:
        return {"CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu"}
    if worker.startswith("gpu-"):
        # NVML counts in the order of the slots; CUDA would put the fastest first
        return {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": worker.removeprefix("gpu-")}
    return {}


def _gpus() -> dict[str, str]:
    """The NVIDIA GPUs that this program may use: "gpu-0" and so on, with their names."""
    found = {f"gpu-{index}": gpu.name for index, gpu in enumerate(machine.gpus())}
    if _ALLOWED is None:
        return found
    allowed = [part.strip() for part in _ALLOWED.split(",")]
    if any(part.startswith(("GPU-", "MIG-")) for part in allowed):  # by their serial numbers: CUDA alone knows which
        return {}
    return {key: name for key, name in found.items() if key.removeprefix("gpu-") in allowed}
