"""The number of parameters of a run's network, counted without building it."""

import itertools
from dataclasses import dataclass

from core.runs import bodies
from core.runs.config import RunConfig


@dataclass(frozen=True)
class Parameters:
    """How many parameters training changes, and how many it does not (BatchNorm's statistics included)."""

    trainable: int
    frozen: int


def count(config: RunConfig, classes: int) -> Parameters:
    """The parameters of the whole network, as Keras counts them in the model that models/build.py makes.

    With fine-tuning these are the numbers of the first stage, in which only the head learns.
    """
    body = bodies.of(config.backbone)
    return _split(config, classes, 0 if body.pretrained else body.parameters - body.statistics)


def count_fine_tuning(config: RunConfig, classes: int) -> Parameters | None:
    """The same for the stage in which the backbone learns too; None if the run has no such stage."""
    if not config.fine_tune:
        return None
    body, blocks = bodies.of(config.backbone), config.fine_tune.blocks
    return _split(config, classes, sum(body.learnable[-blocks:] if blocks else body.learnable))


def _split(config: RunConfig, classes: int, learnable: int) -> Parameters:
    """Count the parameters if the head and `learnable` parameters of the backbone learn."""
    body = bodies.of(config.backbone)
    sizes = (body.features, *config.dense_layers, classes)
    head = sum((inputs + 1) * outputs for inputs, outputs in itertools.pairwise(sizes))  # a bias for each output
    return Parameters(head + learnable, body.parameters - learnable)
