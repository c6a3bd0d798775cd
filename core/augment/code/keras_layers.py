"""A recipe as Keras' preprocessing layers."""

from core.augment.code import remarks
from core.augment.recipe import Recipe, Step, border, without_choice

ALL_STEPS = (
    "These layers apply all of them, apart from those with a probability of their own, which is far stronger. "
    "keras.layers.RandAugment chooses among steps of its own."
)
MIXING = """
# Labels mix too, so these layers need whole batches with one-hot labels:
mixing = [
{lines}]


def mix(photos, labels):
    batch = {{"images": photos, "labels": labels}}
    for layer in mixing:
        batch = layer(batch, training=True)
    return batch["images"], batch["labels"]

"""


def source(recipe: Recipe) -> str:
    """Python code that defines `augmentation`, a keras.Sequential of preprocessing layers with this recipe.

    With steps that mix photos it also defines `mix(photos, labels)`.
    """
    differences: list[str] = []
    missing: list[Step] = []
    layers: list[str] = []
    mixing: list[str] = []
    edge = border(recipe)
    alone = without_choice(recipe)
    for step in (*remarks.applied(alone), *remarks.mixing(alone)):
        keras = step.transform.keras
        if step.probability == 0:
            differences.append(remarks.never(step))
            continue
        layer = None if keras.layer is None else keras.layer(step.probability, **step.settings)
        if layer is None:
            missing.append(step)
            continue
        (layers if step.transform.mix is None else mixing).append(layer)
        if keras.layer_differs:
            differences.append(remarks.difference(step, keras.layer_differs))
        keras_probability = 0.5 if layer.startswith("layers.RandomFlip") else 1.0
        if not keras.layer_chance and step.probability != keras_probability:
            differences.append(remarks.probability(step, "Keras", keras_probability))
    differences += remarks.left_out(missing, "Keras")
    differences += remarks.choice(recipe, ALL_STEPS)
    if sum(step.transform.matrix is not None for step in recipe) > 1:
        differences.append("Each layer that moves pixels resamples the photo and makes it a little softer.")
    lines = "".join(f"        {layer},\n" for layer in layers)
    changed = "(augmentation(photos, training=True), labels)"
    batches = MIXING.format(lines="".join(f"    {layer},\n" for layer in mixing)) if mixing else "\n"
    return (
        '"""Augmentation with Keras\' preprocessing layers, for photos with levels from 0 to 255."""\n\n'
        "import keras\nfrom keras import layers\n\n"
        f"fill_mode, fill_value = {edge['fill_mode']!r}, {edge['cval']!r}\n\n"
        f"{remarks.comments(differences)}"
        f"augmentation = keras.Sequential(\n    [\n{lines}    ]\n)\n"
        f"{batches}"
        "# For training photos only:\n"
        f"# dataset.map(lambda photos, labels: {'mix' if mixing else ''}{changed})\n"
    )
