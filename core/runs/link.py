"""A run's settings as text for a link: what differs from the defaults of RunConfig, so that it means the same
everywhere."""

import json
from typing import Any

from core.augment import recipe
from core.errors import SettingsError
from core.runs.config import RunConfig, config

LEFT_OUT = ("version", "study", "parent")  # they belong to one run, not to its settings
LONGEST = 8000  # characters; browsers and servers take links of that length


def dumps(settings: RunConfig) -> str:
    """One line of JSON: the dataset, and each setting that is not RunConfig's default."""
    written = {
        name: value
        for name, value in settings.model_dump(mode="json", exclude_defaults=True).items()
        if name not in LEFT_OUT
    }
    if settings.recipe:
        written["recipe"] = json.loads(recipe.to_link(settings.recipe))
    return json.dumps(written, separators=(",", ":"), ensure_ascii=False)


def loads(text: str) -> RunConfig:
    """The settings that `dumps` wrote, or a person. Raises SettingsError."""
    if len(text) > LONGEST:
        raise SettingsError(f"The link must have at most {LONGEST} characters, got {len(text)}.")
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError):
        raise SettingsError('Not valid JSON. Expected something like {"dataset":"clothing","dropout":0.5}.') from None
    if not isinstance(value, dict):
        raise SettingsError('Not a JSON object. Expected something like {"dataset":"clothing","dropout":0.5}.')
    if stranger := next((name for name in LEFT_OUT if name in value), None):
        raise SettingsError(f"The setting {stranger!r} belongs to one run; leave it out.")
    return config(**value)
