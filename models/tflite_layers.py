"""The operations of LiteRT as Keras layers: one function for each, in LAYERS."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from core import words
from core.errors import ModelError
from models.tflite_graph import ACTIVATIONS, PADDINGS, Values

ADDED = 1e-3  # to the variance in a normalization, Keras' own value
FUSED: dict[str, Callable[[], keras.layers.Layer]] = {  # activations that belong to another operation
    "RELU": keras.layers.ReLU,
    "RELU6": lambda: keras.layers.ReLU(max_value=6.0),
    "TANH": lambda: keras.layers.Activation("tanh"),
}

Tensor = Any  # keras.KerasTensor, which has no types
Input = Any  # such a tensor, Values if it is constant, or None if it is left out


class _UnsupportedError(Exception):
    """An operation with a setting for which there is no layer."""


@dataclass(frozen=True)
class Step:
    """An operation with what it works on."""

    inputs: list[Input]
    shape: tuple[int, ...]  # of its output
    options: Any

    @property
    def tensor(self) -> Tensor:
        """The only input that is not constant."""
        tensors = [each for each in self.inputs if isinstance(each, keras.KerasTensor)]
        if len(tensors) != 1:
            raise _UnsupportedError
        return tensors[0]

    def constant(self, place: int) -> Values:
        """The input at a place, which must be constant."""
        value = self.inputs[place]
        if not isinstance(value, np.ndarray):
            raise _UnsupportedError
        return value


def call(operation: str, step: Step, file: str) -> Input:
    """What an operation of a file gives. Raises ModelError if there is no layer for it."""
    if operation in ("DEQUANTIZE", "CAST") and isinstance(step.inputs[0], np.ndarray):
        return step.inputs[0].astype(np.float32)
    try:
        output = LAYERS[operation](step)
    except (KeyError, _UnsupportedError):
        raise ModelError(
            f"{file} uses the operation {words.quoted(operation)} in a way that this program can't turn into a "
            "layer. Import the network as a .keras file."
        ) from None
    fused = ACTIVATIONS[getattr(step.options, "fusedActivationFunction", 0)]
    if fused == "NONE":
        return output
    if fused not in FUSED:
        raise ModelError(f"{file} has the activation {fused} after {operation}, which this program does not know.")
    return FUSED[fused]()(output)


def _with_weights(layer: keras.layers.Layer, x: Tensor, weights: list[Values]) -> Tensor:
    output = layer(x)
    layer.set_weights([np.asarray(value, np.float32) for value in weights])
    return output


def _weights(step: Step, kernel: Values) -> tuple[list[Values], bool]:
    """The weights of a layer with that kernel, and whether a bias is among them."""
    if len(step.inputs) < 3 or step.inputs[2] is None:
        return [kernel], False
    return [kernel, step.constant(2)], True


def _convolution(step: Step) -> Tensor:
    x, options = step.tensor, step.options
    kernel = step.constant(1).transpose(1, 2, 3, 0)
    weights, has_bias = _weights(step, kernel)
    is_one_place = x.shape[1:3] == (1, 1) and kernel.shape[:2] == (1, 1) and kernel.shape[2] == x.shape[3]
    if is_one_place:  # a dense layer, as old networks write their head
        return _with_weights(keras.layers.Dense(kernel.shape[3], use_bias=has_bias), x, [kernel[0, 0], *weights[1:]])
    layer = keras.layers.Conv2D(
        kernel.shape[3],
        kernel.shape[:2],
        strides=(options.strideH, options.strideW),
        padding=PADDINGS[options.padding],
        dilation_rate=(options.dilationHFactor, options.dilationWFactor),
        groups=x.shape[3] // kernel.shape[2],
        use_bias=has_bias,
    )
    return _with_weights(layer, x, weights)


def _depthwise(step: Step) -> Tensor:
    x, options = step.tensor, step.options
    rows, columns, outputs = step.constant(1).shape[1:]
    kernel = step.constant(1).reshape(rows, columns, x.shape[3], outputs // x.shape[3])
    weights, has_bias = _weights(step, kernel)
    strides = options.strideH, options.strideW
    if strides[0] != strides[1]:
        raise _UnsupportedError
    layer = keras.layers.DepthwiseConv2D(
        (rows, columns),
        strides=strides,
        padding=PADDINGS[options.padding],
        depth_multiplier=kernel.shape[3],
        dilation_rate=(options.dilationHFactor, options.dilationWFactor),
        use_bias=has_bias,
    )
    return _with_weights(layer, x, weights)


def _dense(step: Step) -> Tensor:
    x, kernel = step.tensor, step.constant(1).T
    if len(x.shape) > 2 and not step.options.keepNumDims:
        x = keras.layers.Flatten()(x)
    weights, has_bias = _weights(step, kernel)
    return _with_weights(keras.layers.Dense(kernel.shape[1], use_bias=has_bias), x, weights)


def _mean(step: Step) -> Tensor:
    x, axes = step.tensor, {int(axis) % 4 for axis in step.constant(1).flat}
    missing = {1, 2} - axes
    if len(x.shape) != 4 or axes - {1, 2} or any(x.shape[axis] != 1 for axis in missing):
        raise _UnsupportedError
    x = keras.layers.GlobalAveragePooling2D(keepdims=len(step.shape) == 4)(x)
    return x if len(x.shape) == len(step.shape) else keras.layers.Reshape(step.shape[1:])(x)


def _average(step: Step) -> Tensor:
    x, options = step.tensor, step.options
    window = options.filterHeight, options.filterWidth
    if window == tuple(x.shape[1:3]) and step.shape[1:3] == (1, 1):
        return keras.layers.GlobalAveragePooling2D(keepdims=True)(x)
    return keras.layers.AveragePooling2D(window, (options.strideH, options.strideW), PADDINGS[options.padding])(x)


def _maximum(step: Step) -> Tensor:
    options = step.options
    window, strides = (options.filterHeight, options.filterWidth), (options.strideH, options.strideW)
    return keras.layers.MaxPooling2D(window, strides, PADDINGS[options.padding])(step.tensor)


def _sum(step: Step, sign: float = 1.0) -> Tensor:
    """a + b, or a - b with the sign -1."""
    first, second = step.inputs
    if isinstance(first, keras.KerasTensor) and isinstance(second, keras.KerasTensor):
        return (keras.layers.Add if sign > 0 else keras.layers.Subtract)()([first, second])
    if isinstance(first, keras.KerasTensor):
        return _scaled(first, np.ones(1), sign * step.constant(1))
    return _scaled(step.tensor, np.full(1, sign), step.constant(0))


def _product(step: Step) -> Tensor:
    first, second = step.inputs
    if isinstance(first, keras.KerasTensor) and isinstance(second, keras.KerasTensor):
        return keras.layers.Multiply()([first, second])
    constant = step.constant(1 if isinstance(first, keras.KerasTensor) else 0)
    return _scaled(step.tensor, constant, np.zeros(1))


def _quotient(step: Step) -> Tensor:
    return _scaled(step.tensor, 1 / step.constant(1), np.zeros(1))


def _scaled(x: Tensor, scale: Values, offset: Values) -> Tensor:
    """x · scale + offset, each a number or one for each channel."""
    if scale.size == offset.size == 1:
        return keras.layers.Rescaling(float(scale.flat[0]), float(offset.flat[0]))(x)
    channels = x.shape[-1]
    if {scale.size, offset.size} - {1, channels} or max(scale.shape[-1:], offset.shape[-1:]) != (channels,):
        raise _UnsupportedError
    full = [np.broadcast_to(part.ravel(), (channels,)) for part in (scale, offset)]
    still = [np.zeros(channels), np.full(channels, 1 - ADDED)]  # mean and variance that change nothing
    return _with_weights(keras.layers.BatchNormalization(epsilon=ADDED), x, [*full, *still])


def _reshaped(step: Step) -> Tensor:
    x = step.tensor
    if step.shape[0] != 1:
        raise _UnsupportedError
    if tuple(x.shape[1:]) == step.shape[1:]:
        return x
    return keras.layers.Flatten()(x) if len(step.shape) == 2 else keras.layers.Reshape(step.shape[1:])(x)


def _padded(step: Step) -> Tensor:
    batch, rows, columns, channels = (tuple(int(count) for count in pair) for pair in step.constant(1))
    if batch != (0, 0) or channels != (0, 0):
        raise _UnsupportedError
    return keras.layers.ZeroPadding2D((rows, columns))(step.tensor)


def _joined(step: Step) -> Tensor:
    tensors = [each for each in step.inputs if isinstance(each, keras.KerasTensor)]
    if len(tensors) < len(step.inputs):
        raise _UnsupportedError
    return keras.layers.Concatenate(axis=step.options.axis)(tensors)


def _softmax(step: Step) -> Tensor:
    if step.options.beta != 1:
        raise _UnsupportedError
    return keras.layers.Softmax()(step.tensor)


def _gelu(step: Step) -> Tensor:
    if step.options.approximate:
        raise _UnsupportedError
    return keras.layers.Activation("gelu")(step.tensor)


def _activation(name: str) -> Callable[[Step], Tensor]:
    return lambda step: keras.layers.Activation(name)(step.tensor)


LAYERS: dict[str, Callable[[Step], Tensor]] = {
    "ADD": _sum,
    "AVERAGE_POOL_2D": _average,
    "CAST": lambda step: step.tensor,  # whole levels become numbers, which they are already
    "CONCATENATION": _joined,
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _depthwise,
    "DIV": _quotient,
    "EXPAND_DIMS": _reshaped,
    "FULLY_CONNECTED": _dense,
    "GELU": _gelu,
    "HARD_SWISH": _activation("hard_silu"),
    "LEAKY_RELU": lambda step: keras.layers.LeakyReLU(step.options.alpha)(step.tensor),
    "LOGISTIC": _activation("sigmoid"),
    "MAX_POOL_2D": _maximum,
    "MEAN": _mean,
    "MUL": _product,
    "PAD": _padded,
    "RELU": lambda step: keras.layers.ReLU()(step.tensor),
    "RELU6": lambda step: keras.layers.ReLU(max_value=6.0)(step.tensor),
    "RESHAPE": _reshaped,
    "SOFTMAX": _softmax,
    "SQUEEZE": _reshaped,
    "SUB": lambda step: _sum(step, -1.0),
    "TANH": _activation("tanh"),
}
