"""A saved model as a LiteRT file. `python -m models.litert_file MODEL --out FILE`"""

import sys
import zipfile
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from core.answering.shelf import Model
from core.exporting.forms import TFLITE
from models import convert, export, rebuild


def write(model: Model, path: Path) -> None:
    """Write a .tflite file: photos uint8 (n, size, size, 3) → logits (n, classes).

    The texts are a zip behind it, where LiteRT's own tools look for labels too. Raises ModelError.
    """
    export.stage(0.3, "Building the network")
    network = rebuild.network(model)
    with export.scratch(path, "model.tflite") as file:
        export.stage(0.4, "Converting the network")
        convert.convert(network, file)
        with zipfile.ZipFile(file, "a") as archive:
            export.add_texts(model, TFLITE, archive)
        export.stage(0.9, "Comparing answers")
        export.check(model, _logits(file))


def _logits(file: Path) -> export.Logits:
    interpreter = Interpreter(model_content=file.read_bytes())
    inputs, outputs = interpreter.get_input_details()[0], interpreter.get_output_details()[0]

    def run(pixels: export.Pixels) -> NDArray[np.float32]:
        interpreter.resize_tensor_input(inputs["index"], pixels.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(inputs["index"], pixels)
        interpreter.invoke()
        answer: NDArray[np.float32] = interpreter.get_tensor(outputs["index"])
        return answer

    return run


if __name__ == "__main__":
    sys.exit(export.main(write))
