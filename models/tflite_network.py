"""A .tflite file as a Keras network: each of its operations as the layer that it was converted from."""

from typing import Any

import keras
import numpy as np
from ai_edge_litert.interpreter import Interpreter

from core import words
from core.errors import ModelError
from models import tflite_graph, tflite_layers
from models.tflite_graph import Graph

TOLERANCE = 1e-3  # of the answers, whose largest is about 1; the difference is usually 1e-5
COARSE = 0.1  # where LiteRT rounds to 8 bits between the layers
IGNORED = ("SHAPE", "STRIDED_SLICE", "PACK")  # they compute a shape that the file states too


def load(content: bytes, name: str) -> keras.Model:
    """The network in a .tflite file: pixels float32 (n, size, size, 3) → what the file gives.

    Compared with LiteRT's own answers on random photos. Raises ModelError with what is not supported.
    """
    graph = tflite_graph.read(content, name)
    try:
        shape = graph.shapes[graph.input]
        if len(shape) != 4:
            raise ModelError(f"{name} must take photos, (photos, size, size, 3), got {shape}.")
        photos = keras.Input(shape[1:], dtype="float32", name="pixels")
        network = keras.Model(photos, _output(graph, photos, name))
        _compare(network, graph, content, name)
    except ModelError:
        raise
    except Exception as error:  # Keras and LiteRT raise whatever a strange file makes them raise
        raise ModelError(f"{name} can't be turned into a network ({words.first_line(error)}).") from error
    return network


def _output(graph: Graph, photos: Any, name: str) -> Any:
    made: dict[int, Any] = {**graph.constants, graph.input: photos, -1: None}
    for operation in graph.operations:
        if operation.name in IGNORED:
            made[operation.output] = None
            continue
        inputs = [made.get(place) for place in operation.inputs]
        step = tflite_layers.Step(inputs, graph.shapes[operation.output], operation.options)
        made[operation.output] = tflite_layers.call(operation.name, step, name)
    output = made.get(graph.output)
    if not isinstance(output, keras.KerasTensor):
        raise ModelError(f"{name} gives an output that doesn't depend on the photo.")
    return output


def _compare(network: keras.Model, graph: Graph, content: bytes, name: str) -> None:
    """Raise ModelError if the network's answers to random photos differ from the file's."""
    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    taken, given = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    photos = np.random.default_rng(0).integers(0, 256, (3, *graph.shapes[graph.input][1:]), np.uint8)
    if taken["dtype"] != np.uint8:
        photos = photos / np.float32(127.5) - 1
    expected = []
    for photo in photos:  # one at a time: not every file takes more
        interpreter.set_tensor(taken["index"], photo[None])
        interpreter.invoke()
        expected.append(interpreter.get_tensor(given["index"])[0])
    difference = float(np.abs(network.predict_on_batch(photos.astype(np.float32)) - np.stack(expected)).max())
    allowed = (COARSE if graph.is_coarse else TOLERANCE) * max(1.0, float(np.abs(expected).max()))
    if not difference <= allowed:
        raise ModelError(
            f"The network made of {name} answers otherwise than the file, by {difference:.2g}. Import it as a .keras "
            "file."
        )
