"""Runs on a saved model: its frozen network makes the features, a new head learns, and the result stands alone."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest

from core import workspace
from core.answering import classifier, likeness, shelf
from core.answering.classifier import Classifier
from core.answering.likeness import Neighbours
from core.datasets import adding, catalogue, drawn, managing, pack
from core.runs import bodies, estimate, folder, queue
from core.runs.config import config
from core.runs.records import RunState
from models import keras_file, litert_file
from models import worker as worker_module
from tests.models.conftest import PATIENCE, Finished, worker
from tests.models.test_export import tflite_logits

pytestmark = pytest.mark.slow

SHIPPED = workspace.PROJECT / "models" / "saved"


@pytest.fixture(scope="module")
def _on_the_starter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A workspace with a run on the starter that a real worker trained with drawn garments."""
    home = tmp_path_factory.mktemp("on-the-starter")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FITTING_ROOM_HOME", str(home))
        patch.setattr(workspace, "SHIPPED_MODELS", SHIPPED)
        patch.setattr(drawn, "COUNTS", {"train": 6, "validation": 2, "test": 2})
        catalogue.load(catalogue.DRAWN)
        settings = {"dataset": catalogue.DRAWN, "backbone": "model:starter", "learning_rate": 0.01, "epochs": 30}
        run_id = queue.put(config(**settings, dense_layers=[16], dropout=0))
        with worker("--idle", "1") as process:
            process.wait(PATIENCE)  # it cleans up after the run's end
        yield home, run_id


@pytest.fixture
def on_the_starter(_on_the_starter: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> folder.Run:
    """The finished run; the test uses its workspace, read only, without the starter."""
    home, run_id = _on_the_starter
    monkeypatch.setenv("FITTING_ROOM_HOME", str(home))
    return folder.look(run_id)


@pytest.fixture
def tiny_base(_finished: Finished, tiny_dataset: Path) -> str:
    """A workspace with the dataset tiny, and a copy of a small model of it as base. Returns the backbone's key."""
    adding.add_folder("tiny", tiny_dataset)
    (source,) = (_finished.home / "models").iterdir()
    shutil.copytree(source, workspace.models() / "base")
    return "model:base"


def trained(**settings: object) -> folder.Run:
    """A run of the dataset tiny that this process has trained."""
    return train(
        queue.put(config(**{"dataset": "tiny", "epochs": 5, "batch_size": 6, "learning_rate": 0.01, **settings}))
    )


def train(run_id: str) -> folder.Run:
    worker_module.train_run(folder.look(run_id))
    return folder.look(run_id)


def model_of(run: folder.Run) -> shelf.Model:
    assert run.state is RunState.DONE, run.status.error
    return shelf.model(run.status.model)


def test_a_real_worker_trains_on_the_starter(on_the_starter):
    run = on_the_starter
    assert run.state is RunState.DONE, run.status.error
    model = shelf.model(run.status.model)
    card = model.card
    starter = shelf.read(SHIPPED / "starter")
    assert (card.network, card.image_size, card.config["backbone"]) == ("residual", 112, "model:starter")
    for name in ("backbone.tflite", "backbone.npz"):
        assert card.files[name].hash == starter.card.files[name].hash
    assert card.agreement < 1e-3
    assert card.scores.validation_accuracy >= 0.5  # of ten classes, from six drawings each
    assert card.entropy_weight > 0
    assert isinstance(likeness.uncorrected(classifier.load(model).likeness), Neighbours)
    assert not list(run.folder.glob("backbone.*"))
    assert 0 < estimate.speed("model:starter") != 1


def test_its_model_predicts_and_is_exported_without_the_starter(on_the_starter, tmp_path):
    assert shelf.find("starter") is None
    model = shelf.model(on_the_starter.status.model)
    answering = classifier.load(model)
    photo = catalogue.load(catalogue.DRAWN).splits["test"].paths[0]
    assert answering.answer(photo.read_bytes()).label in drawn.CLASSES
    pixels = np.asarray(pack.load(catalogue.load(catalogue.DRAWN), "test", 112).pixels)
    expected = answering.logits(pixels)
    assert expected.std() > 0.1
    keras_file.write(model, tmp_path / "model.keras")
    litert_file.write(model, tmp_path / "model.tflite")
    network = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(network.predict_on_batch(pixels), expected, atol=1e-2)
    np.testing.assert_allclose(tflite_logits(tmp_path / "model.tflite", pixels), expected, atol=1e-2)


def test_a_model_on_a_model_on_a_model(tiny_base, tmp_path):
    """Each link of the chain answers and is exported when the ones before it are gone."""
    first = model_of(trained(backbone=tiny_base, name="first"))
    second = model_of(trained(backbone="model:first", dense_layers=[8], name="second"))
    shelf.delete("base")
    shelf.delete("first")
    assert second.card.network == first.card.network == "small_cnn"
    pixels = np.asarray(pack.load(catalogue.load("tiny"), "test", 32).pixels)
    expected = Classifier(second).logits(pixels)
    litert_file.write(second, tmp_path / "model.tflite")
    np.testing.assert_allclose(tflite_logits(tmp_path / "model.tflite", pixels), expected, atol=1e-3)


def test_the_head_learns_what_it_would_on_the_whole_network(tiny_base):
    """The features are those of the base, and the head that was saved belongs to them."""
    base = Classifier(shelf.model("base"))
    model = model_of(trained(backbone=tiny_base, epochs=1))
    pixels = np.asarray(pack.load(catalogue.load("tiny"), "test", 32).pixels)
    vectors = np.concatenate(list(base.vectors(pixels)))
    np.testing.assert_array_equal(Classifier(model).logits(pixels), Classifier(model).head.logits(vectors))


def test_features_survive_renaming_the_base(tiny_base):
    trained(backbone=tiny_base)
    features = set((workspace.cache() / "features").iterdir())
    (workspace.models() / "base").rename(workspace.models() / "kleider 👗")
    again = model_of(trained(backbone="model:kleider 👗", dense_layers=[8]))
    assert set((workspace.cache() / "features").iterdir()) == features
    assert again.card.network == "small_cnn"


def test_scores_that_may_be_too_good_are_said(tiny_base, tiny_dataset, tmp_path):
    """The base has learned from this dataset; then its photos were divided anew."""
    run = trained(backbone=tiny_base)
    assert run.status.warning == ""
    place = shutil.copytree(tiny_dataset, tmp_path / "divided anew")
    for label in ("bars", "disc", "frame"):
        first, second = place / "train" / label, place / "test" / label
        photo = sorted(first.iterdir())[0]
        photo.rename(second / photo.name)
    managing.remove("tiny")
    adding.add_folder("tiny", place)
    assert "'base' has learned from this dataset when its training photos were others" in (
        trained(backbone=tiny_base).status.warning
    )
    adding.add_folder("another", place)
    assert trained(backbone=tiny_base, dataset="another").status.warning == ""


def test_two_bases_in_one_study(tiny_base):
    shutil.copytree(workspace.models() / "base", workspace.models() / "a:b")
    runs = [trained(backbone=key, study="bases-20261128-120000", name=key) for key in (tiny_base, "model:a:b")]
    assert [model_of(run).card.config["backbone"] for run in runs] == [tiny_base, "model:a:b"]
    first, second = (folder.read_curves(run.folder).epochs for run in runs)
    assert [epoch.val_loss for epoch in first] == [epoch.val_loss for epoch in second]  # the same network


def test_training_goes_on_for_more_epochs(tiny_base):
    run = trained(backbone=tiny_base)
    more = train(queue.train_more(run.id, 3))
    assert model_of(more).card.network == "small_cnn"
    assert len(folder.read_curves(more.folder)) == 8


def replace_base() -> None:
    """Put another network with the same name and the same card in the place of the base."""
    place = workspace.models() / "base"
    model = model_of(trained(backbone="small_cnn", image_size=32, epochs=1, seed=1, name="other"))
    shutil.rmtree(place)
    shutil.copytree(model.folder, place)


def test_a_base_that_was_replaced_is_noticed(tiny_base):
    run = trained(backbone=tiny_base)
    replace_base()
    more = train(queue.train_more(run.id, 3))
    assert more.state is RunState.FAILED
    assert "replaced by another one with the same name" in more.status.error
    assert not list(more.folder.glob("backbone.*"))
    assert trained(backbone=tiny_base).state is RunState.DONE  # a new run takes what is there


def test_an_interrupted_run_keeps_its_network(tiny_base):
    """A worker that dies leaves the network in the run's folder, so that a base replaced meanwhile changes nothing."""
    first = trained(backbone=tiny_base, epochs=4)
    run_id = queue.put(first.config)
    place = workspace.runs() / run_id
    shutil.copyfile(first.folder / "backup.npz", place / "backup.npz")
    for name in ("backbone.tflite", "backbone.npz"):
        os.link(workspace.models() / "base" / name, place / name)
    replace_base()
    card = model_of(train(run_id)).card
    assert card.files["backbone.tflite"] == shelf.model(first.status.model).card.files["backbone.tflite"]


def _cut(name: str) -> None:
    path = workspace.models() / "base" / name
    path.write_bytes(path.read_bytes()[:-1000])


def _deleted(name: str) -> None:
    shutil.rmtree(workspace.models() / "base")


def _of_another_size(name: str) -> None:
    path = workspace.models() / "base" / "card.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "image_size": 48, "files": {}}))


def _of_another_network(name: str) -> None:
    path = workspace.models() / "base" / "card.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "architecture": "residual"}))


@pytest.mark.parametrize(
    ("damage", "name", "words"),
    [
        (_deleted, "", "there is no saved model with this name"),
        (_cut, "backbone.tflite", "its hash is not the one on the card"),
        (_cut, "backbone.npz", "its hash is not the one on the card"),
        (_of_another_size, "", "image_size must be 48 px, the size of the saved model 'base', got 32"),
        (_of_another_network, "", "give 320 features, as the run and the model's card say, got 32 px and 192 features"),
    ],
)
def test_a_base_that_is_lost_while_the_run_waits(tiny_base, damage, name, words):
    run_id = queue.put(config(dataset="tiny", backbone=tiny_base, epochs=1))
    damage(name)
    run = train(run_id)
    assert run.state is RunState.FAILED
    assert words in run.status.error
    assert "Traceback" not in (run.folder / "worker.log").read_text()
    assert bodies.label(tiny_base) == "Saved model: base"


def test_a_base_that_goes_while_the_run_trains(tiny_base, monkeypatch):
    """The run has linked what it needs."""
    from models import job

    def losing(run, trained):
        shutil.rmtree(workspace.models() / "base", ignore_errors=True)
        return save(run, trained)

    save = job.save
    monkeypatch.setattr(job, "save", losing)
    model = model_of(trained(backbone=tiny_base))
    assert model.card.network == "small_cnn"
    assert (model.folder / "backbone.npz").exists()


def test_a_base_without_weights_of_its_own(weights, monkeypatch, tiny_dataset, tmp_path):
    """The network of a frozen model has ImageNet's weights, so the export takes them from Keras' folder."""
    monkeypatch.setenv("KERAS_HOME", str(weights))
    adding.add_folder("tiny", tiny_dataset)
    base = model_of(trained(backbone="mobilenet_v2", image_size=32, epochs=1, name="base"))
    model = model_of(trained(backbone="model:base", name="new"))
    assert model.card.network == "mobilenet_v2"
    assert "backbone.npz" not in model.card.files
    assert (model.folder / "backbone.tflite").samefile(base.folder / "backbone.tflite")
    keras_file.write(model, tmp_path / "model.keras")
