"""How similar a vector is to those of the training photos: the nearest ones, and the subspace of all of them."""

import numpy as np
import pytest

from core.answering import likeness
from core.answering.likeness import Neighbours, Subspace
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
