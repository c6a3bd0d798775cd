"""Keras models become LiteRT files; `python -m models.convert FROM.keras TO.tflite` does it for another backend."""

import hashlib
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from core import workspace
from core.answering import litert
from core.backbones import Backbone
from core.errors import ModelError
from core.files import atomic, cache
from models import build

TOLERANCE = 1e-3  # on pooled vectors, whose entries are of the order of 1; 2e-5 is usual


def convert(network: keras.Model, path: Path, halved: bool = False) -> None:
    """Write `network` as a LiteRT file that takes batches of any size. Raises ModelError where that can't be.

    `halved` stores the weights in 16 bits, at half the room; it computes in 32 all the same.
    """
    if keras.config.backend() != "tensorflow":
        _elsewhere(network, path, halved)
        return
    import tensorflow as tf

    # as constants the weights need no saving and loading on the way: that would take five times as long
    trainable, fixed = build.values(network.trainable_variables), build.values(network.non_trainable_variables)

    photos = tf.TensorSpec((None, *network.input.shape[1:]), network.input.dtype)

    @tf.function(input_signature=[photos], autograph=False)
    def answer(photos: Any) -> Any:
        return network.stateless_call(trainable, fixed, photos, training=False)[0]

    converter = tf.lite.TFLiteConverter.from_concrete_functions([answer.get_concrete_function()])
    if halved:
        converter.optimizations, converter.target_spec.supported_types = [tf.lite.Optimize.DEFAULT], [tf.float16]
    content = converter.convert()
    atomic.write(path, lambda file: file.write(content))


def _elsewhere(network: keras.Model, path: Path, halved: bool) -> None:
    """Under another backend a process of its own converts: only TensorFlow can."""
    with tempfile.TemporaryDirectory(prefix="fitting-room-") as folder:
        file = Path(folder) / "network.keras"
        network.save(file)
        done = subprocess.run(
            [sys.executable, "-m", "models.convert", str(file), str(path), *(["--halved"] if halved else [])],
            cwd=workspace.PROJECT,
            env={**os.environ, "KERAS_BACKEND": "tensorflow", "CUDA_VISIBLE_DEVICES": "-1"},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        print(done.stderr, file=sys.stderr)
        raise ModelError(
            "The network can't be converted for the saved model: that needs TensorFlow. The log tells more."
        )


def frozen(record: Backbone, image_size: int, weights: str, body: Callable[[], keras.Model]) -> Path:
    """The converted frozen backbone, kept under the cache: converted once per (backbone, weights, size).

    Its name tells the hash of its content, so a damaged one is noticed, deleted and converted anew.
    """
    folder = workspace.cache() / "backbones"
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{record.key}-{image_size}-{weights}"
    for path in folder.glob(f"{stem}-*.tflite"):
        if path.name == f"{stem}-{weights_digest(path)}.tflite":
            cache.touch(path)
            return path
        path.unlink()
    cache.make_room(4 * record.parameters)
    fresh = folder / f".{stem}.{secrets.token_hex(4)}.tflite"
    try:
        checked(body(), fresh)
        return fresh.replace(folder / f"{stem}-{weights_digest(fresh)}.tflite")
    finally:
        fresh.unlink(missing_ok=True)


def checked(body: keras.Model, path: Path, halved: bool = False) -> None:
    """Convert a backbone and compare it with Keras on random photos. Raises ModelError when the two disagree.

    With `halved` its weights have to be such as 16 bits can hold.
    """
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        convert(body, fresh, halved)
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


if __name__ == "__main__":
    convert(keras.models.load_model(sys.argv[1], compile=False), Path(sys.argv[2]), "--halved" in sys.argv[3:])
