"""The same training code on another Keras backend, in its own process."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from core.answering import classifier, shelf
from core.datasets import adding, catalogue, pack
from core.datasets.trained_on import TrainedOn
from core.runs import folder, queue
from core.runs.config import config
from core.runs.folder import Run
from core.runs.records import RunState
from tests.models.conftest import PATIENCE, SMALL, printed, wait_for, worker

pytest.importorskip("jax", reason="JAX is not installed")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

# A worker that drains its queue, then fits the head of this file with the same backend.
THEN_FIT = """
import json, sys
from pathlib import Path
from models import worker
from tests.models.test_backends import fitted

place = Path(sys.argv.pop(1))
worker.main()
(place / "curve.json").write_text(json.dumps(fitted(place)))
"""


def fitted(place: Path) -> list:
    """The backend's name, then the curve of the same head, fitted from the same initial weights on the same vectors."""
    import keras

    from models import build, fit
    from models.feed import BankFeed
    from models.plan import Plan
    from models.record import Progress

    rng = np.random.default_rng(0)
    labels, validation_labels = rng.integers(0, 3, 50), rng.integers(0, 3, 20)
    centres = rng.normal(0, 1, (3, 10))
    vectors, validation_vectors = (
        (centres[split] + rng.normal(0, 1, (len(split), 10))).astype(np.float32)
        for split in (labels, validation_labels)
    )
    run = config(dataset="any", dense_layers=(8,), batch_size=8, epochs=4, dropout=0, learning_rate=0.01,
                 schedule="cosine", warmup=3, label_smoothing=0.1, class_weights=True, optimizer="adamw")  # fmt: skip
    head = build.head(run, 10, 3)
    head.set_weights([rng.normal(0, 0.3, weight.shape) for weight in head.get_weights()])
    feed = BankFeed(run, lambda view: vectors, validation_vectors, labels, 3)
    fit.fit(Plan.of(run), head, feed, validation_labels, TrainedOn(classes=("a", "b", "c")), place, Progress(place))
    curve = folder.read_curves(place)
    columns = [[getattr(epoch, name) for epoch in curve.epochs] for name in ("loss", "val_loss", "accuracy")]
    return [keras.config.backend(), *columns]


@dataclass(frozen=True)
class UnderJax:
    """The results of one worker in its own workspace: the curve of the head, and a run."""

    home: Path
    curve: list
    run: Run


@pytest.fixture(scope="module")
def _under_jax(tiny_dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> UnderJax:
    home, place = tmp_path_factory.mktemp("jax-home").resolve(), tmp_path_factory.mktemp("jax")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FITTING_ROOM_HOME", str(home))
        adding.add_folder("tiny", tiny_dataset)
        run_id = queue.put(config(**SMALL, epochs=3, recipe=[{"transform": "rotation"}]))
        jax = {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
        with worker(str(place), "--idle", "1", code=THEN_FIT, **jax) as process:
            run = wait_for("its end", lambda: (run := folder.look(run_id)).ended and run, process)
            assert process.wait(PATIENCE) == 0, printed()
    return UnderJax(home, json.loads((place / "curve.json").read_text()), run)


@pytest.fixture
def under_jax(_under_jax: UnderJax, monkeypatch: pytest.MonkeyPatch) -> UnderJax:
    """The results of a worker under JAX; the test uses its workspace."""
    monkeypatch.setenv("FITTING_ROOM_HOME", str(_under_jax.home))
    return _under_jax


def test_jax_and_tensorflow_fit_the_same_curve(under_jax, tmp_path):
    tensorflow, jax = fitted(tmp_path), under_jax.curve
    assert (tensorflow[0], jax[0]) == ("tensorflow", "jax")
    assert tensorflow[1][0] > tensorflow[1][-1] + 0.05  # it learned something
    for expected, actual in zip(tensorflow[1:], jax[1:], strict=True):
        np.testing.assert_allclose(actual, expected, rtol=1e-3)


def test_a_run_under_jax_becomes_a_model_that_answers(under_jax):
    run = under_jax.run
    assert (run.state, run.status.error) == (RunState.DONE, "")
    model = shelf.model(run.status.model)
    validation = pack.load(catalogue.load("tiny"), "validation", 32)
    logits = classifier.load(model).logits(np.asarray(validation.pixels))
    accuracy = float((logits.argmax(axis=1) == validation.labels).mean())
    assert accuracy == pytest.approx(folder.read_curves(run.folder).best.val_accuracy, abs=1e-5)
