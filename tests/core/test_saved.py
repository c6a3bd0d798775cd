"""Recipes saved by name."""

import json

import pytest

from core import workspace
from core.augment import recipe, saved
from core.errors import SettingsError

TILTED = (recipe.step("rotation", rotation_range=40), recipe.step("horizontal_flip"))


def test_a_recipe_comes_back_as_it_was_saved() -> None:
    saved.save("  My début: 2 × flip ", TILTED)
    assert saved.names() == ["My début: 2 × flip"]
    assert saved.load("My début: 2 × flip") == TILTED


def test_the_same_name_replaces_and_delete_forgets() -> None:
    saved.save("tilted", TILTED)
    saved.save("tilted", TILTED[:1])
    assert saved.load("tilted") == TILTED[:1]
    saved.delete("tilted")
    saved.delete("tilted")
    assert saved.names() == []
    with pytest.raises(SettingsError, match="There is no saved recipe 'tilted'"):
        saved.load("tilted")


@pytest.mark.parametrize("name", ["", "   ", "../..", "x" * 61])
def test_an_invalid_name_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match="name must have 1 to 60 characters"):
        saved.save(name, TILTED)
    assert not workspace.recipes().exists()


def test_a_damaged_file_hides_no_other() -> None:
    saved.save("good", TILTED)
    (workspace.recipes() / "bad.json").write_text("{")
    (workspace.recipes() / "odd.json").write_text(json.dumps({"name": "odd", "recipe": [{"transform": "none such"}]}))
    assert saved.names() == ["good"]
    bad, odd = saved.damaged()
    assert (bad.name, odd.name) == ("bad.json", "odd.json")
    assert "not valid JSON" in bad.reason
    assert "none such" in odd.reason


def test_names_that_look_alike_are_two_recipes() -> None:
    saved.save("Rotate 10°", TILTED)
    saved.save("rotate-10!", TILTED[:1])
    assert saved.names() == ["Rotate 10°", "rotate-10!"]
    assert saved.load("Rotate 10°") == TILTED
