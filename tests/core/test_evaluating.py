"""The evaluation of saved models on any dataset with some of their classes, and how it is stored."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from core import workspace
from core.answering import classifier, shelf, trial
from core.datasets import adding, catalogue, looks, managing, measures
from core.errors import AppError, DatasetError, ModelError
from core.evaluating import evaluate, stored
from core.evaluating.photo_facts import BY_KEY, FACTS
from core.evaluating.record import Evaluation
from core.files import cache, leftovers, processes, records
from core.health import contents
from core.runs import look_count, predictions
from tests.conftest import encoded
from tests.fabricated import flat, saved_model

SHADES = {
    "red": (250, 30, 30),
    "green": (30, 250, 30),
    "blue": (30, 30, 250),
    "grey": (99, 99, 99),
    "white": (250,) * 3,
}


def photos(folder: Path, classes: str, each: int = 2) -> str:
    """A dataset of single-colour photos of growing sizes. One red photo is in fact blue, in each split."""
    for number, split in enumerate(("train", "validation", "test")):
        for label in classes.split():
            place = folder / split / label
            place.mkdir(parents=True)
            for shade in range(each):
                pixels = flat(*SHADES[label], side=10 + shade) - np.uint8(2 * number + shade)
                (place / f"{shade}.png").write_bytes(encoded(pixels, "PNG"))
        (folder / split / "red" / "wrong.png").write_bytes(encoded(flat(0, 0, 200 - number), "PNG"))
    return adding.add_folder(folder.name, folder).name


@pytest.fixture
def own(tmp_path: Path) -> str:
    return photos(tmp_path / "own", "red green blue")


def evaluated(model: str, dataset: str, split: str = "test") -> Evaluation:
    return evaluate.evaluate_and_store(model, dataset, split).evaluation


def test_the_figures_are_those_of_the_scores_and_more(own: str) -> None:
    saved_model("colours")
    result = evaluated("colours", own)
    found = result.figures
    scores = trial.scores(shelf.model("colours"), catalogue.load(own), "test")
    assert {name: getattr(found, name) for name in ("accuracy", "interval", "loss", "confusion", "wrong")} == {
        name: getattr(scores, name) for name in ("accuracy", "interval", "loss", "confusion", "wrong")
    }
    assert (found.correct, found.count, result.left_out, result.absent) == (6, 7, {}, ())
    assert [(score.label, score.count, score.answers) for score in found.per_class] == [
        ("red", 3, 2), ("green", 2, 2), ("blue", 2, 3),
    ]  # fmt: skip
    assert found.macro_f1 == pytest.approx((0.8 + 1 + 0.8) / 3)
    assert found.top_3_accuracy is None  # three classes
    assert (found.coverage[-1].count, found.coverage[-1].correct) == (7, 6)
    assert [each.rate for each in found.undoubted] == [0.05]  # the only thresholds on the card
    assert set(found.groups) == set(BY_KEY) == {"size", "brightness", "proportions"}
    assert [(group.low, group.high, group.count) for group in found.groups["size"]] == [(10, 12, 7)]
    assert (result.model, result.dataset, result.title, result.split) == ("colours", own, own, "test")


def test_the_groups_hold_the_facts_of_the_photos(tmp_path: Path) -> None:
    name = photos(tmp_path / "many", "red green blue", each=7)
    saved_model("colours")
    found = evaluated("colours", name).figures
    sizes = found.groups["size"]
    assert [(group.low, group.high) for group in sizes] == [(10, 11), (12, 13), (14, 14), (15, 16)]
    assert [group.count - group.correct for group in sizes] == [0, 1, 0, 0]  # the wrong photo has 12 px
    assert sum(group.count for group in found.groups["brightness"]) == found.count == 22
    assert [(group.low, group.high) for group in found.groups["proportions"]] == [(1.0, 1.0)]
    texts = {fact.key: fact.range(*((10, 12.4) if fact.key == "size" else (1.004, 1.5))) for fact in FACTS}
    assert texts == {"size": "10 to 12 px", "brightness": "1 to 2", "proportions": "1.00 to 1.50"}
    assert BY_KEY["size"].range(300, 300) == "300 px"


def test_measures_of_other_photos_stay_in_the_cache(own: str) -> None:
    saved_model("colours")
    evaluated("colours", own, "train")
    evaluated("colours", own, "test")
    kept = measures.stored(own)
    assert kept is not None
    assert {name.split("/")[0] for name in kept} == {"train", "test"}


def test_classes_that_the_model_does_not_know_are_left_out(tmp_path: Path) -> None:
    name = photos(tmp_path / "more", "blue green grey red white")
    saved_model("colours")
    result = evaluated("colours", name)
    assert result.left_out == {"grey": 2, "white": 2}
    assert (result.figures.correct, result.figures.count) == (6, 7)
    assert result.figures.confusion == ((2, 0, 1), (0, 2, 0), (0, 0, 2))
    (wrong,) = result.figures.wrong or ()
    assert catalogue.load(name).splits["test"].paths[wrong].name == "wrong.png"
    answers = predictions.read(stored.every()[0].folder)["test"]
    assert (len(answers), answers.names[-1]) == (7, "test/red/wrong.png")


def test_a_model_may_know_more_classes_than_the_dataset_has(tmp_path: Path) -> None:
    name = photos(tmp_path / "fewer", "red green")
    saved_model("colours")
    result = evaluated("colours", name)
    assert (result.absent, result.left_out) == (("blue",), {})
    assert (result.figures.correct, result.figures.count) == (4, 5)
    assert [score.recall for score in result.figures.per_class] == [pytest.approx(2 / 3), 1.0, None]
    assert result.figures.macro_f1 == pytest.approx((0.8 + 1) / 2)


def test_an_evaluation_is_refused_only_if_nothing_is_left(tmp_path: Path, own: str) -> None:
    saved_model("stranger", labels=["hat", "shoes", "skirt"])
    with pytest.raises(DatasetError, match=r"knows none of the classes in the test split.*'blue', 'green', 'red'"):
        evaluated("stranger", own)
    shutil.rmtree(tmp_path / "own" / "test")
    saved_model("colours")
    with pytest.raises(DatasetError, match="no photos in its test split"):
        evaluated("colours", own)
    with pytest.raises(DatasetError, match="no dataset 'gone'"):
        evaluated("colours", "gone")
    with pytest.raises(ModelError, match="no saved model 'gone'"):
        evaluated("gone", own)
    for path in (tmp_path / "own" / "validation" / "red").iterdir():
        path.write_bytes(b"no photo")
    saved_model("reds", labels=["red", "hat", "shoes"])
    with pytest.raises(DatasetError, match="whose classes the model 'reds' knows can be read"):
        evaluated("reds", own, "validation")
    assert stored.every() == []


def test_photos_that_cannot_be_read_are_counted(tmp_path: Path, own: str) -> None:
    (tmp_path / "own" / "test" / "red" / "wrong.png").write_bytes(b"no photo")
    saved_model("colours")
    result = evaluated("colours", own)
    assert (result.unreadable, result.figures.count, result.figures.accuracy) == (1, 6, 1.0)


def test_a_look_at_test_photos_counts_once_for_each_evaluation(own: str) -> None:
    saved_model("colours")
    for split in ("train", "validation", "test", "test"):
        evaluated("colours", own, split)
    assert (look_count.of(own), len(looks.of(own))) == (2, 2)


def test_what_the_model_learned_from_is_told_apart(own: str) -> None:
    saved_model("colours", dataset=own)
    saved_model("other", dataset="shoes")
    assert evaluated("colours", own, "train").is_on_training_photos
    assert not evaluated("colours", own, "test").is_on_training_photos
    assert not evaluated("other", own, "train").is_on_training_photos


def test_only_evaluations_on_the_same_photos_have_the_same_content(tmp_path: Path, own: str) -> None:
    saved_model("colours")
    saved_model("turned", labels=["blue", "green", "red"])
    first, other = evaluated("colours", own), evaluated("turned", own)
    assert first.content == other.content != evaluated("colours", own, "validation").content
    assert other.figures.accuracy != first.figures.accuracy
    (tmp_path / "own" / "test" / "red" / "wrong.png").unlink()
    assert evaluated("colours", own).content != first.content


def test_results_outlive_the_cache_the_model_and_the_dataset(own: str) -> None:
    saved_model("colours")
    first, second = evaluated("colours", own), evaluated("colours", own, "train")
    cache.clean()
    shutil.rmtree(workspace.cache())
    shelf.delete("colours")
    managing.remove(own)
    every = stored.every()
    assert [each.evaluation for each in every] == [second, first]  # newest first
    answers = predictions.read(every[1].folder)["test"]
    assert (len(answers), answers.logits.shape) == (7, (7, 3))
    assert answers.similarities is not None
    assert answers.is_right.sum() == 6


def test_the_stored_answers_are_the_classifier_s(own: str) -> None:
    saved_model("colours")
    evaluated("colours", own)
    answers = predictions.read(stored.every()[0].folder)["test"]
    dataset, model = catalogue.load(own), classifier.load(shelf.model("colours"))
    for name, row, similarity in zip(answers.names, answers.logits, answers.similarities, strict=True):
        answer = model.answer((dataset.folder / name).read_bytes())
        assert answer.label == model.model.labels[row.argmax()]
        assert answer.similarity == pytest.approx(similarity, abs=1e-5)


def test_a_damaged_evaluation_is_listed_and_can_be_deleted(own: str) -> None:
    saved_model("colours")
    evaluated("colours", own)
    evaluated("colours", own, "train")
    (stored.every()[0].folder / stored.FILE).write_text('{"model": 3}')
    (other,) = stored.every()
    (broken,) = stored.damaged()
    assert broken in contents.damaged()
    assert "evaluation.json is damaged" in broken.reason
    stored.delete(broken.name)
    stored.delete(other.id)
    assert (stored.every(), stored.damaged()) == ([], [])
    for name in (other.id, "", ".", "..", "../models", "/etc"):
        with pytest.raises(ModelError, match="no evaluation"):
            stored.delete(name)


def test_similarities_that_do_not_fit_are_refused(own: str) -> None:
    saved_model("colours")
    evaluated("colours", own)
    folder = stored.every()[0].folder
    content = dict(np.load(folder / predictions.NAME))
    np.savez(folder / predictions.NAME, **{**content, "test-similarities": np.zeros(2, np.float32)})
    with pytest.raises(AppError, match="similarities"):
        predictions.read(folder)


def test_half_an_evaluation_is_never_seen(own: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write = records.write

    def full(path: Path, record: records.Record) -> None:
        if isinstance(record, Evaluation):
            raise OSError(28, "No space left on device")
        write(path, record)

    saved_model("colours")
    monkeypatch.setattr(records, "write", full)
    with pytest.raises(OSError, match="No space"):
        evaluated("colours", own)
    assert (stored.every(), stored.damaged(), leftovers.find(0)) == ([], [], [])


def test_progress_runs_from_reading_to_measuring(own: str) -> None:
    saved_model("colours")
    reports: list[tuple[float, str]] = []
    evaluate.evaluate(
        shelf.model("colours"), catalogue.load(own), "test", lambda share, words: reports.append((share, words))
    )
    shares = [share for share, _ in reports]
    assert shares == sorted(shares)
    assert 0 <= shares[0] <= shares[-1] <= 1
    assert list(dict.fromkeys(words.split(":")[0] for _, words in reports)) == list(evaluate.SHARES)


def test_in_a_process_of_its_own(own: str) -> None:
    saved_model("colours")
    assert evaluate.status("colours", own, "test") is None
    evaluate.start("colours", own, "test")
    evaluate.start("gone", own, "test")
    end = time.monotonic() + 60
    while any((status := evaluate.status(name, own, "test")) and status.running for name in ("colours", "gone")):
        assert time.monotonic() < end
        time.sleep(0.1)
    done, failed = (evaluate.status(name, own, "test") for name in ("colours", "gone"))
    assert done is not None
    assert failed is not None
    assert (done.share, done.error) == (1.0, "")
    assert "no saved model 'gone'" in failed.error
    assert [each.evaluation.model for each in stored.every()] == ["colours"]
    evaluate.forget("colours", own, "test")
    assert evaluate.status("colours", own, "test") is None


def test_the_same_evaluation_is_not_started_twice(own: str, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[tuple[str, ...]] = []
    monkeypatch.setattr(processes, "start", lambda module, log, *arguments: started.append(arguments))
    for split in ("test", "test", "train"):
        evaluate.start("colours", own, split)
    assert started == [("colours", own, "test"), ("colours", own, "train")]


def test_json_of_a_first_version_is_read(tmp_path: Path) -> None:
    """Only what an evaluation can't be without."""
    fields = {
        "model": "colours", "dataset": "own", "split": "test", "labels": ["a", "b"],
        "figures": {"accuracy": 0.5, "correct": 1, "count": 2, "interval": [0.1, 0.9]},
    }  # fmt: skip
    folder = workspace.evaluations() / "first"
    folder.mkdir(parents=True)
    (folder / stored.FILE).write_text(json.dumps(fields))
    (first,) = stored.every()
    assert (first.evaluation.figures.accuracy, first.evaluation.figures.macro_f1) == (0.5, None)


def test_keras_is_not_imported() -> None:
    lines = "import sys, core.evaluating.evaluate; assert not {'keras', 'tensorflow', 'sklearn'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", lines], cwd=workspace.PROJECT, check=True)
