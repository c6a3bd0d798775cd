"""A saved model as one ONNX file, which needs neither Keras nor this project: photos in, probabilities out.

`python -m models.onnx_model MODEL --out FILE`
"""

import json
import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import onnx
from onnx import compose, helper

from core import words
from core.answering import head, model_files
from core.answering.classifier import Classifier
from core.answering.file_errors import damaged
from core.answering.shelf import Model
from core.errors import ModelError
from core.exporting import manual
from core.exporting.forms import ONNX
from core.files import atomic
from models import export, onnx_graph

OPSET = 17
IR_VERSION = 8  # of the file format: what the runtimes of 2022 read too
MOST_DIFFERENCE = {"probabilities": 1e-4, "similarity": 1e-3}
PHOTOS, OUTPUTS = "photos", tuple(MOST_DIFFERENCE)


def write(model: Model, path: Path) -> None:
    """Write a saved model as an ONNX file: photos uint8 (n, size, size, 3) → probabilities float32 (n, classes) and
    similarity float32 (n,), for any n.

    The preprocessing, the temperature and the softmax are inside. `metadata_props` has the labels and all that is
    needed to use the file. It is compared with the saved model's answers before it is put in place. Raises AppError.
    """
    classifier = Classifier(model)
    export.stage(0.1, "Converting the network")
    content = _file(model, classifier, _backbone(model)).SerializeToString()
    export.stage(0.8, "Comparing answers")
    _check(model, classifier, content)
    atomic.write(path, lambda file: file.write(content))


def metadata(model: Model) -> dict[str, str]:
    """What the file says of itself, as text."""
    limits = {f"{rate:g}": limit.model_dump(mode="json") for rate, limit in model.card.limits.items()}
    return {
        "labels": json.dumps(model.labels, ensure_ascii=False),
        "image_size": str(model.card.image_size),
        "temperature": repr(model.card.temperature),
        "thresholds": json.dumps(limits),
        "model": model.name,
        "created": model.created,
        "manual": manual.text(model, ONNX),
    }


def _backbone(model: Model) -> onnx.ModelProto:
    """The converted network: photos in, pooled vector out, and perhaps more. Raises ModelError."""
    with _quiet():
        from tf2onnx import convert

        path = model.folder / model_files.BACKBONE
        try:
            converted, _ = convert.from_tflite(str(path), opset=OPSET)
        except OSError as error:
            raise damaged(path, error.strerror) from error
        except Exception as error:  # of many kinds: for each operator that tf2onnx does not know, or knows half
            raise ModelError(
                f"The network of {model.name!r} can't be written as ONNX ({words.first_line(error)})."
            ) from error
    return compose.add_prefix(converted, "backbone/")


@contextmanager
def _quiet() -> Iterator[None]:
    """No chatter of tf2onnx, which also uses a part of TensorFlow that is about to go."""
    logger = logging.getLogger("tf2onnx")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)


def _file(model: Model, classifier: Classifier, backbone: onnx.ModelProto) -> onnx.ModelProto:
    size, classes = model.card.image_size, len(model.labels)
    pooled = next(output.name for output in backbone.graph.output if len(output.type.tensor_type.shape.dim) == 2)
    graph = onnx_graph.Graph()
    for tensor in _needed(backbone, pooled):
        graph.tensor(tensor)
    onnx_graph.add_backbone(graph, _operators(backbone, pooled))
    probabilities, similarity = OUTPUTS
    logits = onnx_graph.add_logits(graph, classifier.head, pooled)
    onnx_graph.add_probabilities(graph, classifier.temperature, logits, probabilities)
    onnx_graph.add_similarity(graph, classifier.likeness, pooled, logits, similarity)
    number = onnx.TensorProto.FLOAT
    file = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "classifier",
            [helper.make_tensor_value_info(PHOTOS, onnx.TensorProto.UINT8, ["n", size, size, 3])],
            [
                helper.make_tensor_value_info(probabilities, number, ["n", classes]),
                helper.make_tensor_value_info(similarity, number, ["n"]),
            ],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="Fitting Room",
    )
    helper.set_model_props(file, metadata(model))
    return file


def _operators(backbone: onnx.ModelProto, output: str) -> list[onnx.NodeProto]:
    """The operators that `output` depends on, in order; they take the photos under our name."""
    wanted, needed = {output}, []
    for node in reversed(backbone.graph.node):
        if wanted & set(node.output):
            wanted |= set(node.input)
            needed.append(node)
    photo = backbone.graph.input[0].name
    for node in needed:
        for place, name in enumerate(node.input):
            if name == photo:
                node.input[place] = PHOTOS
    return needed[::-1]


def _needed(backbone: onnx.ModelProto, output: str) -> list[onnx.TensorProto]:
    """The constants of these operators."""
    names = {name for node in _operators(backbone, output) for name in node.input}
    return [tensor for tensor in backbone.graph.initializer if tensor.name in names]


def _check(model: Model, classifier: Classifier, content: bytes) -> None:
    """Raise ModelError if the file is not valid or its answers to drawn garments differ from the saved model's."""
    import onnxruntime

    pixels = export.samples(classifier.size)
    vectors = np.concatenate(list(classifier.vectors(pixels)))
    expected = {
        "probabilities": head.softmax(classifier.head.logits(vectors), classifier.temperature),
        "similarity": classifier.likeness.similarity(vectors),
    }
    try:
        onnx.checker.check_model(content, full_check=True)
        session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
        answers = dict(zip(OUTPUTS, session.run(list(OUTPUTS), {PHOTOS: pixels}), strict=True))
    except Exception as error:  # ONNX Runtime's errors have no class in common
        raise ModelError(
            f"The ONNX file of {model.name!r} does not work ({words.first_line(error)}), so it was not saved."
        ) from error
    for name, most in MOST_DIFFERENCE.items():
        difference = float(np.abs(answers[name] - expected[name]).max())
        if not difference <= most:
            raise ModelError(
                f"The ONNX file's {name} differ from the model's by {difference:.2g}, so it was not saved."
            )


if __name__ == "__main__":
    sys.exit(export.main(write))
