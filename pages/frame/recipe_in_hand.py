"""The recipe in hand: which transforms are in it, in which order, and how each is set.

Every act names its object and its result, so that a click that is delivered twice or late changes nothing more. It
begins by carrying out what was requested before: two clicks may come before the page is drawn.
"""

from typing import Any

from core.augment import recipe
from core.augment.catalogue import TRANSFORMS
from core.augment.recipe import Recipe, Step
from core.augment.transform import Parameter, Setting, Transform
from pages.frame import session
from pages.frame.session import RecipeRequest

FIRST = "rotation"  # the transform that a newcomer sees


def current() -> Recipe:
    """The recipe in hand."""
    carry_out()
    return tuple(step_of(TRANSFORMS[key]) for key in session.RECIPE.get())


def step_of(transform: Transform) -> Step:
    """One transform as it is set, in the recipe or not."""
    probability = session.transform_setting(transform.key, "probability").get(transform.probability)
    settings: dict[str, Any] = {
        parameter.name: session.transform_setting(transform.key, parameter.name).get(parameter.default)
        for parameter in transform.parameters
    }
    return recipe.step(transform.key, float(probability), **settings)  # type: ignore[arg-type]


def put(steps: Recipe) -> None:
    """Make `steps` the recipe in hand."""
    carry_out()
    session.RECIPE_REQUEST.set(RecipeRequest(steps, replace=True))


def reset(key: str) -> None:
    """Set a transform back to its defaults."""
    carry_out()
    session.RECIPE_REQUEST.set(RecipeRequest((recipe.step(key),), replace=False))


def carry_out() -> None:
    """Do what was requested, before the sliders are drawn; a run that ends within this lets the next one do it."""
    request = session.RECIPE_REQUEST.get()
    if request is None:
        return
    for step in request.steps:
        key = step.transform.key
        session.transform_setting(key, "probability").set(step.probability)
        for parameter in step.transform.parameters:
            value = widget_value(parameter, step.settings[parameter.name])
            session.transform_setting(key, parameter.name).set(value)
    if request.replace:
        keys = tuple(step.transform.key for step in request.steps)
        session.RECIPE.set(keys)
        if keys and session.TRANSFORM.get(FIRST) not in keys:
            session.TRANSFORM.set(keys[0])
    session.RECIPE_REQUEST.clear()


def add(key: str) -> None:
    """Have a transform in the recipe, at its usual place."""
    carry_out()
    keys = session.RECIPE.get()
    if key not in keys:
        order = list(TRANSFORMS)
        place = next((i for i, other in enumerate(keys) if order.index(other) > order.index(key)), len(keys))
        session.RECIPE.set((*keys[:place], key, *keys[place:]))


def remove(key: str) -> None:
    """Have a transform no longer in the recipe."""
    carry_out()
    session.RECIPE.set(tuple(other for other in session.RECIPE.get() if other != key))


def place_before(key: str, other: str) -> None:
    """Have a transform directly before another one."""
    carry_out()
    keys = session.RECIPE.get()
    if key in keys and other in keys and key != other:
        rest = [each for each in keys if each != key]
        rest.insert(rest.index(other), key)
        session.RECIPE.set(tuple(rest))


def widget_value(parameter: Parameter, value: Setting) -> Any:
    """A setting as its widget has it: whole numbers where the slider's steps are whole."""
    if isinstance(value, str):
        return value
    number = int if parameter.step >= 1 else float
    return tuple(number(end) for end in value) if isinstance(value, tuple) else number(value)
