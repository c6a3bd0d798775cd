"""When an answer is doubted: thresholds, rates of false alarms, sentences."""

import json

import numpy as np
import pytest
from pydantic import ValidationError

from core.answering import doubt
from core.answering.card import Card
from core.answering.doubt import Doubt, Thresholds
from tests.fabricated import card


def test_each_threshold_hits_five_in_a_hundred():
    rng = np.random.default_rng(0)
    probabilities, similarities = rng.dirichlet([1, 1, 1], 2000), rng.random(2000)
    limits = doubt.thresholds(probabilities, similarities)
    assert np.mean(probabilities.max(axis=1) < limits.probability) == pytest.approx(0.05, abs=0.001)
    assert np.mean(similarities < limits.similarity) == pytest.approx(0.05, abs=0.001)


@pytest.mark.parametrize(
    ("probability", "similarity", "expected", "words"),
    [
        (0.9, 0.9, Doubt.NONE, ""),
        (0.5, 0.6, Doubt.NONE, ""),
        (0.4, 0.9, Doubt.CLOSE, "Not sure"),
        (0.9, 0.5, Doubt.UNLIKE, "none of these"),
        (0.4, 0.5, Doubt.UNLIKE, "none of these"),
    ],
)
def test_a_doubt_and_its_sentence(probability, similarity, expected, words):
    result = doubt.of((probability, 0.05, 0.05), similarity, Thresholds(probability=0.5, similarity=0.6))
    assert result is expected
    assert words in result.sentence
    assert bool(result.sentence) == bool(words)


@pytest.mark.parametrize(
    ("probabilities", "is_doubted"),
    [
        ((0.334, 0.334, 0.332), True),
        ((0.506, 0.494), True),
        ((0.005,) * 200, True),
        ((0.02, *[0.98 / 199] * 199), True),  # four times chance, and still nearly certainly wrong
        ((0.25, *[0.75 / 9] * 9), False),
        ((0.44, 0.40, 0.16), True),
        ((0.56, 0.44), False),
        ((0.44, 0.30, 0.26), False),
        ((1.0,), False),
    ],
)
def test_near_ties_are_doubted_whatever_the_thresholds(probabilities, is_doubted):
    lax = Thresholds(probability=0.001, similarity=-1.0)
    assert (doubt.of(probabilities, 0.9, lax) is Doubt.CLOSE) == is_doubted


def test_every_doubt_has_its_words():
    assert {member.value: member.words for member in Doubt} == {
        "sure": "confident",
        "close": "not sure",
        "unlike": "probably none of these",
        "unread": "could not be read",
    }
    for member in (Doubt.CLOSE, Doubt.UNLIKE):
        assert member.sentence.lower().startswith(f"{member.words}: ")
        assert member.words.endswith(member.column)
    assert [member.column for member in (Doubt.NONE, Doubt.UNREAD)] == ["", ""]


def test_a_model_that_was_always_right_and_sure_doubts_no_sure_answer() -> None:
    """With a few easy validation photos the lowest probability is near 1. That is no reason to doubt 95 %."""
    probabilities = np.full((40, 5), 0.0002, np.float32)
    probabilities[:, 0] = 0.9992
    limits = doubt.thresholds(probabilities, np.full(40, 0.8, np.float32))
    assert doubt.of((0.95, 0.05), 0.85, limits) is Doubt.NONE
    assert doubt.of((0.6, 0.2), 0.85, limits) is Doubt.CLOSE


# Rates of false alarms


def test_every_rate_hits_its_share():
    rng = np.random.default_rng(0)
    probabilities, similarities = rng.dirichlet([1, 1, 1], 5000), rng.random(5000)
    limits = doubt.thresholds_by_rate(probabilities, similarities)
    assert tuple(limits) == doubt.RATES
    for rate, limit in limits.items():
        assert np.mean(probabilities.max(axis=1) < limit.probability) == pytest.approx(rate, abs=0.001)
        assert np.mean(similarities < limit.similarity) == pytest.approx(rate, abs=0.001)


def test_the_rates_survive_a_card_s_json():
    limits = doubt.thresholds_by_rate(np.random.default_rng(0).dirichlet([1, 1], 50), np.linspace(0, 1, 50))
    usual = limits[doubt.FALSE_ALARMS]
    written = card().model_copy(update={"thresholds": usual, "thresholds_at": limits}).model_dump(mode="json")
    assert json.loads(json.dumps(written)) == written
    assert written["thresholds"] == written["thresholds_at"][str(doubt.FALSE_ALARMS)]
    assert Card.model_validate_json(json.dumps(written)).limits == limits


def test_a_card_from_before_there_was_a_choice_has_one_rate():
    limits = {"probability": 0.5, "similarity": 0.6}
    assert card(thresholds=limits).limits == {0.05: Thresholds(probability=0.5, similarity=0.6)}


@pytest.mark.parametrize(
    "fields",
    [
        {"thresholds": None},
        {"thresholds": {"probability": 0.5}},
        {"thresholds": {"probability": "much", "similarity": 0.6}},
        {"thresholds_at": {"few": {}}},
        {"thresholds_at": {"0.1": {"similarity": 0.6}}},
        {"thresholds_at": [0.1]},
    ],
)
def test_a_card_with_damaged_thresholds(fields):
    with pytest.raises(ValidationError):
        card(**fields)
