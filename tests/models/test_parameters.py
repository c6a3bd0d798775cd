"""The form counts the same parameters as the model that is trained."""

import itertools

import keras
import pytest

from core.backbone import Backbone
from core.backbones import BACKBONES
from core.runs import parameters
from core.runs.config import config
from models import build
from tests.models.conftest import all_layers

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=BACKBONES.values(), ids=BACKBONES)
def built(request: pytest.FixtureRequest) -> tuple[Backbone, keras.Model]:
    """Each backbone with random weights at the smallest size that its record allows."""
    return request.param, build.backbone(request.param, request.param.smallest, None)


def counted(variables: list[keras.Variable]) -> int:
    return sum(int(keras.ops.size(variable)) for variable in variables)


def test_trainable_and_frozen_are_those_of_the_built_model(subtests: pytest.Subtests, built) -> None:
    for layers, classes in [*itertools.product([(), (10,), (100, 50), (7, 5, 3)], [2, 10])]:
        with subtests.test(layers=layers, classes=classes):
            record, body = built
            run = config(dataset="any", backbone=record.key, image_size=record.smallest, dense_layers=layers)
            model = build.whole(body, build.head(run, record.features, classes))
            counts = parameters.count(run, classes)
            assert counts.trainable == counted(model.trainable_weights)
            # dropout's seed is not a parameter of the network
            weights = [weight for weight in model.non_trainable_weights if "seed_generator" not in weight.path]
            assert counts.frozen == counted(weights)


def test_what_learns_in_the_fine_tuning_is_what_learns_in_the_built_model(built) -> None:
    record, body = built
    if not record.pretrained:
        assert not record.learnable
        return
    network = next(layer for layer in body.layers if isinstance(layer, keras.Model))
    model = build.whole(body, build.head(config(dataset="any", dense_layers=(10,)), record.features, 4))
    try:
        for blocks in (*range(1, record.blocks + 1), None):
            run = config(dataset="any", backbone=record.key, dense_layers=(10,), fine_tune={"blocks": blocks})
            build.unfreeze(body, record, blocks)
            counts = parameters.count_fine_tuning(run, 4)
            assert counts.trainable == counted(model.trainable_weights)
            weights = [weight for weight in model.non_trainable_weights if "seed_generator" not in weight.path]
            assert counts.frozen == counted(weights)
            assert parameters.count(run, 4).frozen == record.parameters  # in the first stage
    finally:
        network.trainable = False
    assert parameters.count_fine_tuning(run.model_copy(update={"fine_tune": None}), 4) is None


def test_the_statistics_are_those_that_stay_when_the_backbone_learns(built) -> None:
    record, body = built
    was = body.trainable
    try:
        for layer in (body, *all_layers(body)):
            layer.trainable = True
        assert record.statistics == counted(body.non_trainable_weights)
    finally:
        for layer in (body, *all_layers(body)):
            layer.trainable = was and not record.pretrained
