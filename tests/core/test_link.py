"""Settings as text for a link: they survive the round trip, and invalid ones are refused with a sentence."""

import json

import pytest

from core.augment import recipe
from core.augment.presets import PRESETS
from core.errors import SettingsError
from core.runs import link
from core.runs.config import config

FULL = config(
    dataset="clothing",
    backbone="xception",
    image_size=299,
    dense_layers=(100, 50, 7),
    activation="gelu",
    dropout=0.35,
    recipe=recipe.to_json(PRESETS[-1].recipe),
    augmentation_seed=7,
    views=3,
    optimizer="sgd",
    learning_rate=0.0005,
    schedule="cosine",
    warmup=40,
    label_smoothing=0.1,
    batch_size=16,
    epochs=12,
    early_stopping=4,
    class_weights=True,
    fine_tune={
        "blocks": 3,
        "epochs": 4,
        "learning_rate": 5e-5,
        "schedule": "constant",
        "warmup": 7,
        "weight_decay": 0.01,
        "mixed_precision": False,
    },
    seed=3,
    name="für später",
)


def test_every_setting_comes_back() -> None:
    assert link.loads(link.dumps(FULL)) == FULL
    assert len(link.dumps(FULL)) < 1500


def test_the_example_differs_from_the_defaults_in_every_setting() -> None:
    plain = config(dataset="other")
    alike = {name for name in type(FULL).model_fields if getattr(FULL, name) == getattr(plain, name)}
    assert alike == {"version", "study", "parent", "trial"}


def test_only_what_differs_from_the_defaults_is_written() -> None:
    assert link.dumps(config(dataset="clothing")) == '{"dataset":"clothing"}'
    assert link.dumps(config(dataset="clothing", dropout=0.5)) == '{"dataset":"clothing","dropout":0.5}'


def test_fine_tuning_with_its_defaults_comes_back() -> None:
    settings = config(dataset="clothing", fine_tune={})
    assert link.loads(link.dumps(settings)) == settings
    assert link.dumps(settings) == '{"dataset":"clothing","fine_tune":{}}'


def test_what_belongs_to_one_run_is_left_out() -> None:
    assert "study" not in json.loads(link.dumps(FULL.model_copy(update={"study": "dropout-20260101-120000"})))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Not valid JSON"),
        ("[" * 5000, "Not valid JSON"),
        ("[1]", "Not a JSON object"),
        ("{}", "'dataset' is missing"),
        ('{"dataset":"a","dropout":2}', "dropout must be at most 0.99, got 2"),
        ('{"dataset":"a","colour":2}', "no setting 'colour'"),
        ('{"dataset":"a","study":"dropout"}', "'study' belongs to one run"),
        ('{"dataset":"a","recipe":[{"transform":"x"}]}', "'x'"),
        (json.dumps({"dataset": "a" * link.LONGEST}), "must have at most 8000 characters"),
    ],
)
def test_an_invalid_link_is_refused(text, words) -> None:
    with pytest.raises(SettingsError, match=words):
        link.loads(text)
