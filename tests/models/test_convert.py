"""Backbones give the same answers in Keras and converted, with weights that make the comparison meaningful."""

import numpy as np
import pytest

from core.answering import litert
from core.backbones import BACKBONES
from core.errors import ModelError
from models import build, convert
from tests.models.conftest import randomised

pytestmark = pytest.mark.slow

# The other backbones are converted in test_backbones.py.
SIZES = {"mobilenet_v2": 96, "xception": 80, "small_cnn": 48, "residual": 48}


@pytest.fixture(scope="module", params=SIZES)
def both(request, tmp_path_factory):
    """A backbone with random weights and statistics, photos, and the file that it was converted to."""
    record = BACKBONES[request.param]
    body = randomised(build.backbone(record, SIZES[request.param], None))
    path = tmp_path_factory.mktemp("converted") / "backbone.tflite"
    convert.convert_and_check(body, path)
    photos = np.random.default_rng(1).integers(0, 256, (5, *body.input.shape[1:]), np.uint8)
    return record, body, photos, path


def test_the_converted_backbone_answers_like_keras(both):
    record, body, photos, path = both
    expected = [np.asarray(output) for output in body(photos, training=False)]
    for actual, in_keras in zip(litert.Backbone(path).run(photos), expected, strict=True):
        assert actual.shape == in_keras.shape
        spread = float(in_keras.std(axis=0).mean())
        assert spread > 1e-2  # photos give different results, so there is something to compare
        np.testing.assert_allclose(actual, in_keras, atol=1e-2 * spread, rtol=1e-3)
    assert expected[1].shape == (5, record.features)


def test_batches_of_any_size_work(both):
    _, _, photos, path = both
    run = litert.Backbone(path).run
    five = run(photos)[1]
    for i, photo in enumerate(photos):
        np.testing.assert_allclose(run(photo[None])[1][0], five[i], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("both", ["small_cnn"], indirect=True)
def test_a_wrong_conversion_is_not_saved(both, tmp_path, monkeypatch):
    record, body, _, _ = both
    other = build.backbone(record, SIZES[record.key], None)  # other weights
    monkeypatch.setattr(convert, "convert", lambda network, *rest, real=convert.convert: real(other, *rest))
    with pytest.raises(ModelError, match="differs from Keras'"):
        convert.convert_and_check(body, tmp_path / "backbone.tflite")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("both", [key for key in SIZES if key != "xception"], indirect=True)  # too slow here
def test_weights_that_fit_into_16_bits_take_half_the_space(both, tmp_path):
    record, _, photos, whole = both
    body = build.backbone(record, SIZES[record.key], None)
    build.assign(body.variables, [value.astype(np.float16) for value in build.values(body.variables)])
    path = tmp_path / "backbone.tflite"
    convert.convert_and_check(body, path, halved=True)
    assert path.stat().st_size < 0.62 * whole.stat().st_size
    expected = np.asarray(body(photos, training=False)[1])
    np.testing.assert_allclose(litert.Backbone(path).run(photos)[1], expected, rtol=1e-3, atol=1e-4)
