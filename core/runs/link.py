"""A run's settings as text for a link: all that differ from the defaults of RunConfig, so that it means the same
everywhere."""

import json
from typing import Any

from core.augment import recipe
from core.errors import SettingsError
from core.files import texts
from core.runs.config import RunConfig, config

LEFT_OUT = tuple(name for name in RunConfig.OF_ONE_RUN if name != "name")  # which a link may suggest
LONGEST = 8000  # characters; browsers and servers accept links of this length


def dumps(settings: RunConfig) -> str:
    """One line of JSON: the dataset, and each setting that is not RunConfig's default."""
    values = {
        name: value
        for name, value in settings.model_dump(mode="json", exclude_defaults=True).items()
        if name not in LEFT_OUT
    }
    if settings.recipe:
        values["recipe"] = json.loads(recipe.to_link(settings.recipe))
    return json.dumps(values, separators=(",", ":"), ensure_ascii=False)


def loads(text: str) -> RunConfig:
    """The settings in a text from `dumps`, or from a person. Raises SettingsError."""
    if len(text) > LONGEST:
        raise SettingsError(f"The link must have at most {LONGEST} characters, got {len(text)}.")
    try:
        value: Any = texts.from_json(text)
    except ValueError:
        raise SettingsError('Not valid JSON. Expected something like {"dataset":"clothing","dropout":0.5}.') from None
    if not isinstance(value, dict):
        raise SettingsError('Not a JSON object. Expected something like {"dataset":"clothing","dropout":0.5}.')
    if extra := next((name for name in LEFT_OUT if name in value), None):
        raise SettingsError(f"The setting {extra!r} belongs to one run. Leave it out.")
    return config(**value)
