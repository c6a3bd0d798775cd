"""The settings in plain words: complete, without extra ones, and with examples that work."""

import pytest

from core.runs import studies
from core.runs.config import RunConfig, config
from core.runs.fine_tuning import FineTune
from core.runs.settings import FINE_TUNING, SETTINGS
from tests.fabricated import saved_model

FIXED = {"version", "name", "study", "parent", "trial"}


def test_every_setting_is_explained() -> None:
    assert set(SETTINGS) == set(RunConfig.model_fields) - FIXED
    assert set(FINE_TUNING) == set(FineTune.model_fields)
    for setting in (*SETTINGS.values(), *FINE_TUNING.values()):
        assert setting.label
        assert len(setting.help) > 20


@pytest.mark.parametrize("name", [setting.name for setting in SETTINGS.values() if setting.example])
def test_the_example_makes_a_grid(name) -> None:
    saved_model("starter", config={"dataset": "clothing", "backbone": "residual"})
    base = config(dataset="any", recipe=[{"transform": "rotation"}])
    runs = studies.configs(studies.grid(f"{name} = {SETTINGS[name].example}"), base)
    assert len({str(getattr(run, name)) for run in runs}) == len(runs) > 1


def test_no_two_are_called_alike() -> None:
    titles = [setting.title for setting in (*SETTINGS.values(), *FINE_TUNING.values())]
    assert len(set(titles)) == len(titles)


def test_a_title_has_its_unit() -> None:
    assert SETTINGS["image_size"].title == "Image size (px)"
    assert SETTINGS["optimizer"].title == "Optimizer"
