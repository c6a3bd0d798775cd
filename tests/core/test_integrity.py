"""The files of a saved model must belong together: exchanged, damaged and unfitting ones are named in a sentence."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.answering import classifier, shelf
from core.answering.head import Head
from core.errors import ModelError
from core.files import atomic
from tests.fabricated import card_fields, colour_backbone, saved_model

FILES = ("backbone.tflite", "head.npz", "stats.npz")


def hashed(folder: Path, **more: Any) -> Path:
    """Write the card anew, with the size and hash of each file."""
    facts = {
        name: {
            "bytes": (folder / name).stat().st_size,
            "hash": hashlib.sha256((folder / name).read_bytes()).hexdigest(),
        }
        for name in FILES
    }
    atomic.write_json(folder / "card.json", card_fields(folder.name, files=facts, **more))
    return folder


def save_head(path: Path, inputs: int, outputs: int) -> None:
    layer = np.eye(inputs, outputs, dtype=np.float32)
    Head((layer,), (np.zeros(outputs, np.float32),), "relu").save(path)


def refuses(folder: Path, words: str) -> str:
    """The sentence with which the model is refused."""
    with pytest.raises(ModelError, match=words) as caught:
        classifier.load(shelf.read(folder))
    sentence = str(caught.value)
    assert len(sentence) < 600
    assert "Delete the model" in sentence
    return sentence


def test_a_whole_model_is_loaded() -> None:
    classifier.load(shelf.read(hashed(saved_model("colours"))))


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_another_model_is_refused(name: str) -> None:
    folder = hashed(saved_model("colours"))
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert name in refuses(folder, "belongs to another model")


@pytest.mark.parametrize("size", [7, 9])
def test_an_image_size_of_another_network_is_refused(size: int) -> None:
    refuses(hashed(saved_model("colours"), image_size=size), f"image_size of the card must be 8, got {size}")


@pytest.mark.parametrize("size", [0, -1, 10**9])
def test_an_image_size_beyond_the_limits_is_refused(size: int) -> None:
    folder = saved_model("colours", image_size=size)
    with pytest.raises(ModelError, match="image_size must be"):
        shelf.read(folder)


@pytest.mark.parametrize("labels", [["red", "green"], ["red", "green", "blue", "black"]])
def test_labels_of_another_number_are_refused(labels: list[str]) -> None:
    refuses(hashed(saved_model("colours"), labels=labels), f"number of labels on the card must be 3, got {len(labels)}")


def test_labels_that_repeat_are_refused() -> None:
    with pytest.raises(ModelError, match="labels must differ"):
        shelf.read(saved_model("colours", labels=["red", "red", "blue"]))


def test_scores_of_other_labels_are_refused() -> None:
    folder = saved_model("colours", scores={"validation": {"accuracy": 0.5, "confusion": [[1, 0], [0, 1]]}})
    with pytest.raises(ModelError, match="scores must be those of its 3 labels"):
        shelf.read(folder)


def test_a_head_with_other_inputs_is_refused() -> None:
    folder = saved_model("colours")
    save_head(folder / "head.npz", 4, 3)
    refuses(hashed(folder), "inputs of the head must be 3, got 4")


def test_statistics_of_another_length_are_refused() -> None:
    folder = saved_model("colours")
    np.savez(folder / "stats.npz", vectors=np.eye(4, dtype=np.float16))
    refuses(hashed(folder), "length of the statistics must be 3, got 4")


@pytest.mark.parametrize(
    ("name", "arrays"),
    [
        ("head.npz", {"kernel_0": np.eye(3), "bias_0": np.zeros(2), "activation": np.array("relu")}),
        ("head.npz", {"kernel_0": np.zeros(3), "bias_0": np.zeros(3), "activation": np.array("relu")}),
        ("head.npz", {"kernel_0": np.full((3, 3), np.nan), "bias_0": np.zeros(3), "activation": np.array("relu")}),
        ("head.npz", {"kernel_0": np.array(["x"] * 3), "bias_0": np.zeros(3), "activation": np.array("relu")}),
        ("stats.npz", {"vectors": np.zeros(3)}),
        ("stats.npz", {"vectors": np.zeros((0, 3))}),
        ("stats.npz", {"other": np.eye(3)}),
    ],
)
def test_arrays_of_wrong_shapes_are_refused(name: str, arrays: dict[str, Any]) -> None:
    folder = saved_model("colours")
    np.savez(folder / name, **arrays)
    refuses(folder, "damaged")


class Evil:
    """Its pickle creates a file when it is read."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path("evil"),)


@pytest.mark.parametrize("name", ["head.npz", "stats.npz"])
def test_pickled_objects_are_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = saved_model("colours")
    np.savez(folder / name, kernel_0=np.array([Evil()], dtype=object), vectors=np.array([Evil()], dtype=object))
    refuses(folder, "damaged")
    assert not Path("evil").exists()


@pytest.mark.parametrize("name", ["head.npz", "stats.npz"])
def test_a_compressed_file_is_refused_before_it_is_unpacked(name: str) -> None:
    folder = saved_model("colours")
    zeros = np.zeros((40_000_000,), np.float16)
    np.savez_compressed(folder / name, kernel_0=zeros, vectors=zeros)
    assert (folder / name).stat().st_size < 1_000_000
    refuses(folder, "compressed")


def test_a_file_that_is_missing_by_now_is_named() -> None:
    folder = hashed(saved_model("colours"))
    model = shelf.read(folder)
    (folder / "head.npz").unlink()
    with pytest.raises(ModelError, match=r"head\.npz is missing"):
        classifier.load(model)
    with pytest.raises(ModelError, match=r"head\.npz is missing"):
        classifier.Classifier(model)


def test_a_card_of_a_newer_version_is_refused() -> None:
    folder = saved_model("colours")
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps({**card, "version": 2}))
    with pytest.raises(ModelError, match="newer version"):
        shelf.read(folder)


def test_another_backbone_is_refused() -> None:
    folder = saved_model("colours")
    (folder / "backbone.tflite").write_bytes(colour_backbone(16))
    refuses(folder, "image_size of the card must be 16, got 8")
