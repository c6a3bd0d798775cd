"""Whether Keras trains on a GPU, and what to tell a person whose GPU lies idle."""

import keras

from core.runs import devices
from models.record import Progress

LIBRARIES = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}


def has_gpu() -> bool:
    """Whether Keras' backend finds a GPU."""
    try:
        return bool(keras.distribution.list_devices("gpu"))
    except RuntimeError:  # JAX says so where it has none
        return False


def tell(worker: str, progress: Progress) -> bool:
    """Write into the run's status what it is trained on; returns whether that is a GPU.

    Where NVML sees a GPU for this worker that Keras can't use, the run is warned and goes on with the CPU.
    """
    on_gpu = has_gpu()
    if worker.startswith("gpu-") and not on_gpu:
        library = LIBRARIES.get(keras.backend.backend(), keras.backend.backend())
        progress.warn(
            f"An NVIDIA GPU is here, but {library} can't use it, so this run was trained on the CPU; run `make env` to "
            "install the build for GPUs, or update the NVIDIA driver."
        )
    progress.runs_on(devices.choices().get(worker, "GPU") if on_gpu else "CPU")
    return on_gpu
