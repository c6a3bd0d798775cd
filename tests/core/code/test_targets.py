"""The registry of everything that a recipe can be exported to."""

from dataclasses import replace

import pytest

from core.augment import recipe
from core.augment.catalogue import TRANSFORMS
from core.augment.code import recipe_json, targets
from core.augment.code.targets import TARGETS
from core.errors import SettingsError

EVERYTHING = tuple(recipe.step(key) for key in TRANSFORMS)


@pytest.mark.parametrize("key", TARGETS)
@pytest.mark.parametrize("steps", [(), EVERYTHING], ids=["nothing", "everything"])
def test_every_target_has_texts_and_a_source(key: str, steps: recipe.Recipe) -> None:
    target = targets.target(key)
    assert target.key == key
    assert target.label
    assert target.sentence.endswith(".")
    text = target.source(steps, 3, 150)
    assert text.endswith("\n")
    if target.language == "python":
        compile(text, target.file_name, "exec")


def test_an_unknown_target_is_an_error() -> None:
    with pytest.raises(SettingsError, match="There is no code for 'caffe'"):
        targets.target("caffe")


def test_keys_and_file_names_are_unique() -> None:
    first, second = list(TARGETS.values())[:2]
    with pytest.raises(ValueError, match="unique"):
        targets.registered(first, replace(second, key=first.key))
    with pytest.raises(ValueError, match="unique"):
        targets.registered(first, replace(second, file_name=first.file_name))


def test_json_is_read_back_and_readable() -> None:
    text = recipe_json.source(EVERYTHING)
    assert recipe.loads(text) == EVERYTHING
    assert len(text.splitlines()) == len(EVERYTHING) + 2
    assert recipe.loads(recipe_json.source(())) == ()
