"""A saved model as TensorFlow's SavedModel, zipped. `python -m models.saved_model MODEL --out FILE`"""

import sys
import zipfile
from pathlib import Path

import keras
import numpy as np

from core.answering.shelf import Model
from core.exporting.forms import SAVED_MODEL
from models import export, rebuild

VERSION = "1"  # the folder in which TensorFlow Serving looks for a model


def write(model: Model, path: Path) -> None:
    """Write a zip of the folder model/, to be served as it is: photos uint8 (n, size, size, 3) → logits (n, classes).

    Beside the model it holds labels.txt and manual.txt. Raises ModelError.
    """
    export.stage(0.3, "Building the network")
    network = rebuild.network(model)
    with export.scratch(path, "model.zip") as file:
        folder = file.parent / VERSION
        export.stage(0.4, "Writing the folder")
        network.export(folder, format="tf_saved_model", verbose=False)
        export.stage(0.8, "Comparing answers")
        saved = keras.layers.TFSMLayer(folder, call_endpoint="serve")
        export.check(model, lambda pixels: np.asarray(saved(pixels)))
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in sorted(folder.rglob("*")):
                archive.write(part, f"model/{part.relative_to(file.parent).as_posix()}")
            export.add_texts(model, SAVED_MODEL, archive, "model/")


if __name__ == "__main__":
    sys.exit(export.main(write))
