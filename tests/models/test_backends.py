"""The same training code on another Keras backend, in processes of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core import workspace
from core.answering import classifier, shelf
from core.datasets import catalogue, pack
from core.runs import folder, queue
from core.runs.config import config
from core.runs.records import RunState
from tests.models.conftest import SMALL, wait_for, worker

pytest.importorskip("jax", reason="JAX is not installed")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

# Fits the same head from the same first weights over the same vectors, and prints the curve.
FIT = """
import json, sys
from pathlib import Path
import keras, numpy as np
from core.runs.config import config
from core.runs.folder import read_curves
from models import build, fit
from models.feed import BankFeed
from models.record import Progress

place = Path(sys.argv[1])
rng = np.random.default_rng(0)
labels, judged = rng.integers(0, 3, 50), rng.integers(0, 3, 20)
centres = rng.normal(0, 1, (3, 10))
vectors, judged_vectors = (
    (centres[one] + rng.normal(0, 1, (len(one), 10))).astype(np.float32) for one in (labels, judged)
)
run = config(dataset="any", dense_layers=(8,), batch_size=8, epochs=4, dropout=0, learning_rate=0.01, schedule="cosine",
             warmup=3, label_smoothing=0.1, class_weights=True, optimizer="adamw")
head = build.head(run, 10, 3)
head.set_weights([rng.normal(0, 0.3, weight.shape) for weight in head.get_weights()])
feed = BankFeed(run, lambda view: vectors, judged_vectors, labels, 3)
fit.fit(fit.Plan.of(run), head, feed, judged, place, Progress(place))
epochs = read_curves(place).epochs
figures = [[getattr(epoch, name) for epoch in epochs] for name in ("loss", "val_loss", "accuracy")]
print(json.dumps([keras.config.backend(), *figures]))
"""


def fitted(backend: str, place: Path) -> list:
    place.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", FIT, str(place)],
        cwd=workspace.PROJECT,
        env={**os.environ, "KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu", "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_jax_and_tensorflow_fit_the_same_curve(tmp_path):
    ours, theirs = fitted("tensorflow", tmp_path / "tensorflow"), fitted("jax", tmp_path / "jax")
    assert (ours[0], theirs[0]) == ("tensorflow", "jax")
    assert ours[1][0] > ours[1][-1] + 0.05  # something was learned
    for one, other in zip(ours[1:], theirs[1:], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3)


def test_a_run_under_jax_becomes_a_model_that_answers(home, tiny_dataset):
    catalogue.add_folder("tiny", tiny_dataset)
    run_id = queue.put(config(**SMALL, epochs=3, recipe=[{"transform": "rotation"}]))
    with worker("--idle", "1", KERAS_BACKEND="jax", JAX_PLATFORMS="cpu") as process:
        run = wait_for("its end", lambda: (run := folder.look(run_id)).ended and run, process)
    assert (run.state, run.status.error) == (RunState.DONE, "")
    model = shelf.model(run.status.model)
    judged = pack.load(catalogue.load("tiny"), "validation", 32)
    logits = classifier.load(model).logits(np.asarray(judged.pixels))
    accuracy = float((logits.argmax(axis=1) == judged.labels).mean())
    assert accuracy == pytest.approx(folder.read_curves(run.folder).best.val_accuracy, abs=1e-5)
