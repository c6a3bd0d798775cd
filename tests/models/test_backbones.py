"""Every family of pretrained backbones from its weights to a saved model: converted, banked, fine-tuned, explained.

Random weights in Keras' file format replace the ImageNet weights, so nothing is downloaded.
"""

from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest

from core.answering import classifier, shelf
from core.answering.evaluation import accuracy
from core.backbone import Backbone
from core.backbones import CONVNEXT_TINY, EFFICIENTNET_V2_B0, MOBILENET_V3_LARGE, RESNET_50_V2
from core.datasets import adding, catalogue, pack
from core.runs import estimate, folder, queue
from core.runs.config import config
from core.runs.folder import Run
from core.runs.records import RunState
from models import build, onnx_model
from tests.models.conftest import wait_for, worker, write_weights

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

FAMILIES = (EFFICIENTNET_V2_B0, CONVNEXT_TINY, MOBILENET_V3_LARGE, RESNET_50_V2)  # V2-S is B0 with more blocks
TUNED = (EFFICIENTNET_V2_B0, MOBILENET_V3_LARGE)  # the others take long to convert twice
SIZE = 32  # px
TUNING = {"blocks": 2, "epochs": 1, "learning_rate": 0.001, "warmup": 0}


def settings(record: Backbone) -> dict[str, object]:
    return {
        "dataset": "tiny",
        "backbone": record.key,
        "image_size": SIZE,
        "batch_size": 6,
        "epochs": 2,
        "fine_tune": TUNING if record in TUNED else None,
    }


@pytest.fixture(scope="module")
def keras_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("keras")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_HOME", str(home))
        for record in FAMILIES:
            make = getattr(keras.applications, str(record.application))
            network = make(weights=None, include_top=False, input_shape=(SIZE, SIZE, 3))
            write_weights(network, record.weights_path(SIZE))
    return home


@pytest.fixture(scope="module")
def _runs(
    keras_home: Path, tiny_dataset: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, dict[str, Run]]]:
    home = tmp_path_factory.mktemp("home").resolve()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FITTING_ROOM_HOME", str(home))
        patch.setenv("KERAS_HOME", str(keras_home))
        adding.add_folder("tiny", tiny_dataset)
        ids = {record.key: queue.put(config(**settings(record))) for record in FAMILIES}
        with worker("--idle", "1", KERAS_HOME=str(keras_home)) as process:
            ended = {
                key: wait_for(f"the end of {key}", lambda run_id=run_id: _ended(run_id), process)
                for key, run_id in ids.items()
            }
        yield home, ended


def _ended(run_id: str) -> Run | None:
    run = folder.look(run_id)
    return run if run.ended else None


@pytest.fixture
def runs(_runs: tuple[Path, dict[str, Run]], keras_home: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Run]:
    """The ended run of each backbone; the test uses their workspace."""
    monkeypatch.setenv("FITTING_ROOM_HOME", str(_runs[0]))
    monkeypatch.setenv("KERAS_HOME", str(keras_home))
    return _runs[1]


@pytest.mark.parametrize("record", FAMILIES, ids=lambda record: record.key)
def test_it_learns_and_answers_as_it_was_scored(record: Backbone, runs: dict[str, Run]):
    run = runs[record.key]
    assert run.state is RunState.DONE, run.status
    stages = [epoch.stage for epoch in folder.read_curves(run.folder).epochs]
    assert stages == ([0, 0, 1] if record in TUNED else [0, 0])
    model = shelf.model(str(run.status.model))
    answering = classifier.load(model)
    photos = pack.load(catalogue.load("tiny"), "validation", SIZE)
    vectors = np.concatenate(list(answering.vectors(photos.pixels)))
    assert vectors.shape == (len(photos), record.features)
    assert accuracy(answering.head.logits(vectors), photos.labels) == model.validation_accuracy
    data = catalogue.load("tiny").splits["validation"].paths[0].read_bytes()
    answer = answering.answer(data)
    assert sum(share for _, share in answer.probabilities) == pytest.approx(1)
    assert answering.heat(data, answer.label).shape == (1, 1)  # 32 px leave one cell


def test_convnext_leaves_as_onnx_too(runs: dict[str, Run], tmp_path: Path):
    model = shelf.model(str(runs[CONVNEXT_TINY.key].status.model))
    onnx_model.write(model, tmp_path / "model.onnx")  # compares answers; its activation is none of ONNX' operators
    assert (tmp_path / "model.onnx").stat().st_size > 2 * CONVNEXT_TINY.parameters


@pytest.mark.parametrize("record", FAMILIES, ids=lambda record: record.key)
def test_its_imagenet_weights_are_those_of_the_file(record: Backbone, runs: dict[str, Run]):
    body = build.backbone(record, SIZE, "imagenet")
    (network,) = [layer for layer in body.layers if isinstance(layer, keras.Model)]
    expected = getattr(keras.applications, str(record.application))(
        weights=None, include_top=False, input_shape=(SIZE, SIZE, 3)
    )
    expected.load_weights(record.weights_path(SIZE))
    pixels = np.random.default_rng(0).integers(0, 256, (2, SIZE, SIZE, 3), np.uint8)
    scaled = pixels / 127.5 - 1 if record.scaling == "-1…1" else pixels.astype(np.float32)
    np.testing.assert_allclose(
        np.asarray(body(pixels)[0]), np.asarray(expected(scaled, training=False)), rtol=1e-3, atol=1e-4
    )
    assert network.count_params() == record.parameters


@pytest.mark.parametrize("record", FAMILIES, ids=lambda record: record.key)
def test_its_time_is_estimated_by_what_it_computes(record: Backbone):
    counts = {"train": 1000, "validation": 100, "test": 100}
    run = config(**{**settings(record), "fine_tune": None})
    tuned = config(**{**settings(record), "fine_tune": TUNING})
    assert 0 < estimate.seconds([run], counts) < estimate.seconds([tuned], counts)
