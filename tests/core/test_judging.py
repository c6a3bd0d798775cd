"""The answers of a run of an earlier version, computed from its saved model."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core import workspace
from core.answering.classifier import load
from core.answering.shelf import model as saved
from core.comparing import judging
from core.datasets import adding, catalogue, pack, trained_on
from core.errors import AppError, DatasetError, RunError
from core.runs import predictions
from core.runs.folder import look
from tests.conftest import encoded
from tests.core.test_runs import make_run
from tests.fabricated import LABELS, SIZE, flat, report, saved_model, scores

COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}


@pytest.fixture
def colours(tmp_path: Path) -> str:
    """A dataset of plain colours, of which the last validation photo has the wrong class."""
    for split in ("train", "validation", "test"):
        for number, label in enumerate(LABELS):
            folder = tmp_path / "photos" / split / label
            folder.mkdir(parents=True)
            for shade in range(2):
                colour = np.clip(np.array(COLOURS[label]) - 10 * (shade + number) - 30 * (split == "test"), 0, 255)
                (folder / f"{shade}.png").write_bytes(encoded(flat(*colour.tolist()), "PNG"))
    adding.add_folder("colours", tmp_path / "photos")
    return "colours"


def finished(dataset: str, **facts: object) -> str:
    """A run of an earlier version: it has scores and a model, but no answers."""
    folder = make_run("old", {"phase": "done", "model": "model"}, dataset=dataset)
    splits = {
        split: scores(count=6, correct=right) for split, right in (("validation", 2), ("test", 2))
    }  # the green ones
    content = {**report(model="model", labels=LABELS), "scores": splits, **facts}
    (folder / "report.json").write_text(json.dumps(content))
    saved_model("model", run="old", dataset=dataset, labels=LABELS)
    return "old"


def states(dataset: str) -> dict[str, object]:
    loaded = catalogue.load(dataset)
    packs = {split: pack.load(loaded, split, SIZE) for split in loaded.splits}
    return trained_on.of(packs, loaded.classes).model_dump(mode="json")


@pytest.fixture
def in_order(monkeypatch: pytest.MonkeyPatch, colours: str) -> str:
    """The dataset's classes are in alphabetical order; the fabricated model's labels follow them here."""
    classes = catalogue.load(colours).classes
    monkeypatch.setattr("tests.core.test_judging.LABELS", classes)
    return colours


def test_the_answers_are_those_of_the_model(in_order: str) -> None:
    run = look(finished(in_order))
    assert judging.can_judge(run)
    shares: list[float] = []
    judging.judge(run.id, lambda share, words: shares.append(share))
    found = predictions.read(run.folder)
    assert list(found) == ["validation", "test"]
    photos = pack.load(catalogue.load(in_order), "test", SIZE)
    assert found["test"].keys == photos.keys
    assert found["test"].names == photos.names
    assert (found["test"].labels == photos.labels).all()
    assert (found["test"].logits == load(saved("model")).logits(photos.pixels)).all()
    assert shares[0] == 0
    assert not judging.can_judge(look(run.id)), "they are stored now"


def test_photos_that_have_changed_are_refused(in_order: str) -> None:
    run_id = finished(in_order, trained_on=states(in_order))
    folder = catalogue.load(in_order).folder / "test" / "red"
    (folder / "new.png").write_bytes(encoded(flat(200, 9, 9), "PNG"))
    with pytest.raises(RunError, match="have changed since"):
        judging.judge(run_id)


def test_answers_that_do_not_fit_the_scores_are_refused(in_order: str) -> None:
    splits = {split: scores(count=6, correct=6) for split in ("validation", "test")}
    with pytest.raises(RunError, match="are not those behind the scores"):
        judging.judge(finished(in_order, scores=splits))


def test_a_lost_model_or_dataset_is_a_sentence(in_order: str) -> None:
    run_id = finished(in_order)
    make_run("without", {"phase": "failed"}, dataset=in_order)
    with pytest.raises(RunError, match="has no scores"):
        judging.judge("without")
    make_run("gone", {"phase": "done"}, dataset="nowhere")
    (workspace.runs() / "gone" / "report.json").write_text(json.dumps(report(0.5, model="model")))
    with pytest.raises(RunError, match="no longer exists"):
        judging.judge("gone")  # the model is another run's
    (workspace.runs() / run_id / "config.json").write_text(json.dumps({"dataset": "nowhere"}))
    with pytest.raises(DatasetError):
        judging.judge(run_id)


def test_in_a_process_of_its_own(in_order: str) -> None:
    run_id = finished(in_order)
    command = [sys.executable, "-m", "core.comparing.judging", run_id]
    subprocess.run(command, cwd=workspace.PROJECT, env=os.environ, check=True, timeout=120)
    status = judging.status(run_id)
    assert status is not None
    assert (status.share, status.error) == (1.0, "")
    assert predictions.exist(workspace.runs() / run_id)
    judging.forget(run_id)
    assert judging.status(run_id) is None


def test_an_unknown_run_is_an_error() -> None:
    with pytest.raises(AppError, match="There is no run"):
        judging.start("nothing")
