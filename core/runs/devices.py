"""The devices for training: the CPU, each NVIDIA GPU, all GPUs together, a cluster, and "auto" for runs without a
choice.

Each device has its own worker. If NVML sees no GPU, the only worker is "auto", which leaves the choice to Keras. With
GPUs, "auto" means the first GPU. The worker of a cluster hands the runs on (see models/cluster).
"""

import os

from core import machine
from core.backbone import keras_home
from core.errors import SettingsError
from core.files import atomic
from core.runs import cluster
from core.runs.records import AUTO
from core.words import count, quoted

CPU = "cpu"
GPUS = "gpus"  # each batch is split over all of them
SPLITS = "jax"  # the backend of Keras that can split a batch over several GPUs
_ALLOWED = os.environ.get("CUDA_VISIBLE_DEVICES")  # at the start, since a worker changes it for itself


def choices() -> dict[str, str]:
    """The devices that a run can be queued for, with their labels; empty if there is no choice."""
    here = {AUTO: "This machine"}
    if gpus := _gpus():
        each = {key: f"GPU {key.removeprefix('gpu-')}: {name}" for key, name in gpus.items()}
        together = {GPUS: "All GPUs together"} if _can_join(gpus) else {}
        here = {AUTO: "Automatic", **each, **together, CPU: "CPU"}
    if offered := cluster.offered():
        return {**here, offered: f"Cluster at {offered.removeprefix(cluster.PREFIX)}"}
    return here if gpus else {}


def check(device: str) -> str:
    """Return the device if it exists. Raises SettingsError, or ClusterError for a cluster that can't be reached."""
    if device.startswith(cluster.PREFIX):
        cluster.check(device.removeprefix(cluster.PREFIX))
        return device
    devices = choices() or {AUTO: "", CPU: ""}
    if device == GPUS and device not in devices:
        raise SettingsError(f"{_why_apart(_gpus())} Choose one of {', '.join(devices)}.")
    if device not in devices:
        raise SettingsError(f"The device must be one of {', '.join(devices)}, got {quoted(device)}.")
    return device


def worker_of(device: str) -> str:
    """The worker that takes a run with this choice. The first GPU replaces one that no longer exists."""
    if cluster.address_of(device):
        return device
    gpus = _gpus()
    if not gpus:
        return AUTO
    if device == GPUS and _can_join(gpus):
        return GPUS
    return device if device in (*gpus, CPU) else next(iter(gpus))


def first_of(worker: str) -> str:
    """The device on which a worker computes what is not split, in words; "GPU" if NVML sees none."""
    if worker == GPUS:
        worker = next(iter(_gpus()), AUTO)
    return choices().get(worker, "GPU")


def environment(worker: str) -> dict[str, str]:
    """The environment variables that make a worker's process see only its own device. Set them before CUDA loads."""
    if worker == CPU:
        return {"CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu"}
    if worker == GPUS:
        numbers = ",".join(key.removeprefix("gpu-") for key in _gpus())
        return {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": numbers}
    if worker.startswith("gpu-"):
        # NVML counts in slot order; CUDA would put the fastest GPU first
        return {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": worker.removeprefix("gpu-")}
    return {}


def keras_backend() -> str:
    """The name of the backend that Keras will take: of `$KERAS_BACKEND`, else of its keras.json."""
    if name := os.environ.get("KERAS_BACKEND"):
        return name
    settings = atomic.read_json(keras_home() / "keras.json")
    stored = settings.get("backend") if isinstance(settings, dict) else None
    return str(stored or "tensorflow")


def _can_join(gpus: dict[str, str]) -> bool:
    return len(gpus) > 1 and keras_backend() == SPLITS


def _why_apart(gpus: dict[str, str]) -> str:
    """The sentence that says why these GPUs can't train one run together."""
    if len(gpus) < 2:
        return f"The device {GPUS} needs at least two GPUs, got {count(len(gpus), 'GPU')}."
    return (
        f"The device {GPUS} needs JAX as Keras' backend, got {quoted(keras_backend())}. Start the app with "
        f"KERAS_BACKEND={SPLITS}."
    )


def _gpus() -> dict[str, str]:
    """The NVIDIA GPUs that this program may use: "gpu-0" and so on, with their names."""
    gpus = {f"gpu-{index}": gpu.name for index, gpu in enumerate(machine.gpus())}
    if _ALLOWED is None:
        return gpus
    allowed = [part.strip() for part in _ALLOWED.split(",")]
    if any(part.startswith(("GPU-", "MIG-")) for part in allowed):  # serial numbers, which only CUDA can match
        return {}
    return {key: name for key, name in gpus.items() if key.removeprefix("gpu-") in allowed}
