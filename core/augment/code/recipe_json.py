"""A recipe as JSON for this program."""

import json

from core.augment.recipe import Recipe, to_json


def source(recipe: Recipe) -> str:
    """The recipe as indented JSON, one step per line: what `recipe.loads` and `python -m core augment` read."""
    lines = ",\n  ".join(json.dumps(step) for step in to_json(recipe))
    return f"[\n  {lines}\n]\n" if lines else "[]\n"
