"""Recipes at random, for tests of the code that is made of them."""

import random
from typing import Any

from core.augment import recipe
from core.augment.catalogue import TRANSFORMS
from core.augment.recipe import Recipe


def random_recipe(chance: random.Random) -> Recipe:
    """Some transforms in any order, with any settings and probabilities."""
    steps = []
    for key in chance.sample(list(TRANSFORMS), chance.randint(1, len(TRANSFORMS))):
        settings: dict[str, Any] = {}
        for parameter in TRANSFORMS[key].parameters:
            if parameter.choices:
                settings[parameter.name] = chance.choice(parameter.choices)
            else:
                low, high = sorted(round(chance.uniform(parameter.low, parameter.high), 3) for _ in range(2))
                settings[parameter.name] = (low, high) if parameter.is_range else low
        steps.append(recipe.step(key, chance.choice((0.0, 0.3, 0.8, 1.0)), **settings))
    return tuple(steps)
