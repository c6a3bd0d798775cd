"""Conclusions from runs: who won, whether it is luck, why, and what next."""

import json
from dataclasses import replace

import numpy as np
import pytest

from core.comparing import conclusion, differences, mistakes, pairs, scopes, sentences
from core.errors import RunError
from core.runs import groups, predictions
from core.runs.folder import Run, look, look_all
from core.runs.predictions import Predictions
from tests.core.test_runs import make_run
from tests.fabricated import LABELS, report, scores

CHOICES = (
    mistakes.SUREST, mistakes.UNSURE, mistakes.RIGHT, mistakes.ONLY_FIRST, mistakes.ONLY_SECOND, mistakes.BOTH_WRONG,
    mistakes.APART,
)  # fmt: skip
VALIDATION = [0.8, 0.82, 0.84, 0.85, 0.85]  # of the epochs
PHOTOS = 100


def answers(right: list[int], noise: int = 0) -> Predictions:
    """A run's answers to 100 photos, of which these are right."""
    random = np.random.default_rng(noise)
    labels = np.arange(PHOTOS) % len(LABELS)
    given = np.where(np.isin(np.arange(PHOTOS), right), labels, (labels + 1) % len(LABELS))
    logits = random.uniform(0, 1, (PHOTOS, len(LABELS))).astype(np.float32)
    logits[np.arange(PHOTOS), given] += 2
    keys = tuple(f"{number:032x}" for number in range(PHOTOS))
    return Predictions(keys, tuple(f"test/a/{number}.jpg" for number in range(PHOTOS)), labels, logits)


def made(run_id: str, best: float, right: list[int] | None = None, noise: int = 0, **settings: object) -> Run:
    """A finished run with this best validation accuracy, and with answers to test photos if some are given."""
    folder = make_run(run_id, {"phase": "done", "model": run_id}, **{"name": f"run {run_id}", **settings})
    curve = [value + best - max(VALIDATION) for value in VALIDATION]
    line = {"loss": 0.5, "accuracy": 0.8, "val_loss": 0.5}
    (folder / "metrics.jsonl").write_text(
        "".join(json.dumps({"epoch": e, **line, "val_accuracy": value}) + "\n" for e, value in enumerate(curve))
    )
    splits = {"validation": scores(best)}
    if right is not None:
        predictions.write(folder, {"test": answers(right, noise)})
        splits["test"] = scores(len(right) / PHOTOS, correct=len(right), count=PHOTOS)
    (folder / "report.json").write_text(json.dumps({**report(), "scores": splits}))
    return look(run_id)


def test_the_best_on_validation_is_compared_photo_by_photo() -> None:
    first = made("a", 0.90, list(range(80)))
    near = made("b", 0.88, list(range(3, 79)), dropout=0.5)
    far = made("c", 0.80, list(range(50)), dropout=0.8)
    found = conclusion.of([far, near, first])
    assert found is not None
    assert found.winner == first
    assert found.headline == (
        "'run a' has the best validation accuracy, 90.0% at epoch 4. Its lead over 1 of the other 2 is more than luck; "
        "the rest may be luck."
    )
    assert found.luck == (
        "'run a' got 4 more of 100 test photos right than 'run b' (80 and 76): that could be luck. To tell a gap of "
        "this size from luck you would need about 240 photos.",
        "'run a' got 30 more of 100 test photos right than 'run c' (80 and 50): more than luck. Even among 2 "
        "comparisons, chance alone makes such a gap in fewer than 1 of 100 studies.",
    )
    assert any("other seeds" in tip for tip in found.next)


def test_equal_runs_share_the_first_place() -> None:
    made("a", 0.9)
    made("b", 0.9, dropout=0.5)
    found = conclusion.of(look_all())
    assert found is not None
    assert "have the same best validation accuracy, 90.0%. The gap could be luck." in found.headline


def test_chances_are_corrected_for_the_number_of_comparisons() -> None:
    made("a", 0.90, list(range(80)))
    made("b", 0.88, list(range(6, 80)), dropout=0.1)  # alone: 2 × .5^6 = .03
    alone = conclusion.of(look_all())
    assert alone is not None
    assert "more than luck" in alone.luck[0]
    for number, run_id in enumerate("cd"):
        made(run_id, 0.7, list(range(79 - number)), dropout=0.3 + number / 10)
    several = conclusion.of(look_all())
    assert several is not None
    assert several.luck[0].endswith(
        "that could be luck among 3 comparisons, although it would be more than luck if only these two runs were "
        "compared: the more one compares, the wider gaps are found by chance."
    )


def test_the_same_training_is_said_to_be_the_same() -> None:
    made("a", 0.90, list(range(80)))
    made("b", 0.90, list(range(80)))
    made("c", 0.80, list(range(50)), dropout=0.8)
    found = conclusion.of(look_all())
    assert found is not None
    assert len(found.luck) == 1
    assert len(found.same) == 1
    assert "is the same training as" in found.same[0]


def test_runs_with_other_seeds_are_the_luck_of_training() -> None:
    for seed, best in enumerate((0.90, 0.88, 0.86)):
        made("abc"[seed], best, list(range(80 - 10 * seed)), seed=seed)
    found = conclusion.of(look_all())
    assert found is not None
    assert found.luck == ()
    assert found.headline == (
        "3 runs with the same settings: they differ only in their seeds, so none of them has won. Their gaps are the "
        "luck of training."
    )
    assert found.seeds == (
        "3 runs differ only in their seeds ('run a', 'run b', 'run c'): 88.0% ± 2.0 points on validation photos and "
        "70.0% ± 10.0 points on test photos (mean ± standard deviation). A gap of that size says nothing about "
        "settings.",
    )


def test_settings_win_and_not_the_luckiest_seed() -> None:
    for seed, best in enumerate((0.95, 0.80, 0.82)):  # the luckiest run, of the worse settings
        made(f"a{seed}", best, list(range(60 + 2 * seed)), seed=seed, dropout=0.5)
    for seed, best in enumerate((0.90, 0.91, 0.92)):
        made(f"b{seed}", best, list(range(84 + seed)), seed=seed)
    found = conclusion.of(look_all())
    assert found is not None
    assert found.winner.id == "b2"
    assert found.headline == (
        "'dropout rate 0.2' has the best mean validation accuracy, 91.0% over 3 seeds, and its lead over the other is "
        "more than luck."
    )
    assert found.luck == (
        "'dropout rate 0.2' got 85.0 of 100 test photos right on average over 3 seeds, 'dropout rate 0.5' 62.0 on "
        "average over 3 seeds: more than luck. Neither other photos nor other seeds explain such a gap.",
    )
    assert len(found.seeds) == 2


def test_settings_whose_seeds_differ_as_much_are_not_told_apart() -> None:
    for seed, right in enumerate((60, 80, 95)):
        made(f"a{seed}", 0.8, list(range(right)), seed=seed, dropout=0.5)
    for seed, right in enumerate((75, 92, 99)):
        made(f"b{seed}", 0.9, list(range(right)), seed=seed)
    found = conclusion.of(look_all())
    assert found is not None
    assert found.headline.endswith("but its lead could be luck.")
    assert "that could be luck. Other seeds alone make such a gap in about 45 of 100 cases." in found.luck[0]


def test_settings_without_stored_answers_are_named() -> None:
    for seed in range(2):
        made(f"a{seed}", 0.8, seed=seed, dropout=0.5)
        made(f"b{seed}", 0.9, seed=seed)
    found = conclusion.of(look_all())
    assert found is not None
    assert "no stored answers to the same photos" in found.luck[0]


def test_without_test_photos_all_pairs_count() -> None:
    for number, run_id in enumerate("abc"):
        made(run_id, 0.9 - number / 100, dropout=number / 10)
    found = conclusion.of(look_all())
    assert found is not None
    assert all("validation photos" in sentence for sentence in found.luck)


def test_runs_that_can_not_be_compared_are_named() -> None:
    made("a", 0.90, list(range(80)))
    made("b", 0.88, list(range(80)), dropout=0.5)
    make_run("c", {"phase": "failed", "error": "The disk is full."}, name="broken")
    found = conclusion.of(look_all())
    assert found is not None
    assert found.left_out == ("'broken' can't be compared (failed): The disk is full.",)
    assert "test photos" in found.luck[0], "a run without scores changes nothing for the others"


def test_a_run_that_ended_without_scores_is_named_and_never_wins() -> None:
    made("a", 0.90, list(range(80)))
    made("b", 0.88, list(range(75)), dropout=0.5)
    stopped = made("c", 0.95, dropout=0.8)
    (stopped.folder / "report.json").unlink()
    found = conclusion.of(look_all())
    assert found is not None
    assert found.winner.id == "a"
    assert "test photos" in found.luck[0]
    assert found.left_out == ("'run c' can't be compared (done): it ended after 5 epochs, without scores.",)


def test_nothing_is_final_while_a_run_is_waiting() -> None:
    made("a", 0.90, list(range(80)))
    made("b", 0.70, list(range(30)), dropout=0.5)
    make_run("c", {"phase": "queued"}, dropout=0.8)
    found = conclusion.of(look_all())
    assert found is not None
    assert found.headline == (
        "'run a' has the best validation accuracy, 90.0% at epoch 4 so far; 1 run has not ended yet."
    )
    assert (found.luck, found.seeds, found.next) == ((), (), ())


def test_a_winner_that_is_worse_on_test_photos_is_no_winner() -> None:
    made("a", 0.90, list(range(30)))
    made("b", 0.88, list(range(90)), dropout=0.5)
    found = conclusion.of(look_all())
    assert found is not None
    assert found.headline.endswith("But on test photos 'run b' is better, and that is more than luck.")


def test_a_repetition_is_neither_a_rival_nor_a_seed() -> None:
    for run_id in "abc":
        made(run_id, 0.90, list(range(80)))
    made("d", 0.80, list(range(70)), seed=7)
    found = conclusion.of(look_all())
    assert found is not None
    assert len(found.same) == 2
    assert found.seeds[0].startswith("2 runs differ only in their seeds")
    assert "have the same best" not in found.headline


def test_the_values_of_a_recipe_and_of_fine_tuning_count() -> None:
    gentle, strong = ([{"transform": "rotation", "rotation_range": angle}] for angle in (5, 90))
    runs = [made("a", 0.9, recipe=gentle), made("b", 0.7, recipe=strong)]
    assert differences.differing(runs) == ["recipe"]
    assert not differences.is_same_training(*runs)
    assert differences.texts(runs[0])["recipe"] != differences.texts(runs[1])["recipe"]
    tuned = [made(run_id, 0.9, fine_tune={"learning_rate": rate}) for run_id, rate in (("c", 1e-4), ("d", 1e-2))]
    assert differences.differing(tuned) == ["fine_tune"]
    assert not differences.is_same_training(*tuned)


def test_photos_whose_class_has_changed_are_left_out() -> None:
    first, second = made("a", 0.9, list(range(80))), made("b", 0.8, list(range(70)), dropout=0.5)
    found = dict(predictions.read(second.folder))
    labels = found["test"].labels.copy()
    labels[:5] = (labels[:5] + 1) % len(LABELS)
    predictions.write(second.folder, {"test": replace(found["test"], labels=labels)})
    comparison = pairs.compare(first, second)
    assert comparison is not None
    assert (comparison.count, comparison.left_out) == ((95, 95), 5)
    assert "5 photos are left out" in sentences.of_runs(first, second, comparison)


def test_known_only_by_counts_many_comparisons_are_corrected_too() -> None:
    for number, run_id in enumerate("abcdef"):
        folder = made(run_id, 0.9 - number / 100, [0], dropout=number / 10).folder
        (folder / predictions.NAME).unlink()
        counts = scores(0.5, correct=50 + 16 * (run_id == "a"), count=100)
        (folder / "report.json").write_text(
            json.dumps({**report(), "scores": {"validation": scores(), "test": counts}})
        )
    found = conclusion.of(look_all())
    assert found is not None
    assert all("that could be luck" in sentence for sentence in found.luck)


def test_tips_stay_within_the_bounds_of_a_setting() -> None:
    for number, value in enumerate((0.0, 0.1, 0.2)):
        made("abc"[number], 0.9 - number / 50, label_smoothing=value)
    found = conclusion.of(look_all())
    assert found is not None
    assert not any("label smoothing" in tip for tip in found.next)


def test_one_run_is_no_conclusion() -> None:
    made("a", 0.9, [1])
    make_run("b", {"phase": "queued"})
    assert conclusion.of(look_all()) is None


def test_the_end_of_the_tried_values_is_a_tip() -> None:
    for number, rate in enumerate((0.0001, 0.001, 0.01)):
        made("abc"[number], 0.8 + number / 50, learning_rate=rate)
    found = conclusion.of(look_all())
    assert found is not None
    assert found.next[0] == "The largest learning rate won (0.01): a larger one may be better still."


# Settings


def test_settings_that_change_nothing_do_not_differ() -> None:
    first, second = made("a", 0.9, views=2), made("b", 0.9, views=8, dense_layers=(100,))
    assert differences.differing([first, second]) == ["dense_layers"]
    assert [differences.texts(second)[name] for name in ("dense_layers", "views")] == ["100", ""]
    assert not differences.is_same_training(first, second)
    augmented = [{"transform": "horizontal_flip"}]
    pair = [made("c", 0.9, views=2, recipe=augmented), made("d", 0.9, views=8, recipe=augmented)]
    assert differences.differing(pair) == ["views"]


# Photos


def test_the_photos_of_a_choice() -> None:
    first, second = made("a", 0.9, list(range(80))), made("b", 0.8, list(range(10, 90)), noise=1)
    photos = mistakes.judged([first, second], "test")
    assert len(photos) == PHOTOS
    numbers = {choice: sorted(int(photo.key, 16) for photo in mistakes.chosen(photos, choice)) for choice in CHOICES}
    assert all(mistakes.count(photos, choice) == len(found) for choice, found in numbers.items())
    surest = [photo.answers[0].probability for photo in mistakes.chosen(photos, mistakes.SUREST)]
    assert surest == sorted(surest, reverse=True)
    assert numbers[mistakes.SUREST] == list(range(80, 100))
    assert numbers[mistakes.RIGHT] == list(range(80))
    assert numbers[mistakes.ONLY_FIRST] == list(range(10))
    assert numbers[mistakes.ONLY_SECOND] == list(range(80, 90))
    assert numbers[mistakes.BOTH_WRONG] == list(range(90, 100))
    assert numbers[mistakes.APART] == [*range(10), *range(80, 90)]
    assert numbers[mistakes.UNSURE] == list(range(100))
    unsure = [photo.answers[0].probability for photo in mistakes.chosen(photos, mistakes.UNSURE)]
    assert unsure == sorted(unsure)


def test_the_photos_of_a_cell_are_those_that_it_counts() -> None:
    run = made("a", 0.9, list(range(80)))
    photos = mistakes.judged([run], "test")
    matrix = mistakes.counts(photos, LABELS)
    assert sum(map(sum, matrix)) == PHOTOS
    for row, label in enumerate(LABELS):
        for column, answer in enumerate(LABELS):
            cell = mistakes.chosen(photos, mistakes.SUREST, (label, answer))
            assert len(cell) == matrix[row][column]


def test_missing_and_damaged_answers_are_a_sentence() -> None:
    run = made("a", 0.9)
    with pytest.raises(RunError, match="are not stored"):
        mistakes.judged([run], "test")
    (run.folder / predictions.NAME).write_text("hello")
    with pytest.raises(RunError, match="is damaged"):
        mistakes.judged([run], "test")


# Groups and scopes


def test_the_latest_study_comes_first() -> None:
    for run_id, study in (("a", "dropout-20260101-100000"), ("b", "dropout-20260101-100000"), ("c", None)):
        made(run_id, 0.9, study=study)
    for run_id in "de":
        make_run(run_id, {"phase": "queued"}, study="learning-rates-20260101-110000")
    (group, other) = groups.of(look_all())[::-1]
    assert [run.id for run in group.runs] == ["a", "b"]
    assert (group.name, other.name) == ("Dropout rate", "Learning rate")
    found = scopes.of(look_all())
    assert [scope.kind for scope in found] == [scopes.STUDY, scopes.DATASET], "a study without an epoch is none yet"
    assert [run.id for run in found[0].runs] == ["a", "b"]


def test_names_that_repeat_get_the_end_of_the_id() -> None:
    runs = [made("aaaa1111", 0.9, name="twin"), made("aaaa2222", 0.9, name="twin"), made("b", 0.9, name="other")]
    assert list(groups.labels(runs).values()) == ["twin · 1111", "twin · 2222", "other"]
