"""The map of feature vectors: clusters stay together, odd vectors do no harm, and nothing heavy is imported."""

import importlib
import subprocess
import sys
from math import isnan
from pathlib import Path

import numpy as np
import pytest

from core import workspace
from core.errors import DatasetError
from core.reviewing import projection
from core.reviewing.projection import project

CLUSTERS, EACH = 3, 40


def planted(seed: int = 0) -> np.ndarray:
    """Vectors of three clusters, one after the other: float32 (120, 64)."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(0, 5, (CLUSTERS, 64))
    return (np.repeat(centres, EACH, axis=0) + rng.normal(0, 0.5, (CLUSTERS * EACH, 64))).astype(np.float32)


def same_cluster(points: np.ndarray) -> float:
    """The share of photos whose nearest neighbour on the map is of their own cluster."""
    cluster = np.repeat(np.arange(CLUSTERS), EACH)
    distances = np.square(points[:, None] - points[None]).sum(-1)
    np.fill_diagonal(distances, np.inf)
    return float((cluster[distances.argmin(1)] == cluster).mean())


def test_clusters_stay_together_and_the_map_says_that_it_can_be_trusted():
    made = project(planted())
    assert made.points.shape == (CLUSTERS * EACH, 2)
    assert made.points.dtype == np.float32
    assert made.method == "PCA"
    assert same_cluster(made.points) == 1
    assert 0.75 < made.trustworthiness <= 1


def test_a_map_of_noise_is_trusted_less_than_one_of_a_plane():
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(300, 200)).astype(np.float32)
    angles = rng.uniform(0, 2 * np.pi, 300)
    circle = np.stack([np.cos(angles), np.sin(angles), *np.zeros((6, 300))], 1).astype(np.float32)
    assert project(noise).trustworthiness < 0.7
    assert project(circle).trustworthiness > 0.99


def test_the_same_vectors_give_the_same_map():
    assert np.array_equal(project(planted()).points, project(planted()).points)
    many = np.random.default_rng(1).normal(size=(projection.SAMPLE + 200, 60)).astype(np.float32)
    first, second = project(many), project(many)
    assert np.array_equal(first.points, second.points)
    assert first.trustworthiness == second.trustworthiness


def test_a_vector_counts_by_its_direction_from_the_centre_whatever_the_scale():
    vectors = planted()
    for factor in (1e-20, 1e20):
        np.testing.assert_allclose(project(vectors * np.float32(factor)).points, project(vectors).points, atol=1e-3)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 11, 12, 20])
def test_a_handful_of_photos_has_a_map_that_nobody_can_judge(count):
    made = project(np.random.default_rng(0).normal(size=(count, 8)).astype(np.float32))
    assert made.points.shape == (count, 2)
    assert np.isfinite(made.points).all()
    assert isnan(made.trustworthiness)


def test_a_feature_of_one_dimension_makes_a_line():
    made = project(np.arange(30, dtype=np.float32)[:, None])
    assert (made.points[:, 1] == 0).all()
    assert np.isfinite(made.points).all()


@pytest.mark.parametrize("value", [0, 0.1, -3e7])
def test_equal_vectors_lie_on_one_point(value):
    made = project(np.full((50, 33), value, np.float32))
    assert (made.points == 0).all()
    assert isnan(made.trustworthiness)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_numbers_are_refused(bad):
    vectors = planted()
    vectors[7, 3] = bad
    with pytest.raises(DatasetError, match="must be finite numbers, got NaN or infinity"):
        project(vectors)


def test_vectors_of_another_shape_are_a_bug():
    with pytest.raises(ValueError, match=r"\(photos, features\), got \(3,\)"):
        project(np.zeros(3, np.float32))


@pytest.mark.skipif(bool(importlib.util.find_spec("umap")), reason="UMAP is installed")
def test_without_umap_there_is_pca():
    assert projection.methods() == ("PCA",)
    with pytest.raises(DatasetError, match="UMAP is not installed"):
        project(planted(), "UMAP")


UMAP = """
import sys
seen = []
try:
    import tensorflow
except ImportError:
    seen.append("no TensorFlow")
class UMAP:
    def __init__(self, **settings):
        seen.append(settings)
    def fit_transform(self, vectors):
        return vectors[:, :2] * 2.0
"""


@pytest.fixture
def umap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package of UMAP's name, which tries to load TensorFlow as the real one does."""
    (tmp_path / "umap.py").write_text(UMAP)
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("umap", "tensorflow"):
        monkeypatch.delitem(sys.modules, name, raising=False)


@pytest.mark.usefixtures("umap")
def test_umap_is_used_where_it_is_installed_always_with_the_same_seed_and_without_tensorflow():
    assert projection.methods() == ("PCA", "UMAP")
    made = project(planted(), "UMAP")
    assert made.method == "UMAP"
    assert made.points.dtype == np.float32
    without, settings = importlib.import_module("umap").seen
    assert without == "no TensorFlow"
    assert "tensorflow" not in sys.modules  # the real one can be imported again
    assert settings["random_state"] == projection.SEED
    assert project(planted()).method == "PCA"


@pytest.mark.usefixtures("umap")
def test_too_few_photos_for_umap_get_pca():
    made = project(planted()[: projection.UMAP_NEIGHBOURS], "UMAP")
    assert made.method == "PCA"


def test_scikit_learn_is_only_imported_when_a_map_is_made():
    lines = "import sys; from core.reviewing import projection; print('sklearn' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", lines], cwd=workspace.PROJECT, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "False"
