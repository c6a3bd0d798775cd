"""A saved model as a Keras model again."""

import keras

from core.answering import head, integrity, model_files
from core.answering.shelf import Model
from core.backbones import Backbone, backbone
from core.errors import ModelError
from core.files import npz
from core.runs.config import RunConfig, config
from models import build


def network(model: Model) -> keras.Model:
    """Photos uint8 (n, size, size, 3) → logits (n, classes). Raises ModelError if a file is damaged or if the backbone
    is not available."""
    try:
        settings: RunConfig = config(**model.card.config)
        record = backbone(model.card.network)
        integrity.check_files(model, model.card.files.keys() & {model_files.WEIGHTS, "head.npz"})
        body = _body(model, record, settings.image_size)
        top = build.head(settings, record.features, len(model.labels))
        layers = [layer for layer in top.layers if isinstance(layer, keras.layers.Dense)]
        saved = head.load(model.folder / "head.npz")
        for layer, kernel, bias in zip(layers, saved.kernels, saved.biases, strict=True):
            layer.set_weights([kernel, bias])
    except (npz.ArraysError, OSError, KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"The saved model {model.name!r} is damaged ({error}). Delete it or train it again."
        ) from error
    return build.whole(body, top)


def _body(model: Model, record: Backbone, size: int) -> keras.Model:
    weights = model.folder / model_files.WEIGHTS
    if record.pretrained and not weights.is_file():
        return build.backbone(record, size, "imagenet")
    body = build.backbone(record, size, None)
    arrays = npz.load(weights)
    build.assign(body.variables, [arrays[f"arr_{i}"] for i in range(len(body.variables))])
    return body
