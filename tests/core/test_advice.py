"""The advice is faster by the estimate, and there is none if nothing is slow."""

from pathlib import Path

import pytest

from core.augment import recipe
from core.augment.presets import PRESETS
from core.datasets.catalogue import Dataset
from core.datasets.folders import Split
from core.runs import advice, estimate, studies
from core.runs.config import config

COURSE = recipe.to_json(PRESETS[1].recipe)


def dataset(photos: int = 3000) -> Dataset:
    split = Split((Path("photo.jpg"),) * photos, (0,) * photos)
    few = Split((Path("photo.jpg"),) * 300, (0,) * 300)
    return Dataset("many", Path(), ("a", "b"), {"train": split, "validation": few, "test": few})


@pytest.fixture(autouse=True)
def weights(tmp_path, monkeypatch) -> None:
    """MobileNetV2's weights are here."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    place = tmp_path / "models"
    place.mkdir()
    (place / "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5").touch()


def test_there_is_no_advice_if_nothing_is_slow() -> None:
    assert advice.faster_alternatives([config(dataset="many", image_size=150)], dataset()) == []


def test_xception_at_299_px_with_many_views_is_slow() -> None:
    run = config(dataset="many", backbone="xception", image_size=299, recipe=COURSE)
    alternatives = advice.faster_alternatives([run], dataset())
    assert [alternative.change for alternative in alternatives] == [
        "MobileNetV2 instead of Xception",
        "150 px instead of 299 px",
        "2 views instead of 8",
    ]
    now = estimate.seconds([run], dataset())
    seconds = [alternative.seconds for alternative in alternatives]
    assert seconds == sorted(seconds)
    assert max(alternative.seconds for alternative in alternatives) <= advice.WORTH * now


def test_the_advice_never_needs_a_download(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "empty"))
    run = config(dataset="many", backbone="xception", image_size=299, recipe=COURSE)
    alternatives = advice.faster_alternatives([run], dataset())
    assert not [alternative for alternative in alternatives if "MobileNetV2" in alternative.change]


def test_the_advice_does_not_change_what_a_study_varies() -> None:
    base = config(dataset="many", backbone="xception", recipe=COURSE)
    alternatives = advice.faster_alternatives(studies.configs(studies.IMAGE_SIZES, base), dataset())
    assert alternatives
    assert not [alternative for alternative in alternatives if "px" in alternative.change]


def test_a_network_from_scratch_is_faster_with_fewer_epochs() -> None:
    run = config(dataset="many", backbone="small_cnn", image_size=150, epochs=60)
    assert {alternative.change for alternative in advice.faster_alternatives([run], dataset())} == {
        "96 px instead of 150 px",
        "20 epochs instead of 60",
    }


def test_fine_tuning_is_faster_with_fewer_blocks_or_epochs() -> None:
    run = config(dataset="many", image_size=150, epochs=10, fine_tune={})
    assert {alternative.change for alternative in advice.faster_alternatives([run], dataset())} == {
        "fine-tuning the last 4 blocks instead of the whole backbone",
        "3 epochs of fine-tuning instead of 10",
    }
    few = config(dataset="many", image_size=224, epochs=10, fine_tune={"blocks": 4, "epochs": 3})
    alternatives = advice.faster_alternatives([few], dataset())
    assert not [alternative for alternative in alternatives if "tuning" in alternative.change]
