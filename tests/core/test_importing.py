"""Models from elsewhere before Keras sees them: what a .keras file may hold, the labels, and what is passed on."""

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import workspace
from core.answering import shelf
from core.datasets import adding
from core.errors import DatasetError, ModelError, SettingsError
from core.files import processes, waiting
from core.importing import background, bringing, files, keras_archive, labels
from core.importing.pixels import SCALINGS
from tests.conftest import encoded
from tests.fabricated import flat, saved_model


def layer(name: str, module: str | None = "keras.layers", registered: str | None = None, **config: Any) -> Any:
    return {"module": module, "class_name": name, "config": config, "registered_name": registered}


def model(*layers: Any, **more: Any) -> dict[str, Any]:
    return {**layer("Sequential", "keras"), "config": {"name": "any", "layers": list(layers)}, **more}


def keras_file(path: Path, config: Any, **members: bytes) -> Path:
    """A file with these members, as Keras names them, without Keras."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", config if isinstance(config, bytes) else json.dumps(config))
        for name, content in {"model.weights.h5": b"", **members}.items():
            archive.writestr(name, content)
    return path


USUAL = model(
    layer("InputLayer", batch_shape=[None, 8, 8, 3]), layer("GlobalAveragePooling2D"), layer("Dense", units=3)
)


# What a file may hold


def test_layers_of_keras_are_let_in(tmp_path):
    nested = layer("Functional", "keras.src.models.functional", "Functional", layers=[layer("Conv2D", filters=3)])
    initializer = layer("Zeros", "keras.initializers")
    config = model(nested, layer("Dense", kernel_initializer=initializer, dtype=layer("DTypePolicy", "keras")))
    assert keras_archive.check(keras_file(tmp_path / "a.keras", config)) == config


def test_what_the_optimizer_was_does_not_matter(tmp_path):
    config = model(layer("Dense"), compile_config={"loss": layer("my_loss", "builtins", "my_loss")})
    keras_archive.check(keras_file(tmp_path / "a.keras", config))


@pytest.mark.parametrize(
    "harmful",
    [
        layer("Lambda", function={"class_name": "__lambda__"}),
        layer("Dense", kernel_initializer={"class_name": "__lambda__", "config": {"value": "x"}}),
        layer("Dense", module="os"),
        layer("system", module="os"),
        layer("Dense", registered="mine>Dense"),
        layer("function", module="builtins", registered="function"),
        layer("TFSMLayer", filepath="/somewhere"),
        layer("TorchModuleWrapper"),
        layer("Functional", module="mine"),
        layer("get_file", module="keras.utils"),
        layer("Sequential", "keras", layers=[layer("Dense"), layer("Conv2D", inner=[[layer("Lambda")]])]),
    ],
    ids=lambda harmful: harmful["class_name"],
)
def test_anything_else_is_refused_wherever_it_stands(tmp_path, harmful):
    with pytest.raises(ModelError, match="which this program does not load"):
        keras_archive.check(keras_file(tmp_path / "a.keras", model(layer("Dense"), harmful)))


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (b"{", "can't be read as a Keras file"),
        (b"[" * 100_000, "can't be read as a Keras file"),
        (b"\xff", "can't be read as a Keras file"),
        ([], "must hold a Functional or Sequential model"),
        (layer("MyModel", "mine", "mine>MyModel"), "must hold a Functional or Sequential model, got 'MyModel'"),
        (layer("Sequential", "keras", layers=[{"class_name": 5}]), "its config is damaged"),
        (b" " * (keras_archive.MOST_CONFIG + 1), "must have at most 20 MB, got more"),
    ],
    ids=["half", "deep", "not text", "list", "subclass", "number", "large"],
)
def test_a_config_that_can_t_be_used_is_a_sentence(tmp_path, config, words):
    with pytest.raises(ModelError, match=words) as refused:
        keras_archive.check(keras_file(tmp_path / "a.keras", config))
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 400


def test_a_file_of_another_kind_is_a_sentence(tmp_path, monkeypatch):
    for name in ("model.h5", "model.pkl", "model"):
        (tmp_path / name).write_bytes(b"\x80\x04")
        with pytest.raises(
            ModelError, match=r"Only \.keras and \.tflite files can be imported, got 'model.*Open it in Keras 3"
        ):
            files.check(tmp_path / name)
    (tmp_path / "no.tflite").write_bytes(b"\x1c\0\0\0TFL2")
    with pytest.raises(ModelError, match=r"no\.tflite is not a \.tflite file, whatever its name says"):
        files.check(tmp_path / "no.tflite")
    with pytest.raises(ModelError, match=r"gone\.tflite can't be read \(No such file or directory\)"):
        files.check(tmp_path / "gone.tflite")
    (tmp_path / "no.keras").write_bytes(b"\x89HDF\r\n")
    with pytest.raises(ModelError, match=r"no\.keras can't be read as a Keras file"):
        keras_archive.check(tmp_path / "no.keras")
    with pytest.raises(ModelError, match=r"gone\.keras can't be read as a Keras file"):
        keras_archive.check(tmp_path / "gone.keras")
    with zipfile.ZipFile(tmp_path / "old.keras", "w") as archive:
        archive.writestr("config.json", "{}")
    with pytest.raises(ModelError, match=r"model\.weights\.h5 is missing"):
        keras_archive.check(tmp_path / "old.keras")
    monkeypatch.setattr(keras_archive, "MOST_BYTES", 1000)
    with pytest.raises(ModelError, match=r"at most 1.0 kB unpacked, got more"):
        keras_archive.check(keras_file(tmp_path / "bomb.keras", USUAL, **{"model.weights.h5": b"0" * 1000}))


# Labels


def test_labels_are_a_list_or_a_file(tmp_path):
    assert labels.read(" dress, hat ,t-shirt,") == ("dress", "hat", "t-shirt")
    (tmp_path / "labels.txt").write_text("\ufeffплатье\n\nhat, cap\n", encoding="utf-8")
    assert labels.read(str(tmp_path / "labels.txt")) == ("платье", "hat, cap")


@pytest.mark.parametrize(
    ("text", "words"),
    [(" , ", "got none"), ("a,b,a", "got 'a' twice"), ("a\x07,b", "printable"), ("a" * 300, "at most 200 printable")],
)
def test_labels_that_can_t_be_used_are_a_sentence(text, words):
    with pytest.raises(ModelError, match=words):
        labels.read(text)


def test_labels_of_another_encoding_are_a_sentence(tmp_path):
    (tmp_path / "labels.txt").write_bytes(b"caf\xe9\n")
    with pytest.raises(ModelError, match="Write one per line, in UTF-8"):
        labels.read(str(tmp_path / "labels.txt"))


def test_labels_in_the_file(tmp_path):
    assert files.labels(keras_file(tmp_path / "a.keras", USUAL)) == ()
    path = keras_file(tmp_path / "b.keras", USUAL, **{"labels.txt": "red\nгорный\n".encode()})
    assert files.labels(path) == ("red", "горный")
    (tmp_path / "c.tflite").write_bytes(b"\x1c\0\0\0TFL3")
    assert files.labels(tmp_path / "c.tflite") == ()
    with zipfile.ZipFile(tmp_path / "c.tflite", "a") as archive:  # behind the network
        archive.writestr("labelmap.txt", "red\nblue\n")
    assert files.labels(tmp_path / "c.tflite") == ("red", "blue")
    path = keras_file(tmp_path / "d.keras", USUAL, **{"labels.txt": b"caf\xe9"})
    with pytest.raises(ModelError, match=r"The labels in d\.keras can't be read \('utf-8' codec"):
        files.labels(path)


# What is passed on


@pytest.fixture
def colours(tmp_path: Path) -> None:
    """The dataset `own` with a photo of each colour in each split."""
    for split in ("train", "validation", "test"):
        for place, label in enumerate(("blue", "green", "red")):
            (tmp_path / "photos" / split / label).mkdir(parents=True)
            photo = encoded(flat(*np.roll((200, 10, 10), 2 - place)), "PNG")
            (tmp_path / "photos" / split / label / "a.png").write_bytes(photo)
    adding.add_folder("own", tmp_path / "photos")


@pytest.fixture
def brought(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The arguments of each process, which saves a model."""
    calls = []

    def run(module: str, arguments: list[str], report: object) -> None:
        assert module == "models.bring"
        calls.append(arguments)
        saved_model(arguments[1].removeprefix("--name="))

    monkeypatch.setattr(waiting, "run", run)
    return calls


def test_the_process_gets_labels_and_says_where_they_come_from(colours, brought, tmp_path):
    path = keras_file(tmp_path / "a.keras", USUAL)
    assert bringing.bring(path, "My Xception", "own").name == "my-xception"
    assert bringing.bring(path, "My Xception", "own", "b,r,g", "-1-1").name == "my-xception-2"
    path = keras_file(tmp_path / "a.keras", USUAL, **{"labels.txt": b"x\ny\nz"})
    bringing.bring(path, "other", "own")
    given = [dict(argument.removeprefix("--").split("=", 1) for argument in call[1:]) for call in brought]
    assert [each["labels"] for each in given] == ['["blue", "green", "red"]', '["b", "r", "g"]', '["x", "y", "z"]']
    assert [each["labels-from"] for each in given] == ["dataset", "given", "file"]
    assert [each["pixels"] for each in given] == ["measure", "-1-1", "measure"]
    assert brought[0][0] == str(path)


def test_what_a_page_wants_is_brought_in_and_nothing_is_left_behind(colours, brought, tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "start", lambda *arguments: None)
    path = keras_file(tmp_path / "a.keras", USUAL)
    wanted = background.Wanted(file="../Größe 40?.keras", title="Größe 40", dataset="own", labels=("b", "r", "g, h"))
    with path.open("rb") as file:
        background.start(file, wanted)
    background._bring(lambda share, words: None)
    (call,) = brought
    assert Path(call[0]) == workspace.scratch() / "brought" / "Größe 40？.keras"
    assert '--labels=["b", "r", "g, h"]' in call
    assert background.model() == shelf.model(background.wanted().model)
    assert not (workspace.scratch() / "brought").exists()
    (workspace.locks() / "import-wanted.json").write_text("{")
    with pytest.raises(SettingsError, match="can't be read any more"):
        background._bring(lambda share, words: None)


def test_nothing_starts_for_what_can_t_work(colours, brought, tmp_path):
    path = keras_file(tmp_path / "a.keras", USUAL)
    with pytest.raises(SettingsError, match=r"must be one of -1-1, 0-1, 0-255, measure, got '0-2'"):
        bringing.bring(path, "a", "own", pixels="0-2")
    with pytest.raises(DatasetError, match="'nowhere'"):
        bringing.bring(path, "a", "nowhere")
    with pytest.raises(ModelError, match="does not load"):
        bringing.bring(keras_file(tmp_path / "b.keras", model(layer("Lambda"))), "a", "own")
    assert brought == []


def test_the_ranges_are_what_they_say():
    for key, low, high in (("-1-1", -1, 1), ("0-1", 0, 1), ("0-255", 0, 255)):
        scaling = SCALINGS[key]
        assert (scaling.offset, round(255 * scaling.scale + scaling.offset, 9)) == (low, high)
