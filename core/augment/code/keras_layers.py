"""A recipe as Keras' preprocessing layers."""

from core.augment.code import remarks
from core.augment.recipe import Recipe, Step, border


def source(recipe: Recipe) -> str:
    """Python code that defines `augmentation`, a keras.Sequential of preprocessing layers with this recipe."""
    differences: list[str] = []
    missing: list[Step] = []
    layers: list[str] = []
    edge = border(recipe)
    for step in remarks.applied(recipe):
        keras = step.transform.keras
        if step.probability == 0:
            differences.append(remarks.never(step))
            continue
        layer = None if keras.layer is None else keras.layer(step.probability, **step.settings)
        if layer is None:
            missing.append(step)
            continue
        layers.append(layer)
        if keras.layer_differs:
            differences.append(remarks.difference(step, keras.layer_differs))
        keras_probability = 0.5 if layer.startswith("layers.RandomFlip") else 1.0
        if not keras.layer_chance and step.probability != keras_probability:
            differences.append(remarks.probability(step, "Keras", keras_probability))
    differences += remarks.left_out(missing, "Keras")
    if sum(step.transform.matrix is not None for step in recipe) > 1:
        differences.append("Each layer that moves pixels resamples the photo and makes it a little softer.")
    lines = "".join(f"        {layer},\n" for layer in layers)
    return (
        '"""Augmentation with Keras\' preprocessing layers, for photos with levels from 0 to 255."""\n\n'
        "import keras\nfrom keras import layers\n\n"
        f"fill_mode, fill_value = {edge['fill_mode']!r}, {edge['cval']!r}\n\n"
        f"{remarks.comments(differences)}"
        f"augmentation = keras.Sequential(\n    [\n{lines}    ]\n)\n\n"
        "# For training photos only:\n"
        "# dataset.map(lambda photos, labels: (augmentation(photos, training=True), labels))\n"
    )
