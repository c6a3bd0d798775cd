"""RunConfig: its valid settings, and an error sentence for everything else."""

import json
import math

import pytest
from pydantic import ValidationError

from core.backbones import BACKBONES
from core.errors import SettingsError
from core.runs.config import LARGEST_IMAGE, RunConfig, config, read

EVERYTHING = {
    "version": 1,
    "dataset": "own",
    "backbone": "xception",
    "image_size": 299,
    "dense_layers": [100, 50],
    "activation": "gelu",
    "dropout": 0.5,
    "recipe": [{"transform": "rotation", "probability": 0.5, "rotation_range": 30.0}],
    "augmentation_seed": 3,
    "views": 4,
    "optimizer": "adamw",
    "learning_rate": 0.005,
    "schedule": "cosine",
    "warmup": 20,
    "label_smoothing": 0.1,
    "batch_size": 16,
    "epochs": 50,
    "early_stopping": 5,
    "class_weights": True,
    "fine_tune": {
        "blocks": 4,
        "epochs": 5,
        "learning_rate": 0.0001,
        "schedule": "constant",
        "warmup": 10,
        "weight_decay": 0.01,
        "mixed_precision": False,
    },
    "seed": 7,
    "name": "größer",
    "study": "dropout",
    "parent": "20250101-000000-000000-abcd",
    "trial": True,
}


def test_only_the_dataset_is_required():
    made = config(dataset="clothing")
    assert made.dataset == "clothing"
    assert made.backbone in BACKBONES
    assert BACKBONES[made.backbone].smallest <= made.image_size <= LARGEST_IMAGE
    assert made.fine_tune is None
    assert made.recipe == ()


def test_every_field_but_the_dataset_has_a_default():
    required = [name for name, field in RunConfig.model_fields.items() if field.is_required()]
    assert required == ["dataset"]
    with pytest.raises(SettingsError, match="'dataset' is missing"):
        config()


def test_the_settings_are_those_of_the_contract():
    assert set(EVERYTHING) == set(RunConfig.model_fields)


@pytest.mark.parametrize("settings", [{"dataset": "clothing"}, EVERYTHING], ids=["defaults", "everything"])
def test_round_trip_through_json(settings, tmp_path):
    made = config(**settings)
    path = tmp_path / "config.json"
    path.write_text(json.dumps(made.model_dump(mode="json")), encoding="utf-8")
    assert read(path) == made


def test_the_json_has_all_settings_unchanged():
    assert config(**EVERYTHING).model_dump(mode="json") == EVERYTHING


def test_it_is_frozen():
    made = config(dataset="clothing")
    with pytest.raises(ValidationError, match="frozen"):
        made.epochs = 3


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"learning_speed": 1}, ["'learning_speed'", "learning_rate"]),
        ({"dropout": 1}, ["dropout", "1", "at most 0.99"]),
        ({"dropout": -0.1}, ["dropout", "-0.1", "at least 0"]),
        ({"dropout": "much"}, ["dropout", "'much'", "number"]),
        ({"image_size": 31}, ["image_size must be at least 32 px", "MobileNetV2", "got 31"]),
        ({"backbone": "xception", "image_size": 70}, ["image_size must be at least 71 px", "Xception", "got 70"]),
        ({"image_size": LARGEST_IMAGE + 1}, ["image_size", str(LARGEST_IMAGE + 1), str(LARGEST_IMAGE)]),
        ({"image_size": 99.5}, ["image_size", "99.5", "whole number"]),
        ({"image_size": None}, ["image_size", "whole number"]),
        ({"learning_rate": 0}, ["learning_rate", "greater than 0"]),
        ({"learning_rate": math.nan}, ["learning_rate", "nan", "finite"]),
        ({"learning_rate": math.inf}, ["learning_rate", "inf", "finite"]),
        ({"learning_rate": 11}, ["learning_rate", "11", "at most 10"]),
        ({"backbone": "resnet"}, ["'resnet'", *BACKBONES]),
        ({"recipe": [{"transform": "sepia"}]}, ["'sepia'", "rotation"]),
        ({"recipe": [{"transform": "rotation", "rotation_range": 400}]}, ["rotation_range", "400", "180"]),
        ({"recipe": [{"transform": "rotation"}, {"transform": "rotation"}]}, ["'rotation'", "twice"]),
        ({"recipe": "rotation"}, ["recipe", "list"]),
        ({"recipe": ["rotation"]}, ["recipe", "list"]),
        ({"dense_layers": 100}, ["dense_layers", "100"]),
        ({"dense_layers": [0]}, ["dense_layers", "at least 1"]),
        ({"dense_layers": [1, 2, 3, 4]}, ["dense_layers", "at most 3"]),
        ({"activation": "softmax"}, ["activation", "'softmax'", "'relu'"]),
        ({"optimizer": ["adam"]}, ["optimizer", "'adam'"]),
        ({"epochs": 0}, ["epochs", "0", "at least 1"]),
        ({"dense_layers": ["ten"]}, ["dense_layers", "'ten'", "whole number"]),
        ({"epochs": "thirty"}, ["epochs", "'thirty'", "whole number"]),
        ({"batch_size": []}, ["batch_size", "whole number"]),
        ({"early_stopping": 0}, ["early_stopping", "0"]),
        ({"label_smoothing": 1}, ["label_smoothing", "1"]),
        ({"seed": -1}, ["seed", "-1"]),
        ({"seed": 2**32}, ["seed", str(2**32)]),
        ({"views": 0}, ["views", "0"]),
        ({"warmup": -1}, ["warmup", "-1"]),
        ({"version": 2}, ["version", "2", "1"]),
        ({"fine_tune": 3}, ["fine_tune", "3"]),
        ({"fine_tune": {"epochs": 0}}, ["fine_tune.epochs", "0", "at least 1"]),
        ({"fine_tune": {"layers": 3}}, ["'fine_tune.layers'", "blocks, epochs"]),
        ({"fine_tune": {"blocks": 17}}, ["fine_tune.blocks must be at most 16", "MobileNetV2", "got 17"]),
        ({"fine_tune": {}, "backbone": "small_cnn"}, ["learns as a whole from the start", "leave fine_tune out"]),
        ({"name": "x" * 81}, ["name", "at most 80 characters"]),
        ({"dataset": 5}, ["dataset", "5", "text"]),
    ],
    ids=lambda value: json.dumps(value)[:40] if isinstance(value, dict) else "",
)
def test_a_wrong_setting_is_a_sentence(settings, words):
    with pytest.raises(SettingsError) as refused:
        config(**{"dataset": "clothing", **settings})
    sentence = str(refused.value)
    for word in words:
        assert word in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert "Input should" not in sentence
    assert sentence.count(" must ") <= 1  # one clause about one setting
    assert "should" not in sentence
    assert "pydantic" not in sentence


def test_two_wrong_settings_are_two_sentences():
    with pytest.raises(SettingsError) as refused:
        config(dataset="clothing", dropout=2, epochs=-1)
    assert "dropout must be at most 0.99, got 2" in str(refused.value)
    assert "epochs must be at least 1, got -1" in str(refused.value)


@pytest.mark.parametrize(
    ("recipe", "epochs", "used"),
    [
        ([], 30, 1),
        ([{"transform": "border", "fill_mode": "reflect"}], 30, 1),
        ([{"transform": "rotation", "probability": 0}], 30, 1),
        ([{"transform": "rotation"}], 30, 8),
        ([{"transform": "rotation"}], 3, 3),
    ],
    ids=["none", "only a border", "never", "many epochs", "few epochs"],
)
def test_only_views_that_are_seen_are_counted(recipe, epochs, used):
    assert config(dataset="clothing", recipe=recipe, epochs=epochs, views=8).views_used == used


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, ["can't be read"]),
        ("{", ["not valid JSON"]),
        ("\xff\xfe", ["not valid JSON"]),
        ("[]", ["JSON object", "dataset"]),
        ('{"dataset": "clothing", "learning_rate": NaN}', ["learning_rate", "finite"]),
        ('{"dataset": "clothing", "learning_rate": 1e999}', ["learning_rate", "finite"]),
    ],
    ids=["missing", "half", "no text", "a list", "NaN", "infinite"],
)
def test_a_file_without_a_run_is_a_sentence(content, words, tmp_path):
    path = tmp_path / "config.json"
    if content is not None:
        path.write_text(content, encoding="latin-1")
    with pytest.raises(SettingsError) as refused:
        read(path)
    for word in words:
        assert word in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"warmup": 10**30},
        {"warmup": 10**5000},
        {"warmup": "9" * 5000},
        {"seed": -(10**5000)},
        {"dropout": [[[0] * 99] * 99] * 9},
        {"dense_layers": [0] * 100_000},
        {"dense_layers": [10**5000]},
        {"dataset": "x" * 5000},
        {"backbone": "x" * 5000},
        {"optimizer": {"a": "x" * 5000}},
        {"image_size": -(10**5000)},
        {"fine_tune": {"blocks": 10**5000}},
        {"fine_tune": {"x" * 5000: 1}},
        {"recipe": [{"transform": "x" * 5000}]},
        {"recipe": [{"transform": "rotation", "rotation_range": 10**5000}]},
        {"recipe": [{"transform": "rotation", "probability": "x" * 5000}]},
        {"recipe": [{"transform": "rotation"}] * 100_000},
        {"recipe": [{"x" * 5000: 1}]},
        {f"setting {number}": number for number in range(1000)},
        dict.fromkeys(EVERYTHING, "wrong"),
    ],
)
def test_no_setting_makes_a_long_sentence(changes):
    with pytest.raises(SettingsError) as error:
        config(**{"dataset": "own", **changes})
    assert 20 < len(str(error.value)) <= 600
    assert "x" * 80 not in str(error.value)


def test_settings_that_are_wrong_by_the_thousand_are_counted():
    with pytest.raises(SettingsError, match=r"And 99\d more problems\.$"):
        config(dataset="own", **{f"setting {number}": number for number in range(1000)})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 100_000, "too many brackets in brackets"),
        ('{"dataset": ' + "[" * 900 + "]" * 900 + "}", "too many brackets in brackets"),
        ('{"warmup": ' + "9" * 4301 + "}", "a number with too many digits"),
    ],
)
def test_a_file_of_brackets_or_digits_is_a_sentence(text, words, tmp_path):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(SettingsError, match=words):
        read(tmp_path / "config.json")
