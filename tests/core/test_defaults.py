"""What the form proposes on this machine and that."""

import pytest

from core.backbones import BACKBONES
from core.runs import defaults
from core.runs.config import config


@pytest.mark.parametrize(
    ("drawn", "gpu", "ready", "expected"),
    [
        (False, False, ["mobilenet_v2", "xception", "small_cnn"], "mobilenet_v2"),
        (False, True, ["mobilenet_v2", "xception", "small_cnn"], "xception"),
        (False, True, ["mobilenet_v2", "small_cnn"], "mobilenet_v2"),
        (False, False, ["xception", "small_cnn"], "xception"),
        (False, True, ["small_cnn"], "small_cnn"),
        (False, False, [], "small_cnn"),
        (True, True, ["mobilenet_v2", "xception", "small_cnn"], "small_cnn"),
    ],
)
def test_the_backbone_suits_the_machine_and_needs_no_download(drawn, gpu, ready, expected) -> None:
    assert defaults.backbone_for(drawn, gpu, ready) == expected


def test_a_machine_without_a_gpu_gets_smaller_pictures() -> None:
    for key in ("mobilenet_v2", "xception"):
        slow, quick = (defaults.settings_for(BACKBONES[key], False, gpu)["image_size"] for gpu in (False, True))
        assert slow == 150 < quick


@pytest.mark.parametrize("gpu", [False, True])
@pytest.mark.parametrize("drawn", [False, True])
@pytest.mark.parametrize("key", BACKBONES)
def test_what_is_proposed_can_be_run(key, drawn, gpu) -> None:
    proposed = defaults.settings_for(BACKBONES[key], drawn, gpu)
    del proposed["preset"]
    run = config(dataset="any", backbone=key, **proposed)
    assert run.schedule == ("constant" if BACKBONES[key].pretrained else "cosine")


def test_ready_are_those_whose_weights_are_here(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert defaults.ready_backbones() == ["small_cnn"]
    weights = BACKBONES["xception"].weights_path(150)
    weights.parent.mkdir(parents=True)
    weights.touch()
    assert defaults.ready_backbones() == ["xception", "small_cnn"]
