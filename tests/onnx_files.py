"""ONNX files with the inputs and outputs of exported models.

`python -m tests.onnx_files FOLDER FILE` writes that of a saved model without dense layers, in a process of its own,
since it needs TensorFlow.
"""

import sys
from pathlib import Path

from core.answering import head, likeness, shelf
from core.answering.likeness import Subspace
from tests.fabricated import SIZE


def colours(path: Path) -> None:
    """Write the model of `fabricated.saved_model` as ONNX."""
    import onnx
    from onnx import TensorProto, helper

    photos = helper.make_tensor_value_info("photos", TensorProto.UINT8, ["n", SIZE, SIZE, 3])
    outputs = [
        helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", 3]),
        helper.make_tensor_value_info("similarity", TensorProto.FLOAT, ["n"]),
    ]
    numbers = {"share": 1 / 25.5, "least": 1e-12}
    nodes = [
        helper.make_node("Cast", ["photos"], ["map"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["map"], ["pooled"], axes=[1, 2], keepdims=0),
        helper.make_node("Mul", ["pooled", "share"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
        helper.make_node("ReduceL2", ["pooled"], ["length"], axes=[1], keepdims=1),
        helper.make_node("Max", ["length", "least"], ["divisor"]),
        helper.make_node("Div", ["pooled", "divisor"], ["unit"]),
        helper.make_node("ReduceMean", ["unit"], ["similarity"], axes=[1], keepdims=0),
    ]
    constants = [helper.make_tensor(name, TensorProto.FLOAT, [1], [value]) for name, value in numbers.items()]
    graph = helper.make_graph(nodes, "colours", [photos], outputs, constants)
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=9), path)


def trained(folder: Path, path: Path) -> None:
    """Write the saved model in a folder as ONNX."""
    import numpy as np
    import onnx
    import tensorflow as tf
    import tf2onnx

    from core.backbones import backbone
    from models.export import _body

    model = shelf.read(folder)
    size = model.card.image_size
    body = _body(model, backbone(model.card.network), size)
    for variable in body.variables:  # as LiteRT's file has them
        variable.assign(np.asarray(variable).astype(np.float16).astype(np.float32))
    top, measure = head.load(folder / "head.npz"), likeness.load(folder / "stats.npz")
    assert isinstance(measure, Subspace)
    assert len(top.kernels) == 1

    @tf.function(input_signature=[tf.TensorSpec((None, size, size, 3), tf.uint8, name="photos")])
    def answers(photos: tf.Tensor) -> dict[str, tf.Tensor]:
        _, pooled = body(photos, training=False)
        logits = pooled @ tf.constant(top.kernels[0]) + tf.constant(top.biases[0])
        along = tf.norm(pooled @ tf.constant(measure.axes), axis=1) / tf.norm(pooled, axis=1)
        return {
            "probabilities": tf.nn.softmax(logits / model.card.temperature),
            "similarity": tf.minimum(along, 1.0),
        }

    network, _ = tf2onnx.convert.from_function(answers, input_signature=answers.input_signature, opset=17)
    onnx.save(network, path)


if __name__ == "__main__":
    trained(Path(sys.argv[1]), Path(sys.argv[2]))
