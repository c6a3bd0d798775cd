"""A run or a study as a notebook: a valid file, with the run's own settings, that says where the photos come from."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from core.datasets import adding, catalogue, offered, review, splitting
from core.datasets.splitting import Splits
from core.errors import RunError
from core.reporting import notebook
from core.reporting.lesson import photos
from core.runs import folder, queue, studies
from core.runs.config import config
from core.runs.folder import Run
from tests.conftest import draw_dataset
from tests.fabricated import saved_model
from tests.pages.conftest import finished_run

FULL = {
    "image_size": 96,
    "dense_layers": [100, 7],
    "activation": "gelu",
    "dropout": 0.35,
    "recipe": [{"transform": "rotation", "rotation_range": 36}, {"transform": "horizontal_flip"}],
    "optimizer": "adamw",
    "learning_rate": 0.00025,
    "schedule": "cosine",
    "warmup": 20,
    "label_smoothing": 0.1,
    "batch_size": 16,
    "epochs": 12,
    "early_stopping": 4,
    "class_weights": True,
    "fine_tune": {"epochs": 3, "blocks": 2, "learning_rate": 0.00003},
    "seed": 5,
}


@pytest.fixture
def tiny(tiny_dataset: Path) -> str:
    adding.add_folder("tiny", tiny_dataset)
    return "tiny"


def queued(dataset: str, **settings: Any) -> Run:
    return folder.look(queue.put(config(dataset=dataset, **settings)))


def cells(*runs: Run) -> list[dict[str, Any]]:
    written: list[dict[str, Any]] = json.loads(notebook.of(runs))["cells"]
    return written


def text(*runs: Run, kind: str = "code") -> str:
    return "\n\n".join("".join(cell["source"]) for cell in cells(*runs) if cell["cell_type"] == kind)


STUDY = [{"dropout": 0.0}, {**FULL, "image_size": 64}, {"backbone": "residual", "recipe": [{"transform": "shear"}]},
         {"backbone": "small_cnn", "optimizer": "sgd"}]  # fmt: skip


@pytest.mark.parametrize("settings", [[{}], [FULL], STUDY], ids=["plain", "full", "study"])
def test_the_file_is_a_notebook_whose_code_compiles(tiny: str, settings: list[dict[str, Any]]) -> None:
    runs = [queued(tiny, **each, name=f"run {place}") for place, each in enumerate(settings)]
    written = json.loads(notebook.of(runs))
    assert (written["nbformat"], written["nbformat_minor"]) == (4, 5)
    ids = [cell["id"] for cell in written["cells"]]
    assert len(set(ids)) == len(ids)
    for cell in written["cells"]:
        assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", cell["id"])
        assert cell["source"]
        if cell["cell_type"] == "code":
            assert set(cell) == {"cell_type", "id", "metadata", "source", "execution_count", "outputs"}
            compile("".join(cell["source"]), cell["id"], "exec")
        else:
            assert set(cell) == {"cell_type", "id", "metadata", "source"}
            assert "  " not in "".join(cell["source"])


def test_every_setting_of_a_run_is_in_its_code(tiny: str) -> None:
    code = text(queued(tiny, **FULL))
    for part in (
        "DATA = load(96)", "MobileNetV2(", "Dense(100, activation='gelu')", "Dense(7, activation='gelu')",
        "Dropout(0.35)", "RandomRotation(0.1,", 'RandomFlip("horizontal")', "AdamW(rate, weight_decay=0.0001)",
        "steps = 12 * math.ceil(len(x_train) / 16)", "warmup_target=0.00025", "warmup_steps=20", "alpha=0.0",
        "label_smoothing=0.1", "batch_size=16", "epochs=12", "patience=4", "class_weight=class_weight",
        "len(blocks) > 14", "epochs=3", "warmup_target=3e-05", "set_random_seed(5)",
    ):  # fmt: skip
        assert part in code, part


def test_a_plain_run_has_no_word_of_what_it_does_not_use(tiny: str) -> None:
    run = queued(tiny, dropout=0.0)
    for word in (
        "Dropout(", "augmentation", "class_weight", "EarlyStopping", "CosineDecay", "def train", "tuning", "import re",
    ):  # fmt: skip
        assert word not in text(run), word
    assert "rate = 0.001" in text(run)
    for word in ("Dropout", "Augmentation", "Fine-tuning", "dense layers"):
        assert f"**{word}" not in text(run, kind="markdown"), word


def test_a_study_is_a_loop_over_what_differs(tiny: str) -> None:
    ids = studies.put(studies.DROPOUT, config(dataset=tiny))
    runs = [folder.look(run_id) for run_id in ids]
    code, words = text(*runs), text(*runs, kind="markdown")
    assert "'dropout 0.5': {'dropout': 0.5}," in code
    assert "def make_model(dropout):" in code
    assert "model = make_model(dropout)" in code
    assert "for units in dense_layers" not in code  # all runs have the same
    assert words.startswith("# Dropout rate\n")


def test_our_own_scores_stand_beside(tiny: str) -> None:
    first, second = (folder.look(finished_run(tiny, name=name)) for name in ("a", "b"))
    assert "FITTING_ROOM = {'validation': 0.75, 'test': 0.75}" in text(first)
    assert "0.750 on the test photos (3 of 4; 95 % interval 0.300 to 0.950)" in text(first, kind="markdown")
    assert "    'b': {'validation': 0.75, 'test': 0.75}," in text(first, second)
    assert "is queued in Fitting Room and has 0 epochs there" in text(queued(tiny), kind="markdown")


def test_runs_on_several_datasets_are_refused(tiny: str, tmp_path: Path) -> None:
    adding.add_folder("other", draw_dataset(tmp_path / "other"))
    with pytest.raises(RunError, match="on the same dataset"):
        notebook.of([queued(tiny), queued("other")])


def test_a_saved_model_as_backbone_is_exported_first(tiny: str) -> None:
    saved_model("my model", architecture="small_cnn", image_size=32)
    run = queued(tiny, backbone="model:my model")
    assert "`python -m core export 'my model' --format keras`" in text(run, kind="markdown")
    assert "load_model('my model.keras')" in text(run)


def test_a_recipe_without_a_layer_in_keras_is_named_and_left_out(tiny: str) -> None:
    run = queued(tiny, recipe=[{"transform": "noise"}])
    assert "Keras has no layer for noise" in text(run, kind="markdown")
    assert "augmentation" not in text(run)


def test_mixing_is_left_out_and_said(tiny: str) -> None:
    for steps, layers in (([{"transform": "mixup"}], 0), ([{"transform": "mixup"}, {"transform": "rotation"}], 1)):
        run = queued(tiny, recipe=steps)
        assert "layers.MixUp" not in text(run)
        assert text(run).count("layers.RandomRotation(") == layers
        assert "MixUp and CutMix are left out here" in text(run, kind="markdown")
    assert "MixUp" not in text(queued(tiny), kind="markdown")


def test_names_from_outside_stay_text(tmp_path: Path) -> None:
    adding.add_folder("<b>*my* shop</b>", draw_dataset(tmp_path / "shop"))
    name = next(name for name in catalogue.names() if name != catalogue.DRAWN)
    odd = "'); import os # ![x](http://a) $x$ <i>"
    runs = [queued(name, name=odd), queued(name, name="b", dropout=0.5)]
    words = text(*runs, kind="markdown")
    assert "\\<b\\>\\*my\\* shop\\</b\\>" in words
    assert "<i>" not in words
    names: dict[str, Any] = {}
    (cell,) = [cell for cell in cells(*runs) if cell["id"] == "runs-code"]
    exec("".join(cell["source"]), names)  # our own code
    assert list(names["RUNS"]) == [odd, "b"]


# Where the photos come from


def test_people_s_own_photos_are_exported(tiny: str) -> None:
    run = queued(tiny)
    assert "`python -m core data export tiny tiny.zip`" in text(run, kind="markdown")
    assert "FOLDER = Path('tiny.zip')" in text(run)
    assert '"git"' not in text(run)


def test_a_dataset_that_is_gone_can_still_be_brought_along(tiny: str, home: Path) -> None:
    run = queued(tiny)
    shutil.rmtree(home / "datasets" / "tiny")
    assert "FOLDER = Path('tiny.zip')" in text(run)


@pytest.fixture
def downloaded(tiny: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A dataset that passes for the one that is offered."""
    monkeypatch.setattr(offered, "is_offered", lambda contents: True)
    return tiny


def test_the_offered_photos_are_downloaded(downloaded: str) -> None:
    code = text(queued(downloaded))
    assert f"'{offered.REPOSITORY}'" in code
    assert "LISTED" not in code


@pytest.mark.parametrize("how", ["review", "split"])
def test_what_we_changed_about_them_is_listed(downloaded: str, how: str) -> None:
    own, contents = catalogue.own_folder(downloaded), catalogue.contents_of(downloaded)
    name = contents.names([path for split, _, path in contents.rows() if split == "train"])[0]
    if how == "review":
        review.decide(downloaded, [name], "leave out")
    else:
        splitting.write(own, Splits(splits={name: "test"}))
    (cell,) = [cell for cell in cells(queued(downloaded)) if cell["id"] == "listed"]
    listed: dict[str, Any] = {}
    exec("".join(cell["source"]), listed)  # our own code
    expected = {
        split: sorted(contents.names(listed_split.paths))
        for split, listed_split in catalogue.load(downloaded).splits.items()
    }
    assert {
        split: sorted(name for of_class in by_class.values() for name in of_class)
        for split, by_class in listed["LISTED"].items()
    } == expected
    assert name not in expected["train"]


def test_the_real_photos_are_recognised(shared: Path, tmp_path: Path) -> None:
    adding.add_folder("mine", shared / "clothing-dataset-small")
    assert photos.source("mine").is_offered
    assert photos.source("mine").photos is None


def test_other_photos_are_not_taken_for_them(tiny: str) -> None:
    assert not offered.is_offered(catalogue.contents_of(tiny))
