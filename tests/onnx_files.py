"""ONNX files with the inputs and outputs of exported models, without TensorFlow."""

from pathlib import Path

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
