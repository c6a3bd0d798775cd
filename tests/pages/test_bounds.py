"""Every bound of every setting: link, form and file accept it, and refuse values beyond it with an error."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from core.backbones import BACKBONES
from core.errors import SettingsError
from core.runs import link
from core.runs.config import LARGEST_IMAGE, MOST_LAYERS, MOST_UNITS, RunConfig, config, read
from core.runs.settings import FINE_TUNING, SETTINGS, Setting
from tests.pages.forms import started_config, train

BODY = BACKBONES["mobilenet_v2"]
STEPS = [{"transform": "rotation", "rotation_range": 12}]
TINIEST = 5e-324  # the smallest number above 0 that there is


def whole(setting: Setting) -> bool:
    return not {setting.name} & {"dropout", "label_smoothing", "learning_rate", "weight_decay"}


def end(setting: Setting, bound: float | None, otherwise: Any) -> Any:
    """A bound as a value of the setting's type."""
    if bound is None:
        return otherwise
    return int(bound) if whole(setting) else bound


def bounded(settings: Mapping[str, Setting]) -> list[Setting]:
    return [setting for setting in settings.values() if setting.low is not None or setting.high is not None]


def low_ends(settings: Mapping[str, Setting]) -> dict[str, Any]:
    open_below = {"learning_rate": TINIEST, "image_size": BODY.smallest}
    return {setting.name: end(setting, setting.low, open_below.get(setting.name)) for setting in bounded(settings)}


def high_ends(settings: Mapping[str, Setting]) -> dict[str, Any]:
    open_above = {"blocks": BODY.blocks}
    return {setting.name: end(setting, setting.high, open_above.get(setting.name)) for setting in bounded(settings)}


def lowest(dataset: str) -> RunConfig:
    tuning = {**low_ends(FINE_TUNING), "schedule": "constant", "mixed_precision": False}
    return config(
        dataset=dataset, backbone=BODY.key, recipe=STEPS, dense_layers=[1] * MOST_LAYERS, schedule="constant",
        activation="relu", optimizer="adam", **low_ends(SETTINGS), fine_tune=tuning,
    )  # fmt: skip


def highest(dataset: str) -> RunConfig:
    tuning = {**high_ends(FINE_TUNING), "schedule": "cosine", "mixed_precision": True}
    return config(
        dataset=dataset, backbone=BODY.key, recipe=STEPS, dense_layers=[MOST_UNITS] * MOST_LAYERS, schedule="cosine",
        activation="sigmoid", optimizer="sgd", class_weights=True, **high_ends(SETTINGS), fine_tune=tuning,
        name="n" * 80,
    )  # fmt: skip


def test_the_ends_are_the_bounds_of_the_fields() -> None:
    """Without bounds, the tests below would pass for no reason."""
    low, high = lowest("tiny"), highest("tiny")
    assert (low.image_size, high.image_size) == (32, LARGEST_IMAGE) == (32, 640)
    assert (low.dropout, high.dropout, high.label_smoothing) == (0, 0.99, 0.99)
    assert (low.learning_rate, high.learning_rate) == (TINIEST, 10)
    assert (low.seed, high.seed, high.augmentation_seed) == (0, 2**32 - 1, 2**32 - 1)
    assert (low.early_stopping, high.early_stopping, high.epochs, high.batch_size) == (1, 10_000, 10_000, 4096)
    assert (low.views, high.views, low.warmup, high.warmup) == (1, 1000, 0, 1_000_000)
    assert low.fine_tune
    assert high.fine_tune
    assert (low.fine_tune.blocks, high.fine_tune.blocks) == (1, 16)
    assert (low.fine_tune.epochs, high.fine_tune.epochs) == (1, 1000)
    assert (low.fine_tune.learning_rate, high.fine_tune.learning_rate) == (TINIEST, 1)
    assert (low.fine_tune.weight_decay, high.fine_tune.weight_decay) == (0, 0.99)
    assert (low.fine_tune.warmup, high.fine_tune.warmup) == (0, 1_000_000)


@pytest.mark.parametrize("ends", [lowest, highest])
def test_the_form_takes_every_end_from_a_link(tiny: str, ends: Any) -> None:
    settings = ends(tiny)
    app = train(settings=link.dumps(settings))
    assert not [element.value for element in app.warning if "ignored" in element.value]
    assert not app.error
    assert started_config(app) == settings


def test_the_form_takes_the_ends_of_every_backbone(tiny: str) -> None:
    for body in BACKBONES.values():
        for size in (body.smallest, LARGEST_IMAGE):
            settings = config(dataset=tiny, backbone=body.key, image_size=size, dropout=0.99)
            app = train(settings=link.dumps(settings))
            assert not app.error, (body.key, size)
            assert started_config(app) == settings


def test_every_end_is_accepted_in_a_file(tmp_path: Path) -> None:
    for number, settings in enumerate((lowest("tiny"), highest("tiny"))):
        assert link.loads(link.dumps(settings)) == settings
        whole_file = tmp_path / f"{number}.json"
        whole_file.write_text(settings.model_dump_json())
        assert read(whole_file) == settings
        values = settings.model_dump(mode="json")
        for name in SETTINGS:  # each on its own
            if name in ("dataset", "fine_tune"):
                continue
            alone = tmp_path / f"{number}-{name}.json"
            alone.write_text(json.dumps({"dataset": "tiny", name: values[name]}))
            assert getattr(read(alone), name) == getattr(settings, name), name
        for name in FINE_TUNING:
            alone = tmp_path / f"{number}-tune-{name}.json"
            alone.write_text(json.dumps({"dataset": "tiny", "fine_tune": {name: values["fine_tune"][name]}}))
            assert getattr(read(alone).fine_tune, name) == getattr(settings.fine_tune, name), name


def beyond(settings: Mapping[str, Setting]) -> list[tuple[str, Any]]:
    """Values just outside the bounds, with the setting's name."""
    values: list[tuple[str, Any]] = []
    for setting in bounded(settings):
        step = 1 if whole(setting) else 1e-9
        if setting.low is not None:
            values.append((setting.name, end(setting, setting.low, None) - step))
        if setting.high is not None:
            values.append((setting.name, end(setting, setting.high, None) + step))
    return values


OUTSIDE = [
    *beyond(SETTINGS),
    ("learning_rate", 0),
    ("learning_rate", -TINIEST),
    ("image_size", BODY.smallest - 1),
    ("dense_layers", [0]),
    ("dense_layers", [1, MOST_UNITS + 1]),
    ("dense_layers", [1] * (MOST_LAYERS + 1)),
    ("name", "n" * 81),
]
OUTSIDE_TUNING = [*beyond(FINE_TUNING), ("learning_rate", 0), ("blocks", BODY.blocks + 1)]


def test_a_value_just_beyond_a_bound_is_refused_by_name_in_link_and_file(tmp_path: Path) -> None:
    assert len(OUTSIDE) > 25
    assert len(OUTSIDE_TUNING) > 8
    wrong: list[tuple[str, dict[str, Any]]] = [(name, {name: value}) for name, value in OUTSIDE]
    wrong += [(f"fine_tune.{name}", {"fine_tune": {name: value}}) for name, value in OUTSIDE_TUNING]
    for full_name, settings in wrong:
        text = json.dumps({"dataset": "tiny", "backbone": BODY.key, **settings})
        file = tmp_path / "settings.json"
        file.write_text(text)
        for load in (lambda text=text: link.loads(text), lambda file=file: read(file)):
            with pytest.raises(SettingsError) as refused:
                load()
            assert re.match(rf"{re.escape(full_name)} must .*, got ", str(refused.value)), (settings, refused.value)
