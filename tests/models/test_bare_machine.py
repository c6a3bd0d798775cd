"""Training on a machine with JAX and without TensorFlow and LiteRT, and the pack of photos that is taken there."""

import re
import sys
from pathlib import Path

import pytest
from PIL import Image

from benchmarks import _gpu_pack
from core.answering import litert
from core.backbones import MOBILENET_V2
from core.datasets import adding
from core.errors import ModelError
from core.runs import folder, queue
from core.runs.config import config
from core.runs.records import RunState
from tests.conftest import TINY_CLASSES
from tests.models.conftest import PATIENCE, SMALL, printed, worker

# Hides packages from every process that Python starts with this module on its path.
SITECUSTOMIZE = """
import sys
from importlib.machinery import PathFinder

class Without:
    @staticmethod
    def find_spec(name, path=None, target=None):
        return None if name in ("tensorflow", "ai_edge_litert") else PathFinder.find_spec(name, path, target)

sys.meta_path[:] = [Without if finder is PathFinder else finder for finder in sys.meta_path]
"""
JAX = {
    "KERAS_BACKEND": "jax",
    "JAX_PLATFORMS": "cpu",
    "XLA_FLAGS": "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true",  # compiles sooner
}
MOST = {"train": 7, "validation": 3, "test": 3}


MISSING = "A saved model needs TensorFlow and LiteRT, which this machine lacks. Run `make env`."
ERROR = f"The network was trained, but it can't be saved as a model. {MISSING}"


@pytest.mark.slow
def test_a_run_trains_without_tensorflow_and_ends_with_a_sentence(
    tiny_dataset: Path, weights: Path, tmp_path: Path
) -> None:
    pytest.importorskip("jax", reason="JAX is not installed")
    (tmp_path / "sitecustomize.py").write_text(SITECUSTOMIZE)
    adding.add_folder("tiny", tiny_dataset)
    run_id = queue.put(config(**{**SMALL, "backbone": "mobilenet_v2"}, epochs=2))
    environment = {**JAX, "PYTHONPATH": str(tmp_path), "KERAS_HOME": str(weights)}
    with worker("--idle", "0.1", **environment) as process:
        assert process.wait(2 * PATIENCE) == 0, printed()
    run = folder.look(run_id)
    assert (run.state, run.status.error) == (RunState.FAILED, ERROR)
    assert run.status.warning == f"This run trains, but it can't end as a saved model. {MISSING}"
    assert len(folder.read_curves(run.folder)) == 2
    assert {"best.npz", "backup.npz"} <= {path.name for path in run.folder.iterdir()}


def test_a_network_that_learned_can_not_be_converted_without_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    from models import convert

    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModelError, match=re.escape(ERROR)):
        convert.convert(None, Path("network.tflite"))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "ai_edge_litert" else object())
    assert convert.what_is_missing() == "A saved model needs LiteRT, which this machine lacks. Run `make env`."


def test_a_saved_model_without_litert_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(ModelError, match="Saved models need LiteRT, which is not installed"):
        litert.Backbone(Path("backbone.tflite"))


@pytest.fixture
def pack(tiny_dataset: Path, tmp_path: Path) -> Path:
    weights = tmp_path / "keras" / "models" / MOBILENET_V2.weights_file.format(size=224)
    weights.parent.mkdir(parents=True)
    weights.write_bytes(b"weights")
    _gpu_pack.make(tmp_path / "pack.zip", tiny_dataset, tmp_path / "keras")
    return tmp_path / "pack.zip"


def test_a_pack_holds_the_photos_and_the_weights(pack: Path, tmp_path: Path) -> None:
    place = tmp_path / "there"
    _gpu_pack.unpack(pack, place)
    photos = sorted((place / "photos").glob("*/*/*.jpg"))
    assert len(photos) == 36
    assert {photo.parent.name for photo in photos} == set(TINY_CLASSES)
    with Image.open(photos[0]) as image:
        assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (150, 150))
    (weights,) = (place / "keras" / "models").iterdir()
    assert weights.read_bytes() == b"weights"


def test_a_smaller_number_of_photos_takes_the_classes_in_turn(pack: Path, tmp_path: Path) -> None:
    place = tmp_path / "there"
    _gpu_pack.unpack(pack, place, MOST)
    counts = {
        split: [len(list((place / "photos" / split / label).iterdir())) for label in TINY_CLASSES] for split in MOST
    }
    assert counts == {"train": [3, 2, 2], "validation": [1, 1, 1], "test": [1, 1, 1]}


def test_anything_but_a_pack_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"no zip")
    with pytest.raises(SystemExit, match=r"The pack must be a zip as --make-pack writes it, got .*photo\.jpg"):
        _gpu_pack.unpack(tmp_path / "photo.jpg", tmp_path / "there")
    with pytest.raises(SystemExit, match="The pack must be a zip"):
        _gpu_pack.unpack(tmp_path / "missing.zip", tmp_path / "there")


def test_a_pack_that_is_too_large_is_refused(
    tiny_dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_gpu_pack, "MOST_BYTES", 1000)
    with pytest.raises(SystemExit, match="must have at most 0 MB, got"):
        _gpu_pack.make(tmp_path / "pack.zip", tiny_dataset, tmp_path)
