"""BatchNorm with stored statistics, computed inside the convolution before it.

While a pretrained network is fine-tuned, its means and variances stay as they are. BatchNorm is then no more than a
factor and an offset per channel, and a convolution with BatchNorm behind it is one convolution with another kernel and
a bias (Jacob et al. 2018, CVPR, section 3.2). Answers and gradients are the same, all variables too. Saved are the
passes over the feature maps, above all those of the gradients of factor and offset (benchmarks/tuning.py).
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

import keras

Call = Callable[..., Any]


def keep_statistics(network: keras.Model) -> None:
    """Let scales and offsets of each BatchNorm learn, but not means and variances, whatever `training` says.

    Wherever BatchNorm alone takes the output of a convolution, the convolution computes both.
    """
    taken = [tensor for operation in network.operations for tensor in _inputs(operation)]
    uses = Counter(id(tensor) for tensor in [*taken, *network.outputs])
    for layer in network.layers:
        if not isinstance(layer, keras.layers.BatchNormalization):
            continue
        before = layer.input._keras_history.operation
        if _fits(before, layer) and uses[id(before.output)] == 1:
            before.call = _folded(before, layer)
            layer.call = _unchanged
        else:
            layer.call = _frozen(layer.call)


def _inputs(operation: Any) -> list[keras.KerasTensor]:
    return [] if isinstance(operation, keras.layers.InputLayer) else keras.tree.flatten(operation.input)


def _fits(layer: Any, norm: keras.layers.BatchNormalization) -> bool:
    """Whether the layer is a convolution whose output channels are those that BatchNorm scales."""
    return (
        type(layer) in KERNELS
        and layer.activation is keras.activations.linear
        and layer.data_format == "channels_last"
        and norm.axis in (-1, 3)
    )


def _folded(layer: Any, norm: keras.layers.BatchNormalization) -> Call:
    def call(inputs: Any) -> Any:
        factor, offset = _factor_and_offset(norm)
        if layer.use_bias:
            offset = offset + keras.ops.cast(layer.bias, offset.dtype) * factor
        outputs = KERNELS[type(layer)](layer, inputs, factor)
        return keras.ops.add(outputs, keras.ops.cast(offset, outputs.dtype))

    return call


def _factor_and_offset(norm: keras.layers.BatchNormalization) -> tuple[Any, Any]:
    """What BatchNorm multiplies by and adds, (channels,) each, in the precision of its statistics."""
    factor = keras.ops.rsqrt(norm.moving_variance.value + norm.epsilon)
    if norm.scale:
        factor = factor * norm.gamma.value
    offset = -norm.moving_mean.value * factor
    return factor, offset + norm.beta.value if norm.center else offset


def _scaled(kernel: keras.Variable, factor: Any) -> Any:
    """The kernel times the factor, in the factor's precision: in mixed precision a kernel comes in 16 bits."""
    return keras.ops.cast(kernel.value, factor.dtype) * factor


def _convolve(layer: keras.layers.Conv2D, inputs: Any, factor: Any) -> Any:
    kernel = keras.ops.cast(_scaled(layer.kernel, factor), inputs.dtype)
    return keras.ops.conv(inputs, kernel, layer.strides, layer.padding, layer.data_format, layer.dilation_rate)


def _convolve_depthwise(layer: keras.layers.DepthwiseConv2D, inputs: Any, factor: Any) -> Any:
    kernel = _scaled(layer.kernel, keras.ops.reshape(factor, layer.kernel.shape[2:]))
    return keras.ops.depthwise_conv(
        inputs,
        keras.ops.cast(kernel, inputs.dtype),
        layer.strides,
        layer.padding,
        layer.data_format,
        layer.dilation_rate,
    )


def _convolve_separable(layer: keras.layers.SeparableConv2D, inputs: Any, factor: Any) -> Any:
    return keras.ops.separable_conv(
        inputs,
        keras.ops.cast(layer.depthwise_kernel.value, inputs.dtype),
        keras.ops.cast(_scaled(layer.pointwise_kernel, factor), inputs.dtype),
        layer.strides,
        layer.padding,
        layer.data_format,
        layer.dilation_rate,
    )


KERNELS = {
    keras.layers.Conv2D: _convolve,
    keras.layers.DepthwiseConv2D: _convolve_depthwise,
    keras.layers.SeparableConv2D: _convolve_separable,
}


def _unchanged(inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
    return inputs


def _frozen(call: Call) -> Call:
    """The `training=False` in `build.backbone` is not enough: Keras overrules it when the whole network is called with
    `training=True`."""
    return lambda inputs, training=None, mask=None: call(inputs, training=False, mask=mask)
