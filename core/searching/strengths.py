"""The strength of a recipe's steps as a setting: 0 leaves a step out, 1 is the step as the recipe has it."""

from dataclasses import replace
from typing import Any

from core.augment.catalogue import TRANSFORMS
from core.augment.recipe import Recipe, Step
from core.augment.transform import Parameter, Setting, Transform

PREFIX = "strength."


def name_of(transform: Transform) -> str:
    """The name of its strength as a dimension, such as "strength.rotation"."""
    return PREFIX + transform.key


def transform_of(name: str) -> Transform | None:
    """The transform whose strength a dimension is; None if it is something else."""
    return TRANSFORMS.get(name.removeprefix(PREFIX)) if name.startswith(PREFIX) else None


def has_strength(step: Step) -> bool:
    """Whether it changes photos, and so can do that more or less."""
    return step.transform.draws and step.probability > 0


def scaled(recipe: Recipe, strengths: dict[str, float]) -> Recipe:
    """The recipe with the steps of these transforms, by key, at their strengths; all others stay as they are."""
    steps = (at(step, strengths.get(step.transform.key, 1.0)) for step in recipe)
    return tuple(step for step in steps if step is not None)


def at(step: Step, strength: float) -> Step | None:
    """The step with its settings on the way from no change (0) to its own (1); None at 0.

    A step without a number to turn, such as a flip, happens less often instead.
    """
    if strength <= 0:
        return None
    numbers = [parameter for parameter in step.transform.parameters if not parameter.choices]
    if not numbers:
        return replace(step, probability=step.probability * strength)
    settings = {parameter.name: _between(parameter, step.settings[parameter.name], strength) for parameter in numbers}
    return replace(step, settings={**step.settings, **settings})


def _between(parameter: Parameter, value: Any, strength: float) -> Setting:
    neutral: Any = parameter.neutral
    if parameter.is_range:
        low, high = (_mixed(parameter, start, end, strength) for start, end in zip(neutral, value, strict=True))
        return low, high
    return _mixed(parameter, neutral, value, strength)


def _mixed(parameter: Parameter, neutral: float, value: float, strength: float) -> float:
    mixed = neutral + strength * (value - neutral)
    return float(round(mixed) if float(parameter.step).is_integer() else mixed)
