"""The form's proposals on different machines."""

import itertools

import pytest

from core import workspace
from core.backbones import BACKBONES, by_rank
from core.datasets.catalogue import CLOTHING, DRAWN
from core.runs import defaults
from tests.fabricated import SIZE, saved_model

MACHINES = [
    ("photos", False, ["mobilenet_v2", "xception", "small_cnn"], "mobilenet_v2"),
    ("photos", True, ["mobilenet_v2", "xception", "small_cnn"], "xception"),
    ("photos", True, ["mobilenet_v2", "small_cnn"], "mobilenet_v2"),
    ("photos", False, ["xception", "small_cnn"], "xception"),
    ("photos", True, ["small_cnn"], "small_cnn"),
    ("photos", False, [], "small_cnn"),
    (DRAWN, True, ["mobilenet_v2", "xception", "small_cnn"], "small_cnn"),
    ("photos", True, ["small_cnn", "model:starter"], "model:starter"),
    ("photos", False, ["small_cnn", "residual", "model:starter"], "model:starter"),
    ("photos", False, ["mobilenet_v2", "small_cnn", "model:starter"], "mobilenet_v2"),
    (CLOTHING, False, ["small_cnn", "model:starter"], "small_cnn"),
    (DRAWN, False, ["small_cnn", "model:starter"], "small_cnn"),
]


def test_the_backbone_suits_the_machine_and_needs_no_download(subtests: pytest.Subtests) -> None:
    for dataset, gpu, ready, expected in MACHINES:
        with subtests.test(dataset=dataset, gpu=gpu, ready=ready, expected=expected):
            assert defaults.backbone_for(dataset, gpu, ready) == expected


@pytest.mark.parametrize("key", ["mobilenet_v2", "xception"])
def test_a_machine_without_a_gpu_gets_smaller_pictures(key) -> None:
    slow, quick = (defaults.proposal("photos", key, gpu).image_size for gpu in (False, True))
    assert slow == 150 < quick


def test_each_backbone_has_a_proposal(subtests: pytest.Subtests) -> None:
    for gpu, dataset, key in itertools.product([False, True], ["photos", DRAWN], BACKBONES):
        with subtests.test(gpu=gpu, dataset=dataset, key=key):
            run = defaults.proposal(dataset, key, gpu)
            assert (run.dataset, run.backbone) == (dataset, key)
            assert run.schedule == ("constant" if BACKBONES[key].pretrained else "cosine")
            assert run.augments is (dataset == DRAWN)


def test_ready_are_those_whose_weights_are_here(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert defaults.ready_backbones() == ["small_cnn", "residual"]
    weights = BACKBONES["xception"].weights_path(150)
    weights.parent.mkdir(parents=True)
    weights.touch()
    assert defaults.ready_backbones() == ["xception", "small_cnn", "residual"]


def test_the_starter_s_network_is_ready_if_it_ships(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    saved_model("starter", workspace.SHIPPED_MODELS, config={"dataset": "clothing", "backbone": "residual"})
    assert defaults.ready_backbones() == ["small_cnn", "residual", "model:starter"]
    run = defaults.proposal("photos", "model:starter", gpu=False)
    assert (run.image_size, run.schedule, run.learning_rate) == (SIZE, "constant", 0.001)


def test_every_backbone_says_what_it_costs_and_where_it_is_proposed() -> None:
    assert all(record.seconds_per_megapixel > 0 for record in BACKBONES.values())
    assert [record.key for record in by_rank(gpu=False)] == ["mobilenet_v2", "xception", "small_cnn"]
    assert [record.key for record in by_rank(gpu=True)] == ["xception", "mobilenet_v2", "small_cnn"]
    sizes = {
        key: (record.proposed_size(gpu=False), record.proposed_size(gpu=True)) for key, record in BACKBONES.items()
    }
    assert sizes == {
        "mobilenet_v2": (150, 224),
        "xception": (150, 299),
        "efficientnet_v2_b0": (150, 224),
        "efficientnet_v2_s": (150, 299),
        "convnext_tiny": (150, 224),
        "mobilenet_v3_large": (150, 224),
        "resnet50_v2": (150, 224),
        "small_cnn": (96, 96),
        "residual": (128, 128),
    }
