"""A recipe: which transforms are on, how strong and how often. Plain settings that go to JSON and back."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.augment.border import BORDER
from core.augment.catalogue import TRANSFORMS
from core.augment.catalogue import transform as find
from core.augment.choice import CHOICE
from core.augment.transform import Parameter, Setting, Transform
from core.errors import SettingsError
from core.files import texts
from core.words import quoted

LONGEST = 50_000  # characters of a recipe as text; all transforms with all settings take 3,000


@dataclass(frozen=True)
class Step:
    """One transform of a recipe with its settings. Make it with `step`, which checks them."""

    transform: Transform
    probability: float  # that a photo gets it, drawn for each view
    settings: Mapping[str, Setting]


Recipe = tuple[Step, ...]


def step(key: str, /, probability: float | None = None, **settings: Any) -> Step:
    """A checked step. Missing settings take their default.

    Raises SettingsError for an unknown transform or setting and for values out of range.
    """
    transform = find(key)
    unknown = sorted(set(settings) - {parameter.name for parameter in transform.parameters})
    if unknown:
        names = ", ".join(parameter.name for parameter in transform.parameters) or "none"
        raise SettingsError(f"{transform.label} has no setting {quoted(unknown[0])}. Its settings are: {names}.")
    chance = transform.probability if probability is None else probability
    if not _is_number(chance) or not 0 <= chance <= 1:
        raise SettingsError(f"{transform.label}: probability must be a number from 0 to 1, got {quoted(chance)}.")
    checked = {p.name: _checked(transform, p, settings.get(p.name, p.default)) for p in transform.parameters}
    return Step(transform, float(chance), checked)


def border(recipe: Recipe) -> Mapping[str, Setting]:
    """The settings of the recipe's border, or the defaults if it has none."""
    return next((step.settings for step in recipe if step.transform is BORDER), BORDER.settings())


def mixes(recipe: Recipe) -> bool:
    """Whether photos and labels are mixed with those of partners."""
    return any(step.transform.mix is not None and step.probability > 0 for step in recipe)


def without_mixing(recipe: Recipe) -> Recipe:
    """The recipe without the steps that mix photos."""
    return tuple(step for step in recipe if step.transform.mix is None)


def choice_count(recipe: Recipe) -> int | None:
    """How many of its `competing` steps each photo gets; None if it gets all of them."""
    settings = next((step.settings for step in recipe if step.transform is CHOICE), None)
    return None if settings is None else round(float(str(settings["choice_count"])))


def competing(recipe: Recipe) -> list[Step]:
    """The steps among which a choice picks."""
    return [step for step in recipe if step.transform.draws and step.transform.competes and step.probability > 0]


def without_choice(recipe: Recipe) -> Recipe:
    """The nearest recipe without a choice: each step that competes happens on its own, with the same probability."""
    count, rivals = choice_count(recipe), competing(recipe)
    if count is None:
        return recipe
    share = min(1.0, count / max(1, len(rivals)))
    return tuple(
        replace(step, probability=step.probability * share) if step in rivals else step
        for step in recipe
        if step.transform is not CHOICE
    )


FINITE = sys.float_info.max  # math.isfinite fails on integers beyond it


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= FINITE


def _checked(transform: Transform, parameter: Parameter, value: Any) -> Setting:
    name = f"{transform.label}: {parameter.name}"
    if parameter.choices:
        if value not in parameter.choices:
            raise SettingsError(f"{name} must be one of {', '.join(parameter.choices)}, got {quoted(value)}.")
        return str(value)
    limits = f"from {parameter.low:g} to {parameter.high:g}"
    if parameter.is_range:
        if not (isinstance(value, (list, tuple)) and len(value) == 2 and all(map(_is_number, value))):
            raise SettingsError(f"{name} must be two numbers {limits}, got {quoted(value)}.")
        low, high = float(value[0]), float(value[1])
        if not parameter.low <= low <= high <= parameter.high:
            raise SettingsError(f"{name} must be two numbers {limits}, the smaller first, got {low:g} to {high:g}.")
        return low, high
    if not _is_number(value) or not parameter.low <= value <= parameter.high:
        raise SettingsError(f"{name} must be a number {limits}, got {quoted(value)}.")
    return float(value)


def to_json(recipe: Recipe) -> list[dict[str, Any]]:
    """The recipe as a list of {"transform": key, "probability": p, …settings}, with all settings."""
    return [
        {
            "transform": step.transform.key,
            "probability": step.probability,
            **{name: list(value) if isinstance(value, tuple) else value for name, value in step.settings.items()},
        }
        for step in recipe
    ]


def from_json(value: Any) -> Recipe:
    """The recipe in such a list, which may be handwritten. Raises SettingsError."""
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, Mapping) for item in value):
        raise SettingsError('A recipe must be a list such as [{"transform": "rotation", "rotation_range": 15}].')
    if len(value) > len(TRANSFORMS):  # before the steps are checked: there may be a million
        raise SettingsError(
            f"A recipe must have at most {len(TRANSFORMS)} steps, one for each transform, got {len(value):,}. "
            "Leave some out."
        )
    steps = []
    for item in value:
        if "transform" not in item:
            raise SettingsError(
                f'A step of the recipe has no transform: {quoted(dict(item))}. Add "transform" with its key.'
            )
        settings = {str(name): setting for name, setting in item.items() if name not in ("transform", "probability")}
        steps.append(step(item["transform"], item.get("probability"), **settings))
    keys = [step.transform.key for step in steps]
    duplicates = sorted({key for key in keys if keys.count(key) > 1})
    if duplicates:
        raise SettingsError(f"The recipe contains {duplicates[0]!r} twice. Remove one of them.")
    return tuple(steps)


def dumps(recipe: Recipe) -> str:
    """The recipe as one line of JSON, always the same for equal recipes: part of cache keys and links."""
    return json.dumps(to_json(recipe), separators=(",", ":"), sort_keys=True)


def to_link(recipe: Recipe) -> str:
    """The recipe as JSON without default values, short enough for a link; `loads` reads it."""
    short = []
    for item, step in zip(to_json(recipe), recipe, strict=True):
        defaults = {"probability": step.transform.probability, **step.transform.settings()}
        defaults = {name: list(value) if isinstance(value, tuple) else value for name, value in defaults.items()}
        short.append({name: value for name, value in item.items() if defaults.get(name) != value})
    return json.dumps(short, separators=(",", ":"))


def loads(text: str) -> Recipe:
    """The recipe in a JSON text. Raises SettingsError."""
    if len(text) > LONGEST:
        raise SettingsError(f"A recipe must have at most {LONGEST:,} characters, got {len(text):,}. Leave steps out.")
    try:
        return from_json(texts.from_json(text))
    except ValueError as error:
        raise SettingsError(f"The recipe is not valid JSON ({error}).") from None


def summary(recipe: Recipe) -> str:
    """The recipe in a few words, for tables and captions."""
    count, rivals = choice_count(recipe), competing(recipe)
    names = [step.transform.label.lower() for step in recipe if step.transform.draws]
    if count is None or count >= len(rivals):
        return ", ".join(names) if names else "none"
    others = [step.transform.label.lower() for step in recipe if step.transform.draws and step not in rivals]
    return ", ".join([*others, f"{count} of: {', '.join(step.transform.label.lower() for step in rivals)}"])
