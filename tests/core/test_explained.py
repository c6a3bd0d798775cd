"""The settings in plain words: none is forgotten, none is made up, and the examples can be run."""

import pytest

from core.runs import studies
from core.runs.config import RunConfig, config
from core.runs.explained import SETTINGS

FIXED = {"version", "fine_tune", "name", "study", "parent"}


def test_every_setting_is_explained() -> None:
    assert set(SETTINGS) == set(RunConfig.model_fields) - FIXED
    for one in SETTINGS.values():
        assert one.label
        assert len(one.help) > 20


@pytest.mark.parametrize("name", [one.name for one in SETTINGS.values() if one.example])
def test_the_example_makes_a_grid(name) -> None:
    base = config(dataset="any", recipe=[{"transform": "rotation"}])
    runs = studies.configs(studies.grid(f"{name} = {SETTINGS[name].example}"), base)
    assert len({str(getattr(run, name)) for run in runs}) == len(runs) > 1


def test_a_title_has_its_unit() -> None:
    assert SETTINGS["image_size"].title == "Image size (px)"
    assert SETTINGS["optimizer"].title == "Optimizer"
