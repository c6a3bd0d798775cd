"""How similar a vector is to those of the training photos: the nearest ones, and the subspace of all of them."""

import numpy as np
import pytest

from core.answering import likeness
from core.answering.head import Head
from core.answering.likeness import Corrected, Neighbours, Subspace, Undecided
from core.errors import ModelError


def vectors(count: int, features: int = 6, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 3, (count, features)).astype(np.float32)


def in_a_plane(count: int, seed: int = 0, features: int = 60) -> np.ndarray:
    """Vectors that use few directions, as a trained network's do, and a little of all others."""
    rng = np.random.default_rng(seed)
    used = np.linalg.qr(np.random.default_rng(9).normal(size=(features, 5)))[0].T
    return (rng.normal(0, 3, (count, 5)) @ used + rng.normal(0, 0.01, (count, features))).astype(np.float32)


def test_unit_vectors_keep_their_direction():
    originals = vectors(5)
    scaled = likeness.unit(originals)
    np.testing.assert_allclose(np.linalg.norm(scaled, axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(scaled * np.linalg.norm(originals, axis=1, keepdims=True), originals, rtol=1e-5)
    assert likeness.unit(np.zeros((1, 3), np.float32)).tolist() == [[0, 0, 0]]


@pytest.mark.parametrize("count", [1, 4, 10, 50])
def test_likeness_is_the_mean_cosine_to_the_ten_nearest(count):
    queries, trained = vectors(7), vectors(count, seed=1)
    expected = [
        np.mean(sorted((np.dot(a, t) / np.linalg.norm(a) / np.linalg.norm(t) for t in trained), reverse=True)[:10])
        for a in queries
    ]
    np.testing.assert_allclose(Neighbours.of(trained).similarity(queries), expected, atol=1e-3)  # kept in 16 bits


@pytest.mark.parametrize("features", [30, 60])
def test_the_cosine_to_the_subspace_is_that_of_the_angle(features):
    trained, queries = vectors(500, features), vectors(7, features, seed=1)
    measure = Subspace.of(trained)
    assert measure.axes.shape == (features, min(features, likeness.AXES))
    nearest = (queries @ measure.axes) @ measure.axes.T  # the point of the subspace below each vector
    expected = np.sum(queries * nearest, axis=1) / np.linalg.norm(queries, axis=1) / np.linalg.norm(nearest, axis=1)
    np.testing.assert_allclose(measure.similarity(queries), np.minimum(expected, 1), atol=2e-3)


def test_a_vector_in_the_subspace_is_similar_however_far_from_all_training_photos():
    trained = in_a_plane(300)
    measure = Subspace.of(trained)
    assert measure.similarity(in_a_plane(20, seed=1)).min() > 0.99
    across = vectors(20, 60, seed=2)
    across -= across @ measure.axes @ measure.axes.T
    assert measure.similarity(across).max() < 0.02
    assert measure.similarity(vectors(50, 60, seed=3)).mean() < 0.95  # 40 of its 60 directions are noise's


def test_few_photos_span_what_they_can():
    trained = vectors(5, 60)
    measure = Subspace.of(trained)
    assert measure.axes.shape == (60, 5)
    np.testing.assert_allclose(measure.similarity(trained), 1, atol=1e-3)
    assert measure.similarity(vectors(20, 60, seed=1)).max() < 0.7


@pytest.mark.parametrize("pretrained", [True, False])
def test_likeness_does_not_depend_on_length_or_company(pretrained):
    queries, measure = vectors(9), likeness.of(vectors(40, seed=1), pretrained)
    together = measure.similarity(queries)
    assert together.max() <= 1
    np.testing.assert_allclose(measure.similarity(100 * queries), together, rtol=1e-5)
    np.testing.assert_allclose([measure.similarity(query[None])[0] for query in queries], together, rtol=1e-5)


@pytest.mark.parametrize("pretrained", [True, False])
def test_a_training_photo_has_the_highest_likeness(pretrained):
    copies = np.repeat(vectors(1), 20, axis=0)
    assert likeness.of(copies, pretrained).similarity(copies[:1])[0] == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(("count", "expected"), [(5, 5), (4096, 4096), (4097, 2049), (10_000, 3334)])
def test_vectors_are_thinned_evenly(count, expected):
    originals = vectors(count, 2)
    stored = Neighbours.of(originals).vectors
    assert stored.shape == (expected, 2)
    step = -(-count // likeness.MOST_VECTORS)
    np.testing.assert_allclose(stored, likeness.unit(originals[::step]), atol=1e-3)


@pytest.mark.parametrize(("pretrained", "kind"), [(True, Neighbours), (False, Subspace)])
def test_saving_and_loading_keeps_every_digit(pretrained, kind, tmp_path):
    measure, queries = likeness.of(vectors(300, 60), pretrained), vectors(20, 60, seed=1)
    likeness.save(measure, tmp_path / "stats.npz")
    loaded = likeness.load(tmp_path / "stats.npz")
    assert isinstance(loaded, kind)
    np.testing.assert_array_equal(loaded.similarity(queries), measure.similarity(queries))
    assert (tmp_path / "stats.npz").stat().st_size < 40_000


def test_a_file_of_other_things_is_refused(tmp_path):
    np.savez(tmp_path / "stats.npz", other=np.zeros(3))
    with pytest.raises(ModelError, match="missing or damaged"):
        likeness.load(tmp_path / "stats.npz")


# A head that can't decide

HEAD = Head((np.float32([[4, 0, 0], [0, 4, 0], [0, 0, 4]]),), (np.zeros(3, np.float32),), "relu")


def test_entropy_is_that_of_the_probabilities():
    logits = HEAD.logits(np.float32([[1, 0, 0], [1, 1, 0], [0, 0, 0], [900, 0, -900]]))
    shares = np.exp(logits - logits.max(axis=1, keepdims=True)).astype(np.float64)
    shares /= shares.sum(axis=1, keepdims=True)
    expected = [-sum(share * np.log(share) for share in row if share) for row in shares]
    found = HEAD.entropy(np.float32([[1, 0, 0], [1, 1, 0], [0, 0, 0], [900, 0, -900]]))
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert found[2] == pytest.approx(np.log(3))


@pytest.mark.parametrize("corrected", [False, True])
def test_an_undecided_head_lowers_the_similarity(corrected):
    measure = Neighbours.of(np.eye(3, dtype=np.float32))
    if corrected:
        measure = Corrected(measure, np.float32([-1, 0, 0]), 0.0)
    queries = np.float32([[1, 0, 0], [1, 1, 0]])
    lowered = Undecided(measure, HEAD, 0.5).similarity(queries)
    np.testing.assert_allclose(lowered, measure.similarity(queries) - 0.5 * HEAD.entropy(queries), rtol=1e-6)


def test_nearness_and_the_head_count_alike():
    queries = vectors(200, 3)
    measure = Undecided.of(Neighbours.of(vectors(40, 3, seed=1)), HEAD, queries)
    assert measure.weight * HEAD.entropy(queries).std() == pytest.approx(
        measure.measure.similarity(queries).std(), 1e-4
    )


def test_a_head_that_is_always_as_sure_changes_nothing():
    certain = Head((np.zeros((3, 2), np.float32),), (np.float32([9, 0]),), "relu")
    measure, queries = Neighbours.of(vectors(9, 3)), vectors(20, 3)
    lowered = Undecided.of(measure, certain, queries).similarity(queries)
    assert np.ptp(lowered - measure.similarity(queries)) < 1e-6


def test_a_model_from_before_answers_by_its_vectors_alone():
    measure = Neighbours.of(vectors(9, 3))
    assert likeness.with_head(measure, HEAD, 0.0) is measure


def test_the_head_is_not_stored_with_the_vectors(tmp_path):
    measure = Corrected(Neighbours.of(vectors(9, 3)), np.float32([1, 2, 3]), 0.5)
    likeness.save(Undecided(measure, HEAD, 0.5), tmp_path / "stats.npz")
    stored = likeness.load(tmp_path / "stats.npz")
    assert isinstance(stored, Corrected)
    assert stored.bias == 0.5
    assert likeness.uncorrected(Undecided(measure, HEAD, 0.5)) is measure.measure
