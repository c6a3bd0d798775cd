"""Heads of few photos: how they are fitted, and how they are judged."""

import numpy as np
import pytest

from core.teaching import fitting, judging, labelling
from core.teaching.fitting import Layer, Scale
from core.teaching.judging import MOST_FOLDS
from core.teaching.material import Material


def blobs(each: int, classes: int = 3, features: int = 8, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Photos around the centre of their class."""
    random = np.random.default_rng(seed)
    centres = 3 * random.normal(size=(classes, features))
    labels = np.repeat(np.arange(classes), each)
    return (centres[labels] + random.normal(size=(len(labels), features))).astype(np.float32), labels


def material(vectors: np.ndarray, labels: np.ndarray, sessions: list[int]) -> Material:
    names = tuple(map(str, range(len(labels))))
    kinds = tuple(f"kind {label}" for label in range(labels.max() + 1))
    return Material(kinds, names, names, labels, tuple(sessions), vectors, vectors[:0], vectors[:0], (), 0)


def test_the_fit_equals_scikit_learn_s() -> None:
    from sklearn.linear_model import LogisticRegression

    vectors, labels = blobs(20)
    own = fitting.fit(vectors, labels, 3, 0.5)
    other = LogisticRegression(C=1.0, tol=1e-8, max_iter=2000).fit(vectors, labels)  # penalty 1/(2 C)
    difference = own.logits(vectors) - (vectors @ other.coef_.T + other.intercept_)
    difference -= difference.mean(axis=1, keepdims=True)  # the same for all classes has no effect
    assert np.abs(difference).max() < 1e-2


def test_a_strong_prior_is_kept_and_a_weak_one_is_left() -> None:
    vectors, labels = blobs(10)
    prior = Layer(np.ones((8, 3), np.float32), np.array([1, 2, 3], np.float32))
    strong = fitting.fit(vectors, labels, 3, 1e6, prior=prior)
    assert np.abs(strong.kernel - prior.kernel).max() < 1e-2
    weak = fitting.fit(vectors, labels, 3, 1e-2, prior=prior)
    assert (weak.logits(vectors).argmax(axis=1) == labels).all()


def test_a_layer_for_scaled_vectors_becomes_one_for_vectors_as_they_are() -> None:
    vectors, labels = blobs(10)
    scale = Scale.of(vectors)
    layer = fitting.fit(scale.apply(vectors), labels, 3, 1.0)
    assert np.allclose(scale.undo(layer).logits(vectors), layer.logits(scale.apply(vectors)), atol=1e-4)


def test_all_kinds_count_alike_however_many_photos_they_have() -> None:
    weights = fitting.balanced(np.array([0] * 90 + [1] * 10), 2)
    assert weights[:90].sum() == pytest.approx(weights[90:].sum())
    assert weights.mean() == pytest.approx(1)


@pytest.mark.parametrize("seed", range(50))
def test_no_session_is_in_two_folds_unless_a_kind_has_no_other(seed: int) -> None:
    random = np.random.default_rng(seed)
    most = random.integers(1, 9)
    photos = [(int(random.integers(4)), int(random.integers(most))) for _ in range(random.integers(2, 60))]
    labels = np.array([label for label, _ in photos])
    sessions = [session for _, session in photos]
    folds, single = judging.folds_of(labels, sessions)
    assert len(set(folds.tolist())) <= MOST_FOLDS
    for label in set(labels.tolist()):
        if int((labels == label).sum()) > 1:
            assert len(set(folds[labels == label].tolist())) > 1, "nothing would be left to learn the kind from"
        own = {session for other, session in photos if other == label}
        assert (label in single) == (len(own) == 1)
    divided = {session for label, session in photos if label in single}
    for session in set(sessions) - divided:
        assert len({int(fold) for fold, other in zip(folds, sessions, strict=True) if other == session}) == 1


def test_a_burst_of_one_session_does_not_make_a_score_look_good() -> None:
    """Photos of a session that say nothing of their kind are guessed, however alike they are."""
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(3), 20)
    sessions = np.arange(60) // 5
    vectors = (10 * random.normal(size=(12, 24))[sessions] + 0.01 * random.normal(size=(60, 24))).astype(np.float32)
    judged = judging.judge(material(vectors, labels, sessions.tolist()))
    alone = judging.judge(material(vectors, labels, list(range(60))))
    assert alone.right(labels).mean() > 0.95  # each photo has a twin among those that were learned
    assert judged.right(labels).mean() < 0.7


def test_the_score_of_clear_kinds_is_high_and_grows_with_the_photos() -> None:
    vectors, labels = blobs(10)
    photos = material(vectors, labels, list(range(30)))
    judged = judging.judge(photos)
    assert judged.right(labels).mean() > 0.95
    curve = judging.learning_curve(photos, judged)
    assert [point.photos for point in curve] == [1, 2, 3, 5, 10]
    assert curve[-1].accuracy >= curve[0].accuracy


def test_the_curve_stops_when_the_lesson_has_changed() -> None:
    class ChangedError(Exception):
        pass

    def changed() -> None:
        raise ChangedError

    vectors, labels = blobs(10)
    photos = material(vectors, labels, list(range(30)))
    with pytest.raises(ChangedError):
        judging.learning_curve(photos, judging.judge(photos), changed)


def test_the_least_sure_photos_come_first_and_no_two_alike() -> None:
    random = np.random.default_rng(0)
    vectors = np.repeat(random.normal(size=(6, 8)), 5, axis=0).astype(np.float32)  # each photo five times
    shares = np.repeat([[0.5, 0.5], [0.55, 0.45], [0.99, 0.01], [0.6, 0.4], [0.98, 0.02], [0.97, 0.03]], 5, axis=0)
    known = random.normal(size=(4, 8)).astype(np.float32)
    chosen = labelling.choose(vectors, shares.astype(np.float32), known, 3)
    assert sorted((chosen // 5).tolist()) == [0, 1, 3]
    again = labelling.choose(vectors, shares.astype(np.float32), np.concatenate([known, vectors[chosen]]), 3)
    assert not {0, 1, 3} & set((again // 5).tolist())
    assert len(labelling.choose(vectors[:6], shares[:6].astype(np.float32), known, 10)) == 6
    assert len(labelling.choose(vectors[:1], shares[:1].astype(np.float32), np.zeros((0, 8), np.float32), 10)) == 1


def test_odd_photos_come_last_while_little_is_known() -> None:
    random = np.random.default_rng(1)
    crowd = random.normal(size=(1, 8)) + 0.2 * random.normal(size=(20, 8))
    odd = 5 * random.normal(size=(3, 8))
    vectors = np.concatenate([odd, crowd]).astype(np.float32)
    shares = np.full((23, 2), 0.5, np.float32)
    assert labelling.choose(vectors, shares, np.zeros((0, 8), np.float32), 1)[0] >= 3
