"""What is said to be quicker is quicker by the estimate, and nothing is said where nothing is slow."""

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
    """MobileNetV2's are here."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    place = tmp_path / "models"
    place.mkdir()
    (place / "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5").touch()


def test_nothing_is_said_where_nothing_is_slow() -> None:
    assert advice.quicker([config(dataset="many", image_size=150)], dataset()) == []


def test_xception_at_299_px_with_many_views_is_slow() -> None:
    run = config(dataset="many", backbone="xception", image_size=299, recipe=COURSE)
    found = advice.quicker([run], dataset())
    assert [one.change for one in found] == [
        "MobileNetV2 instead of Xception",
        "150 px instead of 299 px",
        "2 views instead of 8",
    ]
    now = estimate.seconds([run], dataset())
    assert [one.seconds for one in found] == sorted(one.seconds for one in found)
    assert all(one.seconds <= advice.WORTH * now for one in found)


def test_a_download_is_no_advice(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "empty"))
    run = config(dataset="many", backbone="xception", image_size=299, recipe=COURSE)
    assert not [one for one in advice.quicker([run], dataset()) if "MobileNetV2" in one.change]


def test_what_a_study_varies_is_left_as_it_is() -> None:
    base = config(dataset="many", backbone="xception", recipe=COURSE)
    found = advice.quicker(studies.configs(studies.IMAGE_SIZES, base), dataset())
    assert found
    assert not [one for one in found if "px" in one.change]


def test_a_network_from_scratch_is_quicker_with_fewer_epochs() -> None:
    run = config(dataset="many", backbone="small_cnn", image_size=150, epochs=60)
    assert {one.change for one in advice.quicker([run], dataset())} == {
        "96 px instead of 150 px",
        "20 epochs instead of 60",
    }


def test_fine_tuning_is_quicker_with_fewer_blocks_or_epochs() -> None:
    run = config(dataset="many", image_size=150, epochs=10, fine_tune={})
    assert {one.change for one in advice.quicker([run], dataset())} == {
        "fine-tuning the last 4 blocks instead of the whole backbone",
        "3 epochs of fine-tuning instead of 10",
    }
    few = config(dataset="many", image_size=224, epochs=10, fine_tune={"blocks": 4, "epochs": 3})
    assert not [one for one in advice.quicker([few], dataset()) if "tuning" in one.change]
