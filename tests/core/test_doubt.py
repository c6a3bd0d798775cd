"""When an answer is doubted: thresholds, rates of false alarms, sentences."""

import json

import numpy as np
import pytest

from core.answering import doubt
from core.answering.doubt import Thresholds


def test_each_threshold_strikes_five_in_a_hundred():
    rng = np.random.default_rng(0)
    probabilities, similarities = rng.dirichlet([1, 1, 1], 2000), rng.random(2000)
    limits = doubt.thresholds(probabilities, similarities)
    assert np.mean(probabilities.max(axis=1) < limits.probability) == pytest.approx(0.05, abs=0.001)
    assert np.mean(similarities < limits.similarity) == pytest.approx(0.05, abs=0.001)


@pytest.mark.parametrize(
    ("probability", "similarity", "word"),
    [(0.9, 0.9, ""), (0.5, 0.6, ""), (0.4, 0.9, "Not sure"), (0.9, 0.5, "none of these"), (0.4, 0.5, "none of these")],
)
def test_reason(probability, similarity, word):
    reason = doubt.reason(probability, similarity, Thresholds(probability=0.5, similarity=0.6))
    assert word in reason
    assert bool(reason) == bool(word)


def test_a_model_that_was_always_right_and_sure_doubts_no_sure_answer() -> None:
    """A few easy validation photos: their lowest probability is near 1, and that is no reason to doubt 95 %."""
    probabilities = np.full((40, 5), 0.0002, np.float32)
    probabilities[:, 0] = 0.9992
    limits = doubt.thresholds(probabilities, np.full(40, 0.8, np.float32))
    assert doubt.reason(0.95, 0.85, limits) == ""
    assert doubt.reason(0.6, 0.85, limits).startswith("Not sure")


# Rates of false alarms


def test_every_rate_strikes_its_share():
    rng = np.random.default_rng(0)
    probabilities, similarities = rng.dirichlet([1, 1, 1], 5000), rng.random(5000)
    limits = doubt.of_card(doubt.on_card(probabilities, similarities))
    assert tuple(limits) == doubt.RATES
    for rate, limit in limits.items():
        assert np.mean(probabilities.max(axis=1) < limit.probability) == pytest.approx(rate, abs=0.001)
        assert np.mean(similarities < limit.similarity) == pytest.approx(rate, abs=0.001)


def test_the_card_is_plain_json_and_keeps_the_usual_rate_where_it_was():
    card = doubt.on_card(np.random.default_rng(0).dirichlet([1, 1], 50), np.linspace(0, 1, 50))
    assert json.loads(json.dumps(card)) == card
    assert card["thresholds"] == card["thresholds_at"][str(doubt.FALSE_ALARMS)]


def test_a_card_from_before_there_was_a_choice_has_one_rate():
    assert doubt.of_card({"thresholds": {"probability": 0.5, "similarity": 0.6}}) == {0.05: Thresholds(0.5, 0.6)}


@pytest.mark.parametrize(
    "card",
    [
        {},
        {"thresholds": None},
        {"thresholds": {"probability": 0.5}},
        {"thresholds": {"probability": "much", "similarity": 0.6}},
        {"thresholds": {"probability": 0.5, "similarity": 0.6}, "thresholds_at": {"few": {}}},
        {"thresholds": {"probability": 0.5, "similarity": 0.6}, "thresholds_at": {"0.1": {"similarity": 0.6}}},
        {"thresholds": {"probability": 0.5, "similarity": 0.6}, "thresholds_at": [0.1]},
    ],
)
def test_a_damaged_card(card):
    with pytest.raises((KeyError, TypeError, ValueError)):
        doubt.of_card(card)


def test_the_kind_of_a_reason():
    limits = Thresholds(probability=0.5, similarity=0.6)
    asked = [(0.9, 0.9), (0.4, 0.9), (0.9, 0.5), (0.4, 0.5)]
    assert [doubt.kind(doubt.reason(*one, limits)) for one in asked] == ["", "close", "unlike", "unlike"]
