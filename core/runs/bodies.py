"""The networks that a run can be built on: those of core.backbones, and the frozen networks of saved models.

A run's config names a saved model as `model:NAME`. A config can be read when its model is gone; what needs the model
raises SettingsError, or says that it is unknown.
"""

import dataclasses

from core import words
from core.answering import shelf
from core.answering.shelf import Model
from core.backbone import Backbone
from core.backbones import BACKBONES, backbone
from core.errors import ModelError, SettingsError
from core.words import quoted

PREFIX = "model:"
IMPORTED = "imported"  # the network on the card of a model from elsewhere
EXAMPLE = f"{PREFIX}{shelf.STARTER}"
CLASSES_NAMED = 4  # in the explanation of a saved model


def key_of(model_name: str) -> str:
    """The backbone's key of a saved model."""
    return f"{PREFIX}{model_name}"


def model_name(key: str) -> str:
    """The name of the saved model that a backbone's key names; empty for every other key."""
    name = key.removeprefix(PREFIX)
    return name if name != key and shelf.is_name(name) else ""


def is_tunable(key: str) -> bool:
    """Whether the backbone can be fine-tuned. A saved model's never can, so it need not exist."""
    return key in BACKBONES and BACKBONES[key].is_tunable


def keys() -> list[str]:
    """The keys of all backbones that can be used now: the networks first, then the saved models, newest first."""
    names = [model.name for model in shelf.models() if model.card.network in BACKBONES and shelf.is_name(model.name)]
    return [*BACKBONES, *map(key_of, dict.fromkeys(names))]


def of(key: str) -> Backbone:
    """The backbone with that key. Raises SettingsError, also if the saved model that it names can't be used."""
    return _of_model(model(key)) if model_name(key) else backbone(key)


def find(key: str) -> Backbone | None:
    """The backbone with that key; None if it can't be used."""
    try:
        return of(key)
    except SettingsError:
        return None


def label(key: str) -> str:
    """The backbone's name for lists; that of a saved model that is gone, too."""
    body = find(key)
    if body is None and not model_name(key):
        return "Imported network" if key == IMPORTED else words.printable(key)
    return body.label if body else f"Saved model: {words.printable(model_name(key))}"


def model(key: str) -> Model:
    """The saved model that a backbone's key names. Raises SettingsError if it is missing, damaged or too old."""
    name = model_name(key)
    try:
        saved = shelf.find(name)
    except ModelError as error:
        raise SettingsError(f"The saved model {quoted(name)} can't be the backbone. {error}") from None
    if saved is None:
        raise SettingsError(
            f"The backbone is the saved model {quoted(name)}, but there is no saved model with this name: it may have "
            "been deleted or renamed. Choose another backbone, or give the model its name back."
        )
    if saved.card.network not in BACKBONES:
        raise SettingsError(
            f"The saved model {quoted(name)} can't be the backbone, because its card does not name a network that this "
            f"version knows, got {quoted(saved.card.network)}. Choose another backbone."
        )
    return saved


def image_size(key: object) -> int | None:
    """The only image size of a saved model that can be used, px; None for every other backbone."""
    body = find(key) if isinstance(key, str) and model_name(key) else None
    return body.default_size if body else None


def check(key: str, image_size: int) -> None:
    """Raise SettingsError if a run with this backbone and image size can't start."""
    body = of(key)
    if body.is_saved_model and image_size != body.default_size:
        raise SettingsError(
            f"image_size must be {body.default_size} px, the size of the saved model {quoted(model_name(key))}, "
            f"got {image_size}. Leave it out, or choose another backbone."
        )


def _of_model(model: Model) -> Backbone:
    """The network of a saved model, which takes photos of one size only."""
    network, size, labels = BACKBONES[model.card.network], model.card.image_size, list(model.labels)
    return dataclasses.replace(
        network,
        key=key_of(model.name),
        label=f"Saved model: {words.printable(model.title)}",
        explanation=f"The network of a model that knows {words.listed(labels, CLASSES_NAMED)}. It stays frozen and "
        "only a new head learns, so training is quick and needs no download.",
        application=None,
        architecture=network.key,
        smallest=size,
        default_size=size,
        cpu_size=None,
        gpu_rank=None,
        cpu_rank=None,
        download_bytes=0,
        own_sizes=(),
        weights_file="",
        blocks=0,
        block="",
        learnable=(),
    )
