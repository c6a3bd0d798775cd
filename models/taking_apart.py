"""A network from elsewhere, taken apart as our saved models are: the backbone up to the pooled vector, and the head."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from core.answering.head import ACTIVATIONS, Head
from core.errors import ModelError
from core.importing.pixels import Scaling
from core.runs.config import MOST_LAYERS, MOST_UNITS

PASSING = (  # layers that change nothing when a photo is answered
    keras.layers.Dropout, keras.layers.AlphaDropout, keras.layers.GaussianDropout, keras.layers.GaussianNoise,
    keras.layers.Identity, keras.layers.Flatten,
)  # fmt: skip
SUPPORTED = (
    "The network must end with GlobalAveragePooling2D, then up to "
    f"{MOST_LAYERS + 1} Dense layers with one of the activations {', '.join(ACTIVATIONS)}, of which the last one gives "
    "logits or softmax."
)

Array = np.ndarray[Any, np.dtype[np.float32]]


@dataclass(frozen=True)
class Parts:
    """The parts of a network."""

    body: keras.Model  # photos uint8 (n, size, size, 3) → feature map, pooled vector
    head: Head
    network: keras.Model  # photos → logits, by the layers as they came, to compare with


@dataclass(frozen=True)
class _Call:
    layer: keras.Layer
    inputs: list[keras.KerasTensor]


def take_apart(model: keras.Model, scaling: Scaling) -> Parts:
    """The parts of a network that takes pixels scaled like that. Its softmax is taken off.

    Raises ModelError with what was found and what is supported.
    """
    size = model.inputs[0].shape[1]
    photos = keras.Input((size, size, 3), dtype="uint8", name="photos")
    calls: dict[int, _Call] = {}
    outputs = _replay(model, keras.layers.Rescaling(scaling.scale, scaling.offset, name="pixels")(photos), calls)
    logits, layers, feature_map = _walk(outputs, calls)
    if layers and isinstance(layers[-1], keras.layers.Dense) and _activation(layers[-1]) == "softmax":
        layers[-1].activation = keras.activations.linear
        return take_apart(model, scaling)
    pooled = keras.layers.GlobalAveragePooling2D(name="pooled")(feature_map)
    return Parts(
        body=keras.Model(photos, [feature_map, pooled], name="imported"),
        head=_head(layers),
        network=keras.Model(photos, logits, name="classifier"),
    )


def _replay(model: keras.Model, x: keras.KerasTensor, calls: dict[int, _Call]) -> keras.KerasTensor:
    """Call all layers anew from `x` on, those of nested networks too, and note who made which tensor."""

    def call(layer: keras.Layer, *arguments: Any, **options: Any) -> Any:
        inputs = keras.tree.flatten([arguments, options])
        tensors = [value for value in inputs if isinstance(value, keras.KerasTensor)]
        if isinstance(layer, keras.Model):
            return _replay(layer, tensors[0], calls)
        names = {each.layer.name for each in calls.values() if each.layer is not layer}
        if layer.name in names:  # of two nested networks: one network can't have both
            layer.name = next(name for i in range(1, len(names) + 2) if (name := f"{layer.name}_{i}") not in names)
        output = layer(*arguments, **options)
        for tensor in keras.tree.flatten(output):
            calls[id(tensor)] = _Call(layer, tensors)
        return output

    if isinstance(model, keras.Sequential):
        for layer in model.layers:
            x = call(layer, x)
        return x
    outputs = model._run_through_graph(x, call_fn=call)  # keras.models.clone_model can't start from any tensor
    return keras.tree.flatten(outputs)[0]


def _walk(
    output: keras.KerasTensor, calls: dict[int, _Call]
) -> tuple[keras.KerasTensor, list[keras.Layer], keras.KerasTensor]:
    """From the output back to the pooling: the logits, the layers between in order, and the feature map."""
    logits, tensor = output, output
    layers: list[keras.Layer] = []
    while (made := calls.get(id(tensor))) is not None:
        layer = made.layer
        if isinstance(layer, keras.layers.GlobalAveragePooling2D) and layer.data_format == "channels_last":
            return logits, layers[::-1], made.inputs[0]
        if not layers and _is_softmax(layer):
            logits = made.inputs[0]
        elif isinstance(layer, (keras.layers.Dense, keras.layers.Activation, keras.layers.ReLU)):
            layers.append(layer)
        elif not isinstance(layer, PASSING):
            break
        tensor = made.inputs[0]
    found = type(made.layer).__name__ if made else "no pooling layer"
    after = ", ".join(type(layer).__name__ for layer in layers[::-1]) or "the output"
    raise ModelError(f"The network can't be taken apart: before {after} it has {found}. {SUPPORTED}")


def _is_softmax(layer: keras.Layer) -> bool:
    return isinstance(layer, keras.layers.Softmax) or (
        isinstance(layer, keras.layers.Activation) and _activation(layer) == "softmax"
    )


def _activation(layer: keras.Layer) -> str:
    """The name of a layer's activation; that of its class if it has a setting that our head does not know."""
    if isinstance(layer, keras.layers.ReLU):
        is_plain = layer.max_value is None and not layer.negative_slope and not layer.threshold
        return "relu" if is_plain else "ReLU with settings"
    name = keras.activations.serialize(layer.activation)
    return name if isinstance(name, str) else type(layer.activation).__name__


def _head(layers: list[keras.Layer]) -> Head:
    """The head of these layers in order. Two dense layers with nothing between them are one."""
    kernels: list[Array] = []
    biases: list[Array] = []
    activations: list[str] = []  # after each dense layer
    for layer in layers:
        if isinstance(layer, keras.layers.Dense):
            kernel = np.asarray(keras.ops.convert_to_numpy(layer.kernel), np.float32)
            bias = np.zeros(kernel.shape[1], np.float32)
            if layer.use_bias:
                bias = np.asarray(keras.ops.convert_to_numpy(layer.bias), np.float32)
            if activations and activations[-1] == "linear":
                kernels[-1], biases[-1] = kernels[-1] @ kernel, biases[-1] @ kernel + bias
                activations[-1] = _activation(layer)
            else:
                kernels.append(kernel)
                biases.append(bias)
                activations.append(_activation(layer))
        elif activations and activations[-1] == "linear":
            activations[-1] = _activation(layer)
        else:
            raise ModelError(f"The network has {_activation(layer)} in an unexpected place. {SUPPORTED}")
    *hidden, last = activations or ["nothing"]
    kinds = set(hidden) or {"relu"}
    if last != "linear" or len(kinds) > 1 or not kinds <= ACTIVATIONS.keys() or len(hidden) > MOST_LAYERS:
        found = ", ".join(f"Dense {kernel.shape[1]} {name}" for kernel, name in zip(kernels, activations, strict=True))
        raise ModelError(f"After the pooling, the network has {found or 'no Dense layer'}. {SUPPORTED}")
    if max((kernel.shape[1] for kernel in kernels[:-1]), default=1) > MOST_UNITS:
        raise ModelError(f"A dense layer must have at most {MOST_UNITS:,} units. {SUPPORTED}")
    return Head(tuple(kernels), tuple(biases), kinds.pop())
