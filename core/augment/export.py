"""A recipe as code for Keras and as JSON for this program.

Each transform's record has its name in Keras and says how the effect there differs; the rest is here. What Keras can't
do is left out of the code, and a comment above the code says so.
"""

import json
import textwrap
from collections.abc import Iterable
from typing import Any

from core.augment.border import BORDER
from core.augment.catalogue import TRANSFORMS
from core.augment.recipe import Recipe, Step, to_json

WIDTH = 100  # columns of the exported code


def as_json(recipe: Recipe) -> str:
    """The recipe as indented JSON, one step per line: what `recipe.loads` and `python -m core augment` read."""
    lines = ",\n  ".join(json.dumps(step) for step in to_json(recipe))
    return f"[\n  {lines}\n]\n" if lines else "[]\n"


def image_data_generator(recipe: Recipe) -> str:
    """Python code that defines `generator`, Keras' ImageDataGenerator with this recipe."""
    arguments: dict[str, Any] = {}
    remarks: list[str] = []
    missing: list[str] = []
    for step in recipe:
        keras = step.transform.keras
        if step.transform.draws and step.probability == 0:
            remarks.append(f"{step.transform.label}: left out because its probability is 0.")
            continue
        options = None if keras.generator is None else keras.generator(step.probability, **step.settings)
        if options is None:
            missing.append(step.transform.label)
            continue
        arguments |= options
        if keras.generator_differs:
            remarks.append(f"{step.transform.label}: {_lower(keras.generator_differs)}")
        keras_probability = step.transform.probability if not step.transform.parameters else 1.0
        if step.transform.draws and step.probability != keras_probability:
            remarks.append(_chance(step, keras_probability))
    remarks += _left_out(missing)
    remarks += _order(recipe, [transform.key for transform in TRANSFORMS.values() if transform.keras.generator])
    lines = "".join(f"    {name}={_plain(value)!r},\n" for name, value in arguments.items())
    return (
        '"""Augmentation with Keras\' ImageDataGenerator (legacy; needs SciPy)."""\n\n'
        "from tensorflow.keras.preprocessing.image import ImageDataGenerator\n\n"
        f"{_comments(remarks)}"
        f"generator = ImageDataGenerator(\n{lines})\n\n"
        "# For training photos only; validation and test photos stay as they are:\n"
        '# generator.flow_from_directory("train", target_size=(299, 299), batch_size=32)\n'
    )


def keras_layers(recipe: Recipe) -> str:
    """Python code that defines `augmentation`, a keras.Sequential of preprocessing layers with this recipe."""
    remarks: list[str] = []
    missing: list[str] = []
    layers: list[str] = []
    border = next((step.settings for step in recipe if step.transform is BORDER), BORDER.settings())
    for step in sorted(recipe, key=lambda step: step.transform.stage):
        keras = step.transform.keras
        if not step.transform.draws:
            continue
        if step.probability == 0:
            remarks.append(f"{step.transform.label}: left out because its probability is 0.")
            continue
        layer = None if keras.layer is None else keras.layer(step.probability, **step.settings)
        if layer is None:
            missing.append(step.transform.label)
            continue
        layers.append(layer)
        if keras.layer_differs:
            remarks.append(f"{step.transform.label}: {_lower(keras.layer_differs)}")
        keras_probability = 0.5 if layer.startswith("layers.RandomFlip") else 1.0
        if not keras.layer_chance and step.probability != keras_probability:
            remarks.append(_chance(step, keras_probability))
    remarks += _left_out(missing)
    if sum(step.transform.matrix is not None for step in recipe) > 1:
        remarks.append("Each layer that moves pixels resamples the photo and makes it a little softer.")
    lines = "".join(f"        {layer},\n" for layer in layers)
    return (
        '"""Augmentation with Keras\' preprocessing layers, for photos with levels from 0 to 255."""\n\n'
        "import keras\nfrom keras import layers\n\n"
        f"fill_mode, fill_value = {border['fill_mode']!r}, {border['cval']!r}\n\n"
        f"{_comments(remarks)}"
        f"augmentation = keras.Sequential(\n    [\n{lines}    ]\n)\n\n"
        "# For training photos only:\n"
        "# dataset.map(lambda photos, labels: (augmentation(photos, training=True), labels))\n"
    )


def _chance(step: Step, keras_probability: float) -> str:
    return f"{step.transform.label}: Keras' probability is {keras_probability:g}, not {step.probability:g}."


def _left_out(labels: list[str]) -> list[str]:
    names = ", ".join(labels).lower()
    return [f"Left out because Keras has no equivalent with these settings: {names}."] if labels else []


def _order(recipe: Recipe, generator_order: list[str]) -> Iterable[str]:
    """A remark if the generator applies the steps in a different order from ours."""
    ours = [step.transform.key for step in _sorted(recipe) if step.transform.key in generator_order]
    if ours != sorted(ours, key=generator_order.index):
        yield (
            "The generator uses its own order: "
            + ", ".join(TRANSFORMS[key].label.lower() for key in sorted(ours, key=generator_order.index))
            + "."
        )


def _sorted(recipe: Recipe) -> list[Step]:
    return sorted((step for step in recipe if step.transform.draws), key=lambda step: step.transform.stage)


def _lower(sentence: str) -> str:
    return sentence if sentence.startswith("Keras") else sentence[0].lower() + sentence[1:]


def _plain(value: Any) -> Any:
    """15 for 15.0: whole numbers read better, and Keras takes both."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def _comments(remarks: Iterable[str]) -> str:
    items = [textwrap.fill(remark, WIDTH, initial_indent="# - ", subsequent_indent="#   ") for remark in remarks]
    return "".join(f"{line}\n" for line in ["# What differs from the preview:", *items]) if items else ""
