"""How alike a vector is to those of the training photos: nearness, and the subspace in which they lie."""

import numpy as np
import pytest

from core.answering import likeness
from core.answering.likeness import Neighbours, Subspace


def vectors(count: int, features: int = 6, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 3, (count, features)).astype(np.float32)


def in_a_plane(count: int, seed: int = 0, features: int = 60) -> np.ndarray:
    """Vectors that use few directions, as a trained network's do, and a little of all others."""
    rng = np.random.default_rng(seed)
    used = np.linalg.qr(np.random.default_rng(9).normal(size=(features, 5)))[0].T
    return (rng.normal(0, 3, (count, 5)) @ used + rng.normal(0, 0.01, (count, features))).astype(np.float32)


def test_unit_vectors_keep_their_direction():
    given = vectors(5)
    scaled = likeness.unit(given)
    np.testing.assert_allclose(np.linalg.norm(scaled, axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(scaled * np.linalg.norm(given, axis=1, keepdims=True), given, rtol=1e-5)
    assert likeness.unit(np.zeros((1, 3), np.float32)).tolist() == [[0, 0, 0]]


@pytest.mark.parametrize("known", [1, 4, 10, 50])
def test_nearness_is_the_mean_cosine_to_the_ten_nearest(known):
    asked, trained = vectors(7), vectors(known, seed=1)
    expected = [
        np.mean(sorted((np.dot(a, t) / np.linalg.norm(a) / np.linalg.norm(t) for t in trained), reverse=True)[:10])
        for a in asked
    ]
    np.testing.assert_allclose(Neighbours.of(trained).similarity(asked), expected, atol=1e-3)  # kept in 16 bits


@pytest.mark.parametrize("features", [30, 60])
def test_the_cosine_to_the_subspace_is_that_of_the_angle(features):
    trained, asked = vectors(500, features), vectors(7, features, seed=1)
    known = Subspace.of(trained)
    assert known.axes.shape == (features, min(features, likeness.AXES))
    nearest = (asked @ known.axes) @ known.axes.T  # the point of the subspace below each vector
    expected = np.sum(asked * nearest, axis=1) / np.linalg.norm(asked, axis=1) / np.linalg.norm(nearest, axis=1)
    np.testing.assert_allclose(known.similarity(asked), np.minimum(expected, 1), atol=2e-3)


def test_what_lies_in_the_subspace_is_alike_however_far_from_all_training_photos():
    trained = in_a_plane(300)
    known = Subspace.of(trained)
    assert known.similarity(in_a_plane(20, seed=1)).min() > 0.99
    across = vectors(20, 60, seed=2)
    across -= across @ known.axes @ known.axes.T
    assert known.similarity(across).max() < 0.02
    assert known.similarity(vectors(50, 60, seed=3)).mean() < 0.95  # 40 of its 60 directions are noise's


def test_few_photos_span_what_they_can():
    trained = vectors(5, 60)
    known = Subspace.of(trained)
    assert known.axes.shape == (60, 5)
    np.testing.assert_allclose(known.similarity(trained), 1, atol=1e-3)
    assert known.similarity(vectors(20, 60, seed=1)).max() < 0.7


@pytest.mark.parametrize("pretrained", [True, False])
def test_likeness_does_not_depend_on_length_or_company(pretrained):
    asked, known = vectors(9), likeness.of(vectors(40, seed=1), pretrained)
    together = known.similarity(asked)
    assert together.max() <= 1
    np.testing.assert_allclose(known.similarity(100 * asked), together, rtol=1e-5)
    np.testing.assert_allclose([known.similarity(one[None])[0] for one in asked], together, rtol=1e-5)


@pytest.mark.parametrize("pretrained", [True, False])
def test_a_photo_of_the_training_is_as_alike_as_can_be(pretrained):
    known = np.repeat(vectors(1), 20, axis=0)
    assert likeness.of(known, pretrained).similarity(known[:1])[0] == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(("count", "kept"), [(5, 5), (4096, 4096), (4097, 2049), (10_000, 3334)])
def test_kept_vectors_are_thinned_out_evenly(count, kept):
    given = vectors(count, 2)
    stored = Neighbours.of(given).vectors
    assert stored.shape == (kept, 2)
    step = -(-count // likeness.MOST_KEPT)
    np.testing.assert_allclose(stored, likeness.unit(given[::step]), atol=1e-3)


@pytest.mark.parametrize(("pretrained", "kind"), [(True, Neighbours), (False, Subspace)])
def test_what_is_saved_is_read_again_to_the_last_digit(pretrained, kind, tmp_path):
    known, asked = likeness.of(vectors(300, 60), pretrained), vectors(20, 60, seed=1)
    likeness.save(known, tmp_path / "stats.npz")
    read = likeness.load(tmp_path / "stats.npz")
    assert isinstance(read, kind)
    np.testing.assert_array_equal(read.similarity(asked), known.similarity(asked))
    assert (tmp_path / "stats.npz").stat().st_size < 40_000


def test_a_file_of_other_things_is_refused(tmp_path):
    np.savez(tmp_path / "stats.npz", other=np.zeros(3))
    with pytest.raises(KeyError):
        likeness.load(tmp_path / "stats.npz")
