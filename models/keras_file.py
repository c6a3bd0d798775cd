"""A saved model as a .keras file. `python -m models.keras_file MODEL --out FILE`"""

import sys
import zipfile
from pathlib import Path

import keras
import numpy as np

from core.answering.shelf import Model
from core.exporting.forms import KERAS
from models import export, rebuild


def write(model: Model, path: Path) -> None:
    """Write a file for keras.models.load_model: photos uint8 (n, size, size, 3) → logits (n, classes).

    It unzips to labels.txt and manual.txt too. Raises ModelError.
    """
    export.stage(0.3, "Building the network")
    network = rebuild.network(model)
    with export.scratch(path, "model.keras") as file:
        network.save(file)
        with zipfile.ZipFile(file, "a") as archive:
            export.add_texts(model, KERAS, archive)
        export.stage(0.7, "Comparing answers")
        saved = keras.models.load_model(file)
        export.check(model, lambda pixels: np.asarray(saved.predict_on_batch(pixels)))


if __name__ == "__main__":
    sys.exit(export.main(write))
