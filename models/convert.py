"""Convert Keras models to LiteRT; `python -m models.convert FROM.keras TO.tflite` does it for another backend."""

import hashlib
import importlib.util
import os
import secrets
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from core import workspace
from core.answering import litert
from core.backbone import Backbone
from core.errors import ModelError
from core.files import atomic, cache, exchange
from models import build

TOLERANCE = 1e-3  # of pooled vectors, whose entries are around 1; the difference is usually 2e-5


def what_is_missing() -> str:
    """A sentence if this machine can't convert networks, only train them; else empty."""
    packages = {"tensorflow": "TensorFlow", "ai_edge_litert": "LiteRT"}
    names = [name for package, name in packages.items() if importlib.util.find_spec(package) is None]
    if not names:
        return ""
    return f"A saved model needs {' and '.join(names)}, which this machine lacks. Run `make env`."


def check() -> None:
    """Raise ModelError if this machine can't convert networks."""
    if missing := what_is_missing():
        raise ModelError(f"The network was trained, but it can't be saved as a model. {missing}")


def convert(network: keras.Model, path: Path, halved: bool = False) -> None:
    """Write `network` as a LiteRT file that takes batches of any size. Raises ModelError if that fails.

    `halved` stores the weights in 16 bits, in half the space; the file still computes in 32.
    """
    check()
    if keras.config.backend() != "tensorflow":
        _convert_in_process(network, path, halved)
        return
    import tensorflow as tf

    # Weights as constants need no saving and loading on the way, which would take five times as long.
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


def _convert_in_process(network: keras.Model, path: Path, halved: bool) -> None:
    """Convert in a new process with TensorFlow, the only backend that can."""
    with atomic.scratch_folder(workspace.scratch() / "convert") as folder:
        file = folder / "network.keras"
        network.save(file)
        process = subprocess.run(
            [sys.executable, "-m", "models.convert", str(file), str(path), *(["--halved"] if halved else [])],
            cwd=workspace.PROJECT,
            env={**os.environ, "KERAS_BACKEND": "tensorflow", "CUDA_VISIBLE_DEVICES": "-1"},
            capture_output=True,
            text=True,
            check=False,
        )
    if process.returncode:
        print(process.stderr, file=sys.stderr)
        raise ModelError(
            "The network could not be converted for the saved model, which needs TensorFlow. See the log for details."
        )


def frozen_backbone(record: Backbone, image_size: int, weights: str, body: Callable[[], keras.Model]) -> Path:
    """The converted frozen backbone in the cache: converted once per (backbone, weights, size).

    Its name has the hash of its content, so a damaged file is noticed, deleted and converted again.
    """
    folder = workspace.cache() / "backbones"
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{record.key}-{image_size}-{weights}"
    if path := _stored(folder, stem):
        return path
    with exchange.turn(folder / f"{stem}.tflite"):
        if path := _stored(folder, stem):
            return path
        cache.make_room(4 * record.parameters)
        temporary = folder / f".{stem}.{secrets.token_hex(4)}.tflite"
        try:
            convert_and_check(body(), temporary)
            return temporary.replace(folder / f"{stem}-{weights_digest(temporary)}.tflite")
        finally:
            temporary.unlink(missing_ok=True)


def _stored(folder: Path, stem: str) -> Path | None:
    """The converted backbone in the cache, if there is an undamaged one."""
    for path in folder.glob(f"{stem}-*.tflite"):
        if path.name == f"{stem}-{weights_digest(path)}.tflite":
            cache.touch(path)
            return path
        path.unlink()
    return None


def convert_and_check(body: keras.Model, path: Path, halved: bool = False) -> None:
    """Convert a backbone and compare it with Keras on random photos. Raises ModelError if the two disagree.

    With `halved`, its weights must fit into 16 bits.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        convert(body, temporary, halved)
        size = body.input.shape[1]
        photos = np.random.default_rng(0).integers(0, 256, (3, size, size, 3), np.uint8)
        expected = keras.ops.convert_to_numpy(body(photos, training=False)[1])
        difference = float(np.abs(litert.Backbone(temporary).run(photos)[1] - expected).max())
        if not difference <= TOLERANCE * max(1.0, float(np.abs(expected).max())):
            raise ModelError(f"The converted backbone differs from Keras' by {difference:.2g}, so it was not saved.")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def weights_digest(path: Path) -> str:
    """The hash of a weights file: 16 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=8)).hexdigest()


if __name__ == "__main__":
    convert(keras.models.load_model(sys.argv[1], compile=False), Path(sys.argv[2]), "--halved" in sys.argv[3:])
