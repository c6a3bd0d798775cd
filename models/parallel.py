"""Data parallelism: the devices of this machine share each batch that passes through a whole network.

Keras' distribution API keeps a copy of the variables on each device; the compiler adds up the gradients. Only the
backend JAX has it (docs/decisions/0040-a-batch-is-split-evenly.md).
"""

import contextlib
import math
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from core.runs import devices
from core.runs.folder import Run
from models import accelerator, build
from models.record import Progress


class EvenParts(keras.distribution.DataParallel):  # type: ignore[misc]  # Keras has no types
    """Splits a batch into equal parts: as many as divide both its size and the number of devices.

    Where there are more devices than parts, several compute the same part. No photo is dropped or padded, so loss,
    gradient and BatchNorm's statistics are those of the batch on one device, up to rounding.
    """

    def get_data_layout(self, data_shape: tuple[int, ...]) -> keras.distribution.TensorLayout:
        """The layout of an input with photos along the first axis."""
        every = self.device_mesh.devices.reshape(-1)
        shared = parts(data_shape[0], every.size)
        # Always all devices in the same order: one program can't mix different sets of devices
        mesh = keras.distribution.DeviceMesh((shared, every.size // shared), ("batch", "copies"), every)
        return keras.distribution.TensorLayout(["batch", *[None] * (len(data_shape) - 1)], mesh)


def parts(photos: int, count: int) -> int:
    """The number of equal parts into which `count` devices split so many photos."""
    return math.gcd(photos, count)


@contextlib.contextmanager
def together(run: Run, progress: Progress) -> Iterator[None]:
    """Networks that are built meanwhile train on all devices, if that is the run's choice; else nothing changes.

    The run's status names the devices, and warns if the batch size leaves some of them without work of their own.
    """
    every = keras.distribution.list_devices() if run.device == devices.GPUS else []
    if len(every) < 2:
        yield
        return
    kind, size = "GPU" if accelerator.has_gpu() else "CPU", run.config.batch_size
    progress.set_device(f"{len(every)} {kind}s together")
    if (shared := parts(size, len(every))) < len(every):
        progress.warn(
            f"The batch size must be a multiple of {len(every)} for all {kind}s to share the work, got {size}. Each "
            f"batch was split into {shared}. Next time, choose {-(-size // len(every)) * len(every)}."
        )
    with EvenParts(devices=every).scope():
        yield


def spread(model: keras.Model) -> keras.Model:
    """The same model with its variables on all devices, if they train together."""
    if keras.distribution.distribution() is None:
        return model
    copy = keras.models.clone_model(model)
    build.assign(copy.variables, build.values(model.variables))
    return copy


def split(photos: NDArray[np.uint8]) -> Any:
    """The photos, split over all devices if they work together; for `predict_on_batch`, which does not split."""
    distribution = keras.distribution.distribution()
    if distribution is None:
        return photos
    return keras.distribution.distribute_tensor(photos, distribution.get_data_layout(photos.shape))
