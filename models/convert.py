"""Keras models become LiteRT files. The only place that needs TensorFlow itself (and its Keras backend)."""

import hashlib
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from core import atomic, litert, workspace
from core.backbones import Backbone
from core.errors import ModelError

TOLERANCE = 1e-3  # on pooled vectors, whose entries are of the order of 1; 2e-5 is usual


def convert(network: keras.Model, path: Path) -> None:
    """Write `network` as a LiteRT file that takes batches of any size."""
    if keras.config.backend() != "tensorflow":
        raise ModelError(f"Converting needs the TensorFlow backend; this process runs {keras.config.backend()}.")
    import tensorflow as tf

    # as constants the weights need no saving and loading on the way: that would take five times as long
    trainable, fixed = (
        [keras.ops.convert_to_numpy(variable) for variable in variables]
        for variables in (network.trainable_variables, network.non_trainable_variables)
    )

    photos = tf.TensorSpec((None, *network.input.shape[1:]), network.input.dtype)

    @tf.function(input_signature=[photos], autograph=False)
    def answer(photos: Any) -> Any:
        return network.stateless_call(trainable, fixed, photos, training=False)[0]

    content = tf.lite.TFLiteConverter.from_concrete_functions([answer.get_concrete_function()]).convert()
    atomic.write(path, lambda file: file.write(content))


def frozen(record: Backbone, image_size: int, weights: str, body: Callable[[], keras.Model]) -> Path:
    """The converted frozen backbone, kept under the cache: converted once per (backbone, weights, size)."""
    folder = workspace.cache() / "backbones"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{record.key}-{image_size}-{weights}.tflite"
    if not path.exists():
        checked(body(), path)
    return path


def checked(body: keras.Model, path: Path) -> None:
    """Convert a backbone and compare it with Keras on random photos. Raises ModelError when the two disagree."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        convert(body, fresh)
        size = body.input.shape[1]
        photos = np.random.default_rng(0).integers(0, 256, (3, size, size, 3), np.uint8)
        expected = keras.ops.convert_to_numpy(body(photos, training=False)[1])
        difference = float(np.abs(litert.Backbone(fresh).run(photos)[1] - expected).max())
        if not difference <= TOLERANCE * max(1.0, float(np.abs(expected).max())):
            raise ModelError(f"The converted backbone differs from Keras' by {difference:.2g}; it was not kept.")
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def weights_digest(path: Path) -> str:
    """A hash of a file of weights: 16 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=8)).hexdigest()
