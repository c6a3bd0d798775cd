"""How many numbers a run's network has, counted without building it."""

import itertools
from dataclasses import dataclass

from core.backbones import backbone
from core.runs.config import RunConfig


@dataclass(frozen=True)
class Parameters:
    """The weights that training changes, and those that stay as they are (BatchNorm's statistics among them)."""

    trainable: int
    frozen: int


def count(config: RunConfig, classes: int) -> Parameters:
    """The parameters of the whole network, as Keras counts them in the model that models/build.py makes."""
    body = backbone(config.backbone)
    sizes = (body.features, *config.dense_layers, classes)
    head = sum((inputs + 1) * outputs for inputs, outputs in itertools.pairwise(sizes))  # a bias for each output
    if body.pretrained:
        return Parameters(head, body.parameters)
    return Parameters(head + body.parameters - body.statistics, body.statistics)
