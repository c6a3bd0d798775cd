"""A recipe as Keras' ImageDataGenerator."""

from collections.abc import Iterable
from typing import Any

from core.augment.catalogue import TRANSFORMS
from core.augment.code import remarks
from core.augment.recipe import Recipe, Step, without_choice

ALL_STEPS = "Keras' generator applies all of them, which is far stronger."


def source(recipe: Recipe) -> str:
    """Python code that defines `generator`, Keras' ImageDataGenerator with this recipe."""
    arguments: dict[str, Any] = {}
    differences: list[str] = []
    missing: list[Step] = []
    for step in without_choice(recipe):
        keras = step.transform.keras
        if step.transform.draws and step.probability == 0:
            differences.append(remarks.never(step))
            continue
        options = None if keras.generator is None else keras.generator(step.probability, **step.settings)
        if options is None:
            missing.append(step)
            continue
        arguments |= options
        if keras.generator_differs:
            differences.append(remarks.difference(step, keras.generator_differs))
        keras_probability = step.transform.probability if not step.transform.parameters else 1.0
        if step.transform.draws and step.probability != keras_probability:
            differences.append(remarks.probability(step, "Keras", keras_probability))
    differences += remarks.left_out(missing, "Keras")
    differences += remarks.choice(recipe, ALL_STEPS)
    differences += _order(recipe)
    lines = "".join(f"    {name}={_plain(value)!r},\n" for name, value in arguments.items())
    return (
        '"""Augmentation with Keras\' ImageDataGenerator (legacy; needs SciPy)."""\n\n'
        "from tensorflow.keras.preprocessing.image import ImageDataGenerator\n\n"
        f"{remarks.comments(differences)}"
        f"generator = ImageDataGenerator(\n{lines})\n\n"
        "# For training photos only; validation and test photos stay as they are:\n"
        '# generator.flow_from_directory("train", target_size=(299, 299), batch_size=32)\n'
    )


def _order(recipe: Recipe) -> Iterable[str]:
    """A remark if the generator applies the steps in a different order from ours."""
    theirs = [transform.key for transform in TRANSFORMS.values() if transform.keras.generator]
    ours = [step.transform.key for step in remarks.applied(recipe) if step.transform.key in theirs]
    if ours != sorted(ours, key=theirs.index):
        yield (
            "The generator uses its own order: "
            + ", ".join(TRANSFORMS[key].label.lower() for key in sorted(ours, key=theirs.index))
            + "."
        )


def _plain(value: Any) -> Any:
    """15 for 15.0: whole numbers read better, and Keras takes both."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value
