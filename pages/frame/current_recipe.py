"""The current recipe: its transforms, their order and their settings.

Every change names its object and its result, so that a click that arrives twice or late changes nothing more. Every
change first carries out the pending request, because two clicks can arrive before the page is drawn.
"""

from typing import Any

from core.augment import recipe
from core.augment.catalogue import TRANSFORMS
from core.augment.recipe import Recipe, Step
from core.augment.transform import Parameter, Setting, Transform
from pages.frame import session
from pages.frame.state import RecipeRequest

FIRST = "rotation"  # the transform shown at the start


def steps() -> Recipe:
    """The steps of the current recipe."""
    apply_request()
    return tuple(step_of(TRANSFORMS[key]) for key in session.RECIPE.get())


def step_of(transform: Transform) -> Step:
    """A transform with its current settings, whether it is in the recipe or not."""
    probability = session.transform_setting(transform.key, "probability").get(transform.probability)
    settings: dict[str, Any] = {
        parameter.name: session.transform_setting(transform.key, parameter.name).get(parameter.default)
        for parameter in transform.parameters
    }
    return recipe.step(transform.key, float(probability), **settings)  # type: ignore[arg-type]


def put(steps: Recipe) -> None:
    """Make `steps` the current recipe."""
    apply_request()
    session.RECIPE_REQUEST.set(RecipeRequest(steps, replace=True))


def reset(key: str) -> None:
    """Set a transform back to its defaults."""
    apply_request()
    session.RECIPE_REQUEST.set(RecipeRequest((recipe.step(key),), replace=False))


def apply_request() -> None:
    """Carry out the pending request before the sliders are drawn. If the script ends early, the next run repeats it."""
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
    """Put a transform into the recipe, at its usual place. Does nothing if the recipe has it."""
    apply_request()
    keys = session.RECIPE.get()
    if key not in keys:
        order = list(TRANSFORMS)
        place = next((i for i, other in enumerate(keys) if order.index(other) > order.index(key)), len(keys))
        session.RECIPE.set((*keys[:place], key, *keys[place:]))


def remove(key: str) -> None:
    """Take a transform out of the recipe."""
    apply_request()
    session.RECIPE.set(tuple(other for other in session.RECIPE.get() if other != key))


def move_before(key: str, other: str) -> None:
    """Move a transform directly before another one."""
    apply_request()
    keys = list(session.RECIPE.get())
    if key in keys and other in keys and key != other:
        keys.remove(key)
        keys.insert(keys.index(other), key)
        session.RECIPE.set(tuple(keys))


def widget_value(parameter: Parameter, value: Setting) -> Any:
    """A setting as the value of its widget, with whole numbers if the slider moves in whole steps."""
    if isinstance(value, str):
        return value
    number = int if parameter.step >= 1 else float
    return tuple(number(end) for end in value) if isinstance(value, tuple) else number(value)
