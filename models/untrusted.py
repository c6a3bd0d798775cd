"""Networks from elsewhere, opened with distrust: checked, measured and only then built."""

import shutil
import zipfile
from pathlib import Path
from typing import Any

import h5py
import keras

from core import words, workspace
from core.backbone import LARGEST_IMAGE
from core.errors import ModelError
from core.files import atomic, regular
from core.importing import files, keras_archive, tflite_file
from core.importing.files import MOST_PARAMETERS


def load(path: Path, outputs: int = 1) -> keras.Model:
    """The network in a .keras or .tflite file with so many outputs, without its optimizer.

    Raises ModelError with what is wrong or not supported.
    """
    files.check(path)
    if path.suffix.lower() == tflite_file.SUFFIX:
        from models import tflite_network  # which needs TensorFlow, whatever the backend

        network = tflite_network.load(tflite_file.read(path), path.name)
        _check_shapes([tensor.shape for tensor in (*network.inputs, *network.outputs)], path, outputs)
        return network
    with atomic.scratch_folder(workspace.scratch() / "import") as folder:
        copy = folder / f"network{keras_archive.SUFFIX}"  # what is checked is what is opened
        try:
            with regular.opened(path) as source, copy.open("xb") as target:
                shutil.copyfileobj(source, target)
        except OSError as error:
            raise ModelError(f"{path} can't be read ({error.strerror}).") from error
        try:
            _measure(keras_archive.check(copy), copy, outputs)
            return keras.saving.load_model(copy, compile=False, safe_mode=True)
        except ModelError as error:
            raise ModelError(str(error).replace(copy.name, path.name)) from None
        except Exception as error:  # Keras raises whatever its layers raise
            raise ModelError(f"Keras can't open {path.name} ({words.first_line(error)}).") from error


def _measure(config: dict[str, Any], path: Path, outputs: int) -> None:
    """Raise ModelError if the network is too large, or if its weights lie elsewhere. Takes no memory for weights."""
    with keras.StatelessScope(initialize_variables=False):
        network = keras.saving.deserialize_keras_object({**config, "compile_config": None}, safe_mode=True)
        count = network.count_params()
        shapes = [tensor.shape for tensor in (*network.inputs, *network.outputs)]
    keras.backend.clear_session()  # forgets the variables, which would be made later
    if count > MOST_PARAMETERS:
        raise ModelError(f"{path.name} must have at most {MOST_PARAMETERS:,} parameters, got {count:,}.")
    _check_shapes(shapes, path, outputs)
    with zipfile.ZipFile(path) as archive, archive.open(keras_archive.WEIGHTS) as file, h5py.File(file) as weights:
        _check_links(weights, path)


def _check_shapes(shapes: list[tuple[int | None, ...]], path: Path, outputs: int) -> None:
    """Raise ModelError unless the network takes square photos and gives values for classes."""
    photo, *others = shapes
    is_photo = len(photo) == 4 and photo[1] == photo[2] and photo[3] == 3
    if not is_photo or len(others) != outputs or len(others[-1]) != 2:
        raise ModelError(
            f"{path.name} must take square photos in three colours, (photos, size, size, 3), and give one value for "
            f"each class, got {' → '.join(map(str, shapes))}."
        )
    if not 1 <= (photo[1] or 0) <= LARGEST_IMAGE:
        raise ModelError(f"{path.name} must take photos of a fixed size of at most {LARGEST_IMAGE} px, got {photo}.")


def _check_links(group: h5py.Group, path: Path) -> None:
    """Raise ModelError if a dataset is not in the file itself: HDF5 can point to any file of this machine."""
    for name in group:
        link = group.get(name, getlink=True)
        item = group[name] if isinstance(link, h5py.HardLink) else None
        if isinstance(item, h5py.Group):
            _check_links(item, path)
        elif not isinstance(item, h5py.Dataset) or item.external or item.is_virtual:
            raise ModelError(f"{path.name} has weights that lie in another file, which this program does not open.")
