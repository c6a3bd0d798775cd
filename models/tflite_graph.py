"""What a .tflite file holds: its operations in order, and its constants as numbers. Nothing in it is run."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from tensorflow.lite.python import schema_py_generated as schema

from core.errors import ModelError
from core.importing.files import MOST_PARAMETERS
from core.words import quoted


def _names(kind: type) -> dict[int, str]:
    """The names of the schema's numbers of a kind."""
    return {number: name for name, number in vars(kind).items() if isinstance(number, int)}


BUILTIN = _names(schema.BuiltinOperator)
ACTIVATIONS = _names(schema.ActivationFunctionType)
PADDINGS = {number: name.lower() for number, name in _names(schema.Padding).items()}
TYPES = {
    schema.TensorType.FLOAT32: np.float32,
    schema.TensorType.FLOAT16: np.float16,
    schema.TensorType.INT32: np.int32,
    schema.TensorType.INT64: np.int64,
    schema.TensorType.INT8: np.int8,
    schema.TensorType.UINT8: np.uint8,
}
EIGHT_BITS = (schema.TensorType.INT8, schema.TensorType.UINT8)
FLOATING = "Convert the network without full integer quantization, or import it as a .keras file."

Values = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Operation:
    """One operation: the places of its tensors, and its options as the file's schema names them."""

    name: str  # of the schema's BuiltinOperator
    inputs: tuple[int, ...]  # -1: left out
    output: int
    options: Any


@dataclass(frozen=True)
class Graph:
    """The one graph of a file, from one input to one output."""

    operations: tuple[Operation, ...]
    shapes: tuple[tuple[int, ...], ...]  # of all tensors; the batch is 1
    constants: dict[int, Values]
    input: int
    output: int
    is_coarse: bool  # whether weights have 8 bits: LiteRT then rounds between the layers too


def read(content: bytes, name: str) -> Graph:
    """The graph in a file's content. Raises ModelError with what is wrong or not supported."""
    try:
        model = schema.ModelT.InitFromPackedBuf(content, 0)
        return _graph(model, name)
    except ModelError:
        raise
    except Exception as error:  # a damaged table of offsets shows itself in many ways
        raise ModelError(f"{name} can't be read as a .tflite file: it is damaged or cut short.") from error


def _graph(model: Any, name: str) -> Graph:
    if len(model.subgraphs) != 1:
        raise ModelError(f"{name} must hold one graph, got {len(model.subgraphs)}.")
    graph = model.subgraphs[0]
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise ModelError(
            f"{name} must take one photo and give one list of values, got {len(graph.inputs)} inputs and "
            f"{len(graph.outputs)} outputs."
        )
    stored = [tensor for tensor in graph.tensors if tensor.buffer and model.buffers[tensor.buffer].data is not None]
    count = sum(math.prod(int(side) for side in _listed(tensor.shape)) for tensor in stored)
    if count > MOST_PARAMETERS:
        raise ModelError(f"{name} must have at most {MOST_PARAMETERS:,} parameters, got {count:,}.")
    constants = {
        place: values
        for place, tensor in enumerate(graph.tensors)
        if (values := _constant(tensor, model.buffers[tensor.buffer], name)) is not None
    }
    _check_rounding(graph, constants, name)
    coarse = [place for place in constants if graph.tensors[place].type in EIGHT_BITS]
    return Graph(
        operations=tuple(_operation(each, model.operatorCodes, name) for each in graph.operators),
        shapes=tuple(tuple(int(side) for side in _listed(tensor.shape)) for tensor in graph.tensors),
        constants=constants,
        input=int(graph.inputs[0]),
        output=int(graph.outputs[0]),
        is_coarse=bool(coarse),
    )


def _operation(operator: Any, codes: list[Any], name: str) -> Operation:
    code = codes[operator.opcodeIndex]
    if code.customCode:
        raise ModelError(f"{name} uses {quoted(code.customCode.decode(errors='replace'))}, which LiteRT does not know.")
    number = max(code.builtinCode, code.deprecatedBuiltinCode)  # files before 2020 have only the second
    outputs = [int(place) for place in operator.outputs]
    if len(outputs) != 1:
        raise ModelError(
            f"{name} uses {BUILTIN.get(number, number)} with {len(outputs)} outputs, which is not supported."
        )
    inputs = tuple(int(place) for place in operator.inputs)
    return Operation(BUILTIN.get(number, str(number)), inputs, outputs[0], operator.builtinOptions)


def _constant(tensor: Any, buffer: Any, name: str) -> Values | None:
    """The values of a tensor that the file stores, those of 8 bits as the numbers that they stand for."""
    if buffer.offset:
        raise ModelError(f"{name} has weights outside its graph, which this program does not read.")
    data = buffer.data
    if data is None or not len(data):
        return None
    if tensor.type not in TYPES or tensor.sparsity is not None:
        raise ModelError(f"{name} stores weights in a form that this program does not read. {FLOATING}")
    values = np.asarray(data, np.uint8).view(TYPES[tensor.type]).reshape(_listed(tensor.shape))
    scaling = tensor.quantization
    if scaling is None or not len(_listed(scaling.scale)):
        return values
    sides = np.ones(max(values.ndim, 1), int)
    if len(scaling.scale) > 1:
        sides[scaling.quantizedDimension] = -1
    scale, zero = (np.asarray(part, np.float32).reshape(sides) for part in (scaling.scale, scaling.zeroPoint))
    return np.asarray((values.astype(np.float32) - zero) * scale, np.float32)


def _check_rounding(graph: Any, constants: dict[int, Values], name: str) -> None:
    """Raise ModelError if the file computes in 8 bits: its answers then depend on how LiteRT rounds."""
    between = {int(each) for operator in graph.operators for each in operator.outputs} - constants.keys()
    if any(graph.tensors[place].type in EIGHT_BITS for place in between):
        raise ModelError(f"{name} computes in 8 bits, which can't be taken apart. {FLOATING}")


def _listed(values: Any) -> list[Any]:
    return [] if values is None else list(values)
