"""Two runs on their test photos: photo by photo if possible, else by counts."""

import json

import pytest

from core.comparing import pairs
from core.datasets import adding, managing
from core.runs import changes
from core.runs.folder import Run, look
from tests.core.test_runs import make_run
from tests.fabricated import report, saved_model, scores


def scored(run_id: str, correct: int, count: int, fingerprint: str = "", wrong: list[int] | None = None) -> Run:
    """A finished run with these test scores; with a fingerprint its model is on the shelf."""
    made = make_run(run_id, {"phase": "done", "model": run_id})
    score = scores(correct / count, correct=correct, count=count, **({} if wrong is None else {"wrong": wrong}))
    (made / "report.json").write_text(json.dumps(report(scores={"validation": scores(), "test": score})))
    if fingerprint:
        saved_model(run_id, run=run_id, fingerprint=fingerprint)
    return look(run_id)


def test_the_same_photos_are_compared_one_by_one():
    first = scored("a", 91, 100, "same", list(range(9)))
    second = scored("b", 83, 100, "same", list(range(8, 25)))
    result = pairs.compare(first, second)
    assert (result.ahead, result.only) == (8, (16, 8))
    assert result.chance == pytest.approx(0.1516, abs=1e-4)  # of 24 throws 8 or fewer, or 16 or more
    assert not result.is_more_than_luck
    turned = pairs.compare(second, first)
    assert (turned.ahead, turned.only, turned.chance) == (-8, (8, 16), result.chance)


def test_the_same_gap_can_be_more_than_luck_where_the_mistakes_overlap():
    result = pairs.compare(scored("a", 91, 100, "same", list(range(9))), scored("b", 83, 100, "same", list(range(17))))
    assert (result.ahead, result.only, result.is_more_than_luck) == (8, (8, 0), True)


@pytest.mark.parametrize(
    ("card", "other_card"),
    [
        (("same", None), ("same", [1])),  # a report of an older version
        (("this", [1]), ("that", [1])),  # the dataset has changed between the two
        (("", [1]), ("same", [1])),  # a model that was deleted
    ],
)
def test_without_each_photos_answer_counts_are_compared(card, other_card):
    result = pairs.compare(scored("a", 56, 70, *card), scored("b", 48, 80, *other_card))
    assert result.only is None
    assert result.chance == pytest.approx(0.0080, abs=1e-4)
    assert result.interval == pytest.approx((0.0524, 0.3339), abs=1e-4)
    assert result.is_more_than_luck
    assert not pairs.compare(scored("c", 50, 70, *card), scored("d", 49, 70, *other_card)).is_more_than_luck


def test_a_run_without_test_scores_is_compared_with_nothing():
    make_run("a", {"phase": "failed"})
    assert pairs.compare(look("a"), scored("b", 1, 2)) is None
    (make_run("c", {"phase": "done"}) / "report.json").write_text(json.dumps(report()))
    assert pairs.compare(scored("d", 1, 2), look("c")) is None


def test_a_change_names_the_dataset_as_people_call_it(tiny_dataset):
    adding.add_folder("tiny", tiny_dataset)
    managing.rename("tiny", "Hemden & Röcke")
    for run_id, content in (("a", "0" * 16), ("b", "1" * 16)):
        state = {"photos": 5, "content": content, "order": content}
        before = {"classes": ["red"], "splits": {"test": state}}
        (make_run(run_id, {"phase": "done"}, name=f"run {run_id}") / "report.json").write_text(
            json.dumps(report(test=0.5, trained_on=before))
        )
    assert changes.change_between([look("a"), look("b")]) == (
        "The dataset 'Hemden & Röcke' has changed between 'run a' and 'run b': other test photos. So a difference "
        "between their scores may come from the photos."
    )
