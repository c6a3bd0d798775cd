"""The networks that runs are built on, the frozen networks of saved models among them."""

import json
import shutil

import pytest

from core import workspace
from core.answering import shelf
from core.backbones import BACKBONES, MOBILENET_V2, RESIDUAL
from core.datasets import adding, catalogue
from core.drawing import network_drawing
from core.errors import RunError, SettingsError
from core.health import contents
from core.runs import bodies, estimate, folder, link, parameters, queue, studies
from core.runs.config import config
from core.runs.records import RunState
from tests.fabricated import SIZE, saved_model

NETWORK = {"dataset": "own", "backbone": "residual"}  # the config on a base's card
PHOTOS = {"train": 100, "validation": 20, "test": 20}


def base(name: str = "base", **more: object) -> str:
    """The backbone's key of a saved model whose card names the residual network."""
    saved_model(name, **{"config": NETWORK, **more})
    return bodies.key_of(name)


@pytest.fixture
def tiny(tiny_dataset) -> str:
    adding.add_folder("tiny", tiny_dataset)
    return "tiny"


def test_a_saved_model_has_the_figures_of_its_network():
    body = bodies.of(base())
    same = ("features", "parameters", "statistics", "seconds_per_megapixel", "scaling")
    assert [getattr(body, name) for name in same] == [getattr(RESIDUAL, name) for name in same]
    assert (body.smallest, body.proposed_size(True), body.proposed_size(False)) == (SIZE, SIZE, SIZE)
    assert body.pretrained
    assert body.is_saved_model
    assert not body.is_tunable
    assert body.is_ready(SIZE)
    assert body.weights_path(SIZE) is None
    assert body.label == "Saved model: base"
    assert "red, green, blue" in body.explanation


def test_networks_are_as_before():
    assert [bodies.of(key) for key in BACKBONES] == list(BACKBONES.values())
    assert [key for key in BACKBONES if not bodies.is_tunable(key)] == ["small_cnn", "residual"]
    assert bodies.keys() == list(BACKBONES)


def test_saved_models_follow_the_networks_newest_first():
    base("old", created="2025-01-01T00:00:00+00:00")
    base("new", created="2026-01-01T00:00:00+00:00")
    saved_model("without-network")
    assert bodies.keys() == [*BACKBONES, "model:new", "model:old"]


@pytest.mark.parametrize("name", ["a:b", "model:a", "kleider für kinder", "衣服", "👗", "Ä" * 100])
def test_any_name_of_a_folder_names_a_base(name):
    key = base(name)
    assert bodies.model_name(key) == name
    assert bodies.keys()[-1] == key
    run = config(dataset="x", backbone=key)
    assert run.image_size == SIZE
    assert link.loads(link.dumps(run)) == run
    assert bodies.of(run.backbone).parameters == RESIDUAL.parameters


@pytest.mark.parametrize(
    "key", ["model:", "model", "Model:base", "model:../x", "model:a/b", "model:a\\b", "model:.hidden", "model:a\nb",
            "model:\ud800", "model:" + "x" * 256, "resnet", "", ":"]
)  # fmt: skip
def test_other_keys_are_refused(key):
    saved_model("base")
    assert not bodies.model_name(key)
    with pytest.raises(SettingsError) as refused:
        config(dataset="x", backbone=key)
    if "\ud800" not in key:  # which is no text at all
        assert str(refused.value).startswith(
            f"backbone must be one of {', '.join(BACKBONES)}, or a saved model such as model:starter, got '"
        )


def test_the_image_size_is_the_model_s():
    key = base(image_size=64)
    assert config(dataset="x", backbone=key).image_size == 64
    assert config(dataset="x", backbone=key, image_size=64).image_size == 64
    assert config(dataset="x").image_size == 224
    other = config(dataset="x", backbone=key, image_size=128)  # it can be read, but not started
    with pytest.raises(SettingsError, match=r"image_size must be 64 px, the size of the saved model 'base', got 128\."):
        bodies.check(other.backbone, other.image_size)


def test_a_saved_model_is_not_fine_tuned(tiny):
    key = base()
    with pytest.raises(SettingsError, match="stays frozen as a backbone; leave fine_tune out"):
        config(dataset="x", backbone=key, fine_tune={})
    run_id = ended(queue.put(config(dataset=tiny, backbone=key)))
    assert not queue.has_frozen_backbone(folder.look(run_id))
    with pytest.raises(RunError, match="is a saved model, which stays frozen"):
        queue.fine_tune(run_id, 3)


def ended(run_id: str) -> str:
    """The run, as if it had ended after its first epoch."""
    place = workspace.runs() / run_id
    figures = {"epoch": 0, "loss": 1, "accuracy": 1, "val_loss": 1, "val_accuracy": 1}
    (place / "metrics.jsonl").write_text(json.dumps(figures) + "\n")
    (place / "status.json").write_text(json.dumps({"phase": "done"}))
    (place / "backup.npz").touch()
    return run_id


def _deleted(name: str) -> None:
    shutil.rmtree(workspace.models() / name)


def _renamed(name: str) -> None:
    (workspace.models() / name).rename(workspace.models() / "another")


def _without_head(name: str) -> None:
    (workspace.models() / name / "head.npz").unlink()


def _damaged_card(name: str) -> None:
    (workspace.models() / name / "card.json").write_text("{")


def _without_network(name: str) -> None:
    path = workspace.models() / name / "card.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "config": {}}))


def _of_a_newer_network(name: str) -> None:
    path = workspace.models() / name / "card.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "architecture": "vit"}))


LOSSES = [
    (_deleted, "but there is no saved model with this name"),
    (_renamed, "it may have been deleted or renamed. Choose another backbone"),
    (_without_head, "head.npz is missing"),
    (_damaged_card, "card.json"),
    (_without_network, "does not name a network that this version knows, got ''"),
    (_of_a_newer_network, "got 'vit'"),
]


@pytest.mark.parametrize(("lose", "words"), LOSSES)
def test_a_run_whose_base_is_lost_is_read_but_not_started(tiny, lose, words):
    """Runs that have ended, wait or are queued stay readable; a new start says what is wrong and what to do."""
    settings = config(dataset=tiny, backbone=base("my base"))
    done, waiting = ended(queue.put(settings)), queue.put(settings)
    lose("my base")
    assert {*bodies.keys()}.isdisjoint({"model:my base"})
    assert bodies.label("model:my base") == "Saved model: my base"
    assert [run.config for run in folder.look_all()] == [settings, settings]
    assert folder.look(done).name.startswith("model:my base, 8 px")
    assert link.loads(link.dumps(settings)) == settings
    assert estimate.seconds([settings], PHOTOS) == estimate.SECONDS_TO_IMPORT
    for start in (
        lambda: queue.put(settings),
        lambda: queue.train_more(done, 3),
        lambda: studies.put(studies.DROPOUT, settings),
    ):
        with pytest.raises(SettingsError, match=r"The (backbone is the )?saved model 'my base'") as refused:
            start()
        assert words in str(refused.value)
    assert len(folder.look_all()) == 2
    notes = [finding.text for finding in contents.examine() if "backbones" in finding.text]
    assert notes == ["Runs wait for saved models that can't be used as their backbones: my base."]
    queue.stop(waiting)
    assert folder.look(waiting).state is RunState.STOPPED


def test_a_model_on_a_model_on_a_model_has_the_first_one_s_network():
    base("first")
    second = base("second", config={"dataset": "x", "backbone": "model:first"}, architecture="residual")
    base("third", config={"dataset": "x", "backbone": second}, architecture="residual")
    _deleted("first")
    _deleted("second")
    assert bodies.of("model:third").parameters == RESIDUAL.parameters
    assert bodies.of("model:third").architecture == "residual"


def test_a_shipped_model_is_a_base():
    saved_model(shelf.STARTER, workspace.SHIPPED_MODELS, config=NETWORK)
    assert bodies.keys()[-1] == bodies.EXAMPLE
    assert config(dataset="x", backbone=bodies.EXAMPLE).image_size == SIZE


def test_only_the_head_learns():
    run = config(dataset="x", backbone=base(), dense_layers=[10])
    head = (RESIDUAL.features + 1) * 10 + 11 * 5
    assert parameters.count(run, 5) == parameters.Parameters(head, RESIDUAL.parameters)
    assert parameters.count_fine_tuning(run, 5) is None


def test_the_time_has_no_conversion():
    run = config(dataset="x", backbone=base(image_size=150), image_size=150)
    frozen = config(dataset="x", backbone="mobilenet_v2", image_size=150)
    stages = {stage.words for stage in estimate.costs(run, PHOTOS)}
    assert stages < {stage.words for stage in estimate.costs(frozen, PHOTOS)}
    assert "converting the backbone" not in stages
    assert estimate.SECONDS_TO_IMPORT < estimate.seconds([run], PHOTOS) < estimate.seconds([frozen], PHOTOS)
    estimate.remember_speed(run.backbone, 1, 3)
    assert estimate.speed(run.backbone) == 3
    assert estimate.speed("mobilenet_v2") == 1


def test_a_grid_of_backbones_gives_each_run_its_size(tiny):
    first, second = base("first", image_size=40), base("second", image_size=48)
    study = studies.grid(f"backbone = mobilenet_v2, {first}, {second}")
    runs = studies.configs(study, config(dataset=tiny, image_size=150))
    assert [run.image_size for run in runs] == [150, 40, 48]
    assert len(queue.members(folder.look(studies.put(study, config(dataset=tiny))[0]).config.study)) == 3
    with pytest.raises(SettingsError, match="image_size must be 40 px"):
        studies.configs(studies.IMAGE_SIZES, config(dataset=tiny, backbone=first))
    with pytest.raises(SettingsError, match="stays frozen"):
        studies.configs(study, config(dataset=tiny, fine_tune={}))


def test_the_drawing_shows_it_frozen_and_any_name_whole():
    run = config(dataset="x", backbone=base("<b>a & b<b>" + "x" * 60))
    body = network_drawing.layers(run, 3)[1]
    assert body.kind == "frozen"
    assert body.words.startswith("Saved model: <b>a & b")
    assert len(body.words) < 45
    assert "<b>" not in network_drawing.svg(run, 3)
    assert "&lt;b&gt;a &amp; b" in network_drawing.svg(run, 3)


def test_a_model_of_a_network_with_imagenet_weights_needs_no_download(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert not MOBILENET_V2.is_ready(SIZE)
    assert bodies.of(base(config={"dataset": "own", "backbone": "mobilenet_v2"})).is_ready(SIZE)


def test_the_drawn_garments_can_use_one():
    assert config(dataset=catalogue.DRAWN, backbone=base()).dataset == catalogue.DRAWN
