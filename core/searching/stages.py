"""The stages of a search: what each varies, and from which settings it starts."""

from dataclasses import replace
from typing import Any

from core.augment import recipe
from core.augment.presets import PRESETS
from core.augment.recipe import Recipe, Step
from core.augment.transform import Parameter, Setting
from core.datasets.catalogue import Dataset
from core.runs import bodies
from core.runs.config import RunConfig
from core.runs.fine_tuning import FineTune
from core.searching import safe_range, space, strengths
from core.searching.records import StageKey, StageRecord
from core.searching.space import Dimension, Space

MOST_VIEWS = 4  # of each photo while augmentation is varied: each recipe needs its own features
STRONGER = 2.0  # times the settings of a recipe, as the strongest that is tried
POOL = next(preset.recipe for preset in PRESETS if preset.key == "strong")  # if the settings have no recipe


def first(base: RunConfig, keys: tuple[str, ...]) -> RunConfig:
    """The settings of the first trial: heads come before fine-tuning, unless that is the first stage."""
    if StageKey.OWN in keys:
        return base
    is_tuned = keys[:1] == (StageKey.FINE_TUNING,)
    return base.model_copy(update={"fine_tune": (base.fine_tune or FineTune()) if is_tuned else None})


def stage(key: str, base: RunConfig, original: RunConfig, vary: str, dataset: Dataset) -> StageRecord:
    """The stage that goes on from `base`, the best settings so far. `original` are those that the search began with.

    Raises SettingsError if `vary` can't be read.
    """
    note = ""
    if key == StageKey.OWN:
        dimensions = space.parse(vary, base)
    elif key == StageKey.HEAD:
        dimensions = _including(_head(base), base)
    elif key == StageKey.AUGMENTATION:
        steps, note = safe_range.within(strongest(base.recipe), dataset, base.augmentation_seed)
        views = min(base.views, MOST_VIEWS)
        base = base.model_copy(update={"recipe": steps, "views": views})
        dimensions = tuple(
            Dimension(name=strengths.name_of(step.transform), low=0.0, high=1.0)
            for step in steps
            if strengths.has_strength(step)
        )
    else:
        base = base.model_copy(update={"fine_tune": original.fine_tune or FineTune()})
        dimensions = _including(_fine_tuning(base), base)
    return StageRecord(key=key, base=base.model_dump(mode="json"), dimensions=dimensions, note=note)


def strongest(steps: Recipe) -> Recipe:
    """The recipe whose steps at strength 1 are the strongest that a search tries."""
    if not any(map(strengths.has_strength, steps)):
        return POOL
    return tuple(_stronger(step) if strengths.has_strength(step) else step for step in steps)


def _stronger(step: Step) -> Step:
    numbers = [parameter for parameter in step.transform.parameters if not parameter.choices]
    settings: dict[str, Setting] = {
        parameter.name: _beyond(parameter, step.settings[parameter.name]) for parameter in numbers
    }
    probability = step.probability if numbers else min(1.0, STRONGER * step.probability)
    return replace(step, probability=probability, settings={**step.settings, **settings})


def _beyond(parameter: Parameter, value: Setting) -> Setting:
    """Twice as far from changing nothing, as far as the parameter goes."""
    if isinstance(value, tuple):
        neutral = parameter.neutral
        assert isinstance(neutral, tuple)
        low, high = (_limited(parameter, start, end) for start, end in zip(neutral, value, strict=True))
        return low, high
    assert not isinstance(value, str)
    return _limited(parameter, float(str(parameter.neutral)), value)


def _limited(parameter: Parameter, neutral: float, value: float) -> float:
    return float(min(parameter.high, max(parameter.low, neutral + STRONGER * (value - neutral))))


def _head(base: RunConfig) -> Space:
    low = 1e-4 if bodies.of(base.backbone).pretrained else 3e-4
    return (
        Dimension(name="learning_rate", low=low, high=1e-2, is_logarithmic=True),
        Dimension(name="dropout", low=0.0, high=0.8),
        Dimension(name="dense_layers", choices=([], [100], [256])),
        Dimension(name="label_smoothing", low=0.0, high=0.2),
    )


def _fine_tuning(base: RunConfig) -> Space:
    blocks = bodies.of(base.backbone).blocks
    return (
        Dimension(name=f"{space.TUNING}learning_rate", low=5e-5, high=1e-3, is_logarithmic=True),
        Dimension(
            name=f"{space.TUNING}blocks", choices=(None, *sorted({-(-2 * blocks // 3), -(-blocks // 3)}, reverse=True))
        ),
    )


def _including(dimensions: Space, base: RunConfig) -> Space:
    """The dimensions, each with the value that it has in the settings to start from."""
    return tuple(dimension.including(space.value_in(base, dimension.name)) for dimension in dimensions)


def values_of_base(record: StageRecord, base: RunConfig) -> dict[str, Any]:
    """The values that a stage's dimensions have in the settings that it goes on from, as near as they can get."""
    if record.key != StageKey.AUGMENTATION:
        return {dimension.name: space.value_in(base, dimension.name) for dimension in record.dimensions}
    own = {step.transform.key for step in base.recipe if strengths.has_strength(step)}
    return {
        strengths.name_of(step.transform): _strength(step, base.recipe) if step.transform.key in own else 0.0
        for step in recipe.from_json(record.base["recipe"])
        if strengths.has_strength(step)
    }


def _strength(step: Step, steps: Recipe) -> float:
    """How strong a step is in a recipe, measured by the strongest that is tried."""
    own = next(each for each in steps if each.transform is step.transform)
    tried = [round(strength / 20, 2) for strength in range(21)]
    return min(tried, key=lambda strength: _distance(strengths.at(step, strength), own))


def _distance(step: Step | None, other: Step) -> float:
    if step is None:
        return float("inf")
    apart = abs(step.probability - other.probability)
    for parameter in step.transform.parameters:
        if not parameter.choices:
            span = parameter.high - parameter.low or 1
            pairs = zip(_numbers(step.settings[parameter.name]), _numbers(other.settings[parameter.name]), strict=True)
            apart += sum(abs(first - second) for first, second in pairs) / span
    return apart


def _numbers(value: Setting) -> tuple[float, ...]:
    return value if isinstance(value, tuple) else (float(value),)
