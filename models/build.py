"""Build Keras models from records and settings: the backbone, the head, and both as one network."""

import contextlib
import re
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import keras
import numpy as np

from core import words
from core.backbone import Backbone
from core.backbones import BACKBONES, RESIDUAL, SMALL_CNN
from core.datasets import download
from core.errors import DownloadError, ModelError
from core.runs import bodies
from core.runs.config import RunConfig
from models import folding

SMALL_CNN_FILTERS = (16, 32, 64, 128, 192)
RESIDUAL_STEM = (24, 48)  # filters; each halves the photo's sides
RESIDUAL_BLOCKS = ((48, 1), (96, 2), (96, 1), (160, 2), (160, 1), (160, 1))  # filters, stride
WEIGHTS_FROM = "https://storage.googleapis.com/tensorflow/keras-applications"  # the address that Keras itself uses
SCALINGS = {"-1…1": (1 / 127.5, -1.0), "0…1": (1 / 255,), "0…255": (1.0,)}  # factor and offset of the levels
LOGITS = "logits"  # the name of the last layer, the only one with values for each class
ABANDONED_SECONDS = 3600.0  # an unfinished download this old belongs to a killed process


def backbone(record: Backbone, image_size: int | None, weights: str | None) -> keras.Model:
    """Photos uint8 (batch, size, size, 3) → feature map (batch, rows, columns, features), pooled vector.

    The preprocessing is inside. `weights` is "imagenet" or None (random). Raises ModelError if the ImageNet weights
    are neither on this machine nor downloadable. A backbone of our own (`record.application` is None) takes photos of
    any size if `image_size` is None.
    """
    photos = keras.Input((image_size, image_size, 3), dtype="uint8", name="photos")
    scaled = keras.layers.Rescaling(*SCALINGS[record.scaling])
    if record.application is None:
        features = OWN[record.key](scaled(photos))
    else:
        assert image_size is not None
        features = _application(record, image_size, weights, scaled(photos))
    pooled = keras.layers.GlobalAveragePooling2D(name="pooled")(features)
    return keras.Model(photos, [features, pooled], name=record.key)


@contextlib.contextmanager
def precision(policy: str | None) -> Iterator[None]:
    """Build networks that compute by this Keras policy, with weights in 32 bits; None changes nothing."""
    before = keras.config.dtype_policy()
    if policy:
        keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def weights_file(record: Backbone, image_size: int, progress: Callable[[int, int | None], None] | None = None) -> Path:
    """The file with the ImageNet weights, where Keras keeps it; downloaded if it is missing or incomplete.

    `progress` gets the bytes received and the total; an exception from it ends the download. Keras' own download writes
    to the final name, so a process killed meanwhile leaves half a file that looks complete. Raises ModelError if the
    weights can't be downloaded.
    """
    path = record.weights_path(image_size)
    assert path is not None
    if _is_whole(path):
        return path
    _sweep(path)
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        download.fetch(address(record, path), partial, progress)
        if not _is_whole(partial):  # such as the login page of a public network
            raise DownloadError("The server did not send a weights file")
        partial.replace(path)
    except DownloadError as error:
        ready = [body.label for body in BACKBONES.values() if body.is_ready(body.default_size) and body != record]
        ready += ["a saved model"] if len(bodies.keys()) > len(BACKBONES) else []
        why = str(error).partition(": ")[0]
        raise ModelError(
            f"The ImageNet weights of {record.label} ({words.size(record.download_bytes)}) are "
            f"{f'damaged ({path})' if path.exists() else 'not on this machine'} and could not be downloaded ({why}). "
            f"Connect to the internet and try again. Without a download you can use: {', '.join(ready)}."
        ) from error
    finally:
        partial.unlink(missing_ok=True)
    return path


def address(record: Backbone, file: Path) -> str:
    """The address of a weights file."""
    return f"{WEIGHTS_FROM}/{record.folder}/{file.name}"


def _is_whole(path: Path) -> bool:
    """Whether it is an HDF5 file of the length that its header states."""
    try:
        with h5py.File(path):
            return True
    except OSError:
        return False


def _sweep(weights: Path) -> None:
    """Delete the unfinished files of killed downloads."""
    for half in weights.parent.glob(f".*{weights.name}.*"):
        with contextlib.suppress(OSError):
            if time.time() - half.stat().st_mtime > ABANDONED_SECONDS:
                half.unlink()


def _application(
    record: Backbone, image_size: int, weights: str | None, photos: keras.KerasTensor
) -> keras.KerasTensor:
    make = getattr(keras.applications, str(record.application))
    network = _without_dropout(make(weights=None, include_top=False, input_shape=(image_size, image_size, 3)))
    if weights:
        path = weights_file(record, image_size)
        try:
            network.load_weights(path)
        except Exception as error:
            raise ModelError(
                f"The ImageNet weights in {path} are damaged. Delete the file; the next run downloads it again."
            ) from error
    # Two different things: `trainable` freezes the weights, and training=False keeps BatchNorm in inference mode.
    network.trainable = False
    return network(photos, training=False)


def _without_dropout(network: keras.Model) -> keras.Model:
    """The network without dropout between its blocks, which is made for training from random weights."""

    def copy(layer: keras.layers.Layer) -> keras.layers.Layer:
        if isinstance(layer, keras.layers.Dropout):
            return keras.layers.Identity(name=layer.name)
        return type(layer).from_config(layer.get_config())

    if not any(isinstance(layer, keras.layers.Dropout) for layer in network.layers):
        return network
    return keras.models.clone_model(network, clone_function=copy)


def unfreeze(body: keras.Model, record: Backbone, blocks: int | None) -> None:
    """Unfreeze the last `blocks` blocks of a pretrained backbone (None: all); BatchNorm stays in inference mode.

    A layer without a block's name belongs to the block before it.
    """
    network = next(layer for layer in body.layers if isinstance(layer, keras.Model))
    network.trainable = True
    opened: set[str] = set()
    for layer in network.layers:
        if match := re.match(record.block, layer.name):
            opened.add(match[1])
        layer.trainable = blocks is None or len(opened) > record.blocks - blocks
    folding.keep_statistics(network)


def _small_cnn(photos: keras.KerasTensor) -> keras.KerasTensor:
    x = photos
    for filters in SMALL_CNN_FILTERS:
        x = keras.layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        x = keras.layers.BatchNormalization(momentum=0.9)(x)  # for short training: the default forgets too slowly
        x = keras.layers.ReLU()(x)
        x = keras.layers.MaxPooling2D(2, padding="same")(x)
    return x


def _residual(photos: keras.KerasTensor) -> keras.KerasTensor:
    x = photos
    for filters in RESIDUAL_STEM:
        x = _convolved(x, filters, 3, 2)
    for filters, stride in RESIDUAL_BLOCKS:
        y = _convolved(_convolved(x, filters, 3, stride), filters, 3, activation=None)
        if stride > 1:
            x = keras.layers.AveragePooling2D(stride, padding="same")(x)
        if x.shape[-1] != filters:
            x = _convolved(x, filters, 1, activation=None)
        x = keras.layers.ReLU()(keras.layers.Add()([x, y]))
    return _convolved(x, RESIDUAL.features, 1)


def _convolved(
    x: keras.KerasTensor, filters: int, size: int, stride: int = 1, activation: str | None = "relu"
) -> keras.KerasTensor:
    x = keras.layers.Conv2D(filters, size, stride, padding="same", use_bias=False)(x)
    x = keras.layers.BatchNormalization(momentum=0.9)(x)
    return keras.layers.ReLU()(x) if activation else x


OWN = {SMALL_CNN.key: _small_cnn, RESIDUAL.key: _residual}


def head(config: RunConfig, features: int, classes: int) -> keras.Model:
    """Pooled vectors (batch, features) → logits (batch, classes).

    Dropout follows each dense layer, or the pooled vector if there is no dense layer.
    """
    vectors = keras.Input((features,), name="vectors")
    seeds = np.random.SeedSequence(config.seed).generate_state(2 * len(config.dense_layers) + 2)
    seed = iter(int(number) for number in seeds)
    x = vectors
    for units in config.dense_layers:
        x = keras.layers.Dense(
            units, activation=config.activation, kernel_initializer=keras.initializers.GlorotUniform(next(seed))
        )(x)
        x = keras.layers.Dropout(config.dropout, seed=next(seed))(x)
    if not config.dense_layers:
        x = keras.layers.Dropout(config.dropout, seed=next(seed))(x)
    last = keras.layers.Dense(classes, kernel_initializer=keras.initializers.GlorotUniform(next(seed)), name=LOGITS)
    return keras.Model(vectors, last(x), name="head")


def whole(body: keras.Model, top: keras.Model) -> keras.Model:
    """Photos uint8 (batch, size, size, 3) → logits (batch, classes)."""
    return keras.Model(body.input, top(body.outputs[1]), name="classifier")


def values(variables: list[keras.Variable]) -> list[np.ndarray]:
    """Copies of the variables' values."""
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]


def assign(variables: list[keras.Variable], values: list[np.ndarray]) -> None:
    """Set the variables to these values, in order. Raises ValueError if their number or shapes differ."""
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def dense_weights(top: keras.Model) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The head's kernels and biases, in order."""
    layers = [layer for layer in top.layers if isinstance(layer, keras.layers.Dense)]
    return (
        [keras.ops.convert_to_numpy(layer.kernel) for layer in layers],
        [keras.ops.convert_to_numpy(layer.bias) for layer in layers],
    )
