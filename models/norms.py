"""BatchNorm that learns from its batches, as one operation of TensorFlow instead of a dozen of Keras'.

Keras computes it from means, differences, products and casts to 32 bits, each a pass over the feature map, which took
more time in a step of the residual network than its convolutions.
"""

from collections.abc import Callable
from typing import Any

import keras


def fuse(network: keras.Model) -> None:
    """Let each BatchNorm compute with TensorFlow's fused operation; nothing changes with another backend.

    Answers and gradients match Keras'. The moving variance takes the unbiased variance of a batch, as TensorFlow's own
    layer did, where Keras takes the biased one.
    """
    if keras.config.backend() != "tensorflow":
        return
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.call = _fused(layer)


def _fused(norm: keras.layers.BatchNormalization) -> Callable[..., Any]:
    import tensorflow as tf

    def call(inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        scale, offset = (tf.cast(variable.value, tf.float32) for variable in (norm.gamma, norm.beta))
        learns = bool(training) and norm.trainable
        moving = (norm.moving_mean, norm.moving_variance)
        mean, variance = ([], []) if learns else (variable.value for variable in moving)
        outputs, *statistics = tf.raw_ops.FusedBatchNormV3(
            x=inputs, scale=scale, offset=offset, mean=mean, variance=variance, epsilon=norm.epsilon, is_training=learns
        )
        if learns:
            for variable, now in zip(moving, statistics, strict=False):  # the other outputs are for the gradients
                variable.assign(variable.value * norm.momentum + now * (1.0 - norm.momentum))
        return outputs

    return call
