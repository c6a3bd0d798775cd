"""What a .keras file from elsewhere holds, looked at before Keras opens it: nothing in it may run code of its own.

Keras builds whatever layers and functions a file names. Its safe mode refuses Lambda layers, but there were ways around
it (CVE-2025-1550, CVE-2025-8747, CVE-2025-9906), so only layers that are known to be harmless are let in.
"""

import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

from core import words
from core.errors import ModelError
from core.files import regular

SUFFIX = ".keras"
CONFIG, WEIGHTS = "config.json", "model.weights.h5"
MOST_BYTES = 2_000_000_000  # unpacked: LiteRT can't take more
MOST_CONFIG = 20_000_000  # bytes; a network of hundreds of layers has some 100 kB
SAVE_ANEW = "Open it in Keras 3 and save it as a .keras file: model.save('model.keras')."
LAYERS = {
    "Activation", "Add", "AlphaDropout", "Average", "AveragePooling2D", "BatchNormalization", "CenterCrop",
    "Concatenate", "Conv2D", "Cropping2D", "Dense", "DepthwiseConv2D", "Dot", "Dropout", "EinsumDense", "ELU",
    "Flatten", "GaussianDropout", "GaussianNoise", "GlobalAveragePooling2D", "GlobalMaxPooling2D",
    "GroupNormalization", "Identity", "InputLayer", "LayerNormalization", "LeakyReLU", "Maximum", "MaxPooling2D",
    "Minimum", "MultiHeadAttention", "Multiply", "Normalization", "Permute", "PReLU", "RandomBrightness",
    "RandomContrast", "RandomFlip", "RandomRotation", "RandomTranslation", "RandomZoom", "ReLU", "Rescaling",
    "Reshape", "Resizing", "SeparableConv2D", "Softmax", "SpatialDropout2D", "SpectralNormalization", "Subtract",
    "UnitNormalization", "UpSampling2D", "ZeroPadding2D",
}  # fmt: skip
MODELS = {"Functional", "Sequential", "Model"}
HARMLESS = ("keras.initializers", "keras.regularizers", "keras.constraints", "keras.dtype_policies")
TENSORS = {"__keras_tensor__", "__tensor__", "__numpy__"}


def check(path: Path) -> dict[str, Any]:
    """The network's config, once all of it is known to be harmless. Raises ModelError."""
    config = _config(path)
    waiting: list[Any] = [config]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if "class_name" in value:
                _check_class(value, path)
            waiting += [item for key, item in value.items() if key != "compile_config"]  # which is not read
        elif isinstance(value, list):
            waiting += value
    return config


def _config(path: Path) -> dict[str, Any]:
    try:
        with regular.opened(path) as file, zipfile.ZipFile(file) as archive:
            if missing := [name for name in (CONFIG, WEIGHTS) if name not in archive.namelist()]:
                raise ModelError(f"{path.name} is not a file of Keras 3: {missing[0]} is missing. {SAVE_ANEW}")
            if sum(info.file_size for info in archive.infolist()) > MOST_BYTES:
                raise ModelError(f"{path.name} must have at most {words.size(MOST_BYTES)} unpacked, got more.")
            config = json.loads(member(archive, CONFIG, MOST_CONFIG, path))
    except (
        OSError, ValueError, RecursionError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError,
    ) as error:  # fmt: skip
        raise _unreadable(path, error) from None
    if not isinstance(config, dict) or config.get("class_name") not in MODELS:
        kind = config.get("class_name") if isinstance(config, dict) else config
        raise ModelError(
            f"{path.name} must hold a Functional or Sequential model, got {words.quoted(kind)}. Build the network from "
            "layers and save it again."
        )
    return config


def member(archive: zipfile.ZipFile, name: str, most: int, path: Path) -> bytes:
    """The content of a file in the zip `path`. Raises ModelError if it has more than `most` bytes."""
    if archive.getinfo(name).file_size > most:
        raise ModelError(f"{name} in {path.name} must have at most {words.size(most)}, got more.")
    return archive.read(name)


def _check_class(value: dict[str, Any], path: Path) -> None:
    """Raise ModelError unless what this part of the config names is harmless."""
    name, module = value["class_name"], value.get("module")
    if not isinstance(name, str) or not isinstance(module, str | None):
        raise _unreadable(path, "its config is damaged")
    is_model = name in MODELS and (module or "keras").split(".")[0] == "keras"
    is_layer = name in LAYERS and module == "keras.layers"
    is_part = module in HARMLESS or name in TENSORS or (module, name) == ("keras", "DTypePolicy")
    if value.get("registered_name") in (None, name) and (is_model or is_layer or is_part):
        return
    raise ModelError(
        f"{path.name} uses {words.quoted(name)}, which this program does not load: it may run code of its own, or was "
        "written elsewhere. Replace it by one of Keras' own layers and save the model again."
    )


def _unreadable(path: Path, reason: object) -> ModelError:
    why = getattr(reason, "strerror", None) or words.printable(str(reason))
    return ModelError(f"{path.name} can't be read as a Keras file ({why}). {SAVE_ANEW}")
