"""Whether Keras trains on a GPU, and what to tell a person whose GPU is idle."""

import keras

from core.runs import devices
from models.record import Progress

LIBRARIES = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}


def has_gpu() -> bool:
    """Whether Keras' backend finds a GPU."""
    try:
        return bool(keras.distribution.list_devices("gpu"))
    except RuntimeError:  # JAX raises it if there is none
        return False


def report_device(worker: str, progress: Progress, machine: str = "") -> bool:
    """Write the device, and the machine of a cluster, into the run's status; returns whether it is a GPU.

    If NVML sees a GPU for this worker that Keras can't use, the run gets a warning and continues on the CPU.
    """
    on_gpu = has_gpu()
    if worker.startswith("gpu") and not on_gpu:
        library = LIBRARIES.get(keras.backend.backend(), keras.backend.backend())
        progress.warn(
            f"This machine has an NVIDIA GPU, but {library} can't use it, so this run was trained on the CPU. Run "
            "`make env` to install the build for GPUs, or update the NVIDIA driver."
        )
    device = devices.first_of(worker) if on_gpu else "CPU"
    progress.set_device(f"{device} of {machine}" if machine else device)
    return on_gpu
