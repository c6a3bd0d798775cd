"""Training steps: one batch at a time for photos, many batches in one graph for banked features.

On banked features the arithmetic of a step takes a tenth of the time that a call to Keras costs, so there an epoch is a
loop inside one graph. Only this file, norms.py and convert.py name backends; any backend other than these two takes
single steps.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

Batch = tuple[NDArray[Any], NDArray[np.float32], NDArray[np.float32] | None]  # inputs, one-hot labels, weights
Step = Callable[[Batch], tuple[float, float]]
"""Trains on some photos; returns two sums over them: the loss and the number of right answers."""


def single(model: keras.Model) -> Step:
    """A step that takes all its photos as one batch."""

    def step(batch: Batch) -> tuple[float, float]:
        inputs, one_hot, weights = batch
        logs = model.train_on_batch(inputs, one_hot, sample_weight=weights, return_dict=True)  # of this batch only
        return float(logs["loss"]) * len(inputs), float(logs["accuracy"]) * len(inputs)

    return step


def many(model: keras.Model, size: int) -> Step:
    """A step that takes its photos in batches of `size`, in order; the last one may be smaller."""
    loops = {"tensorflow": _tensorflow, "jax": _jax}
    if keras.config.backend() in loops:
        return loops[keras.config.backend()](model, size)
    train_batch = single(model)

    def step(batch: Batch) -> tuple[float, float]:
        loss = right = 0.0
        for start in range(0, len(batch[0]), size):
            rows = slice(start, start + size)
            sums = train_batch((batch[0][rows], batch[1][rows], None if batch[2] is None else batch[2][rows]))
            loss, right = loss + sums[0], right + sums[1]
        return loss, right

    return step


def _tensorflow(model: keras.Model, size: int) -> Step:
    import tensorflow as tf

    def train_batch(inputs: Any, one_hot: Any, weights: Any) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            logits = model(inputs, training=True)
            loss = model.compute_loss(inputs, one_hot, logits, weights)
        gradients = tape.gradient(loss, model.trainable_variables)
        model.optimizer.apply(gradients, model.trainable_variables)
        right = tf.reduce_sum(tf.cast(tf.argmax(logits, 1) == tf.argmax(one_hot, 1), tf.float32))
        return loss * tf.cast(tf.shape(inputs)[0], tf.float32), right

    @tf.function(reduce_retracing=True, autograph=False)
    def run(inputs: Any, one_hot: Any, weights: Any) -> tuple[Any, Any]:
        def body(start: Any, loss: Any, right: Any) -> tuple[Any, Any, Any]:
            rows = slice(start, start + size)
            sums = train_batch(inputs[rows], one_hot[rows], None if weights is None else weights[rows])
            return start + size, loss + sums[0], right + sums[1]

        count = tf.shape(inputs)[0]
        begin = (tf.constant(0), tf.constant(0.0), tf.constant(0.0))
        _, loss, right = tf.while_loop(lambda start, *_: start < count, body, begin)
        return loss, right

    def step(batch: Batch) -> tuple[float, float]:
        loss, right = run(*(None if part is None else tf.convert_to_tensor(part) for part in batch))
        return float(loss), float(right)

    return step


def _jax(model: keras.Model, size: int) -> Step:
    import jax

    def train_batch(state: Any, batch: Any) -> tuple[Any, Any]:
        trainable, fixed, optimizer = state
        inputs, one_hot, weights = batch

        def loss_of(trainable: Any) -> tuple[Any, Any]:
            logits, after = model.stateless_call(trainable, fixed, inputs, training=True)
            return model.compute_loss(inputs, one_hot, logits, weights), (logits, after)

        (loss, (logits, fixed)), gradients = jax.value_and_grad(loss_of, has_aux=True)(trainable)
        trainable, optimizer = model.optimizer.stateless_apply(optimizer, gradients, trainable)
        right = (logits.argmax(1) == one_hot.argmax(1)).sum()
        return (trainable, fixed, optimizer), (loss * len(inputs), right)

    @jax.jit
    def run(state: Any, batches: Any) -> tuple[Any, Any]:
        state, (loss, right) = jax.lax.scan(train_batch, state, batches)
        return state, (loss.sum(), right.sum())

    def step(batch: Batch) -> tuple[float, float]:
        variables = (model.trainable_variables, model.non_trainable_variables, model.optimizer.variables)
        state = tuple([variable.value for variable in group] for group in variables)
        full = len(batch[0]) // size * size
        loss = right = 0.0
        for rows, shape in ((slice(0, full), (-1, size)), (slice(full, None), (1, len(batch[0]) - full))):
            parts = [None if part is None else part[rows] for part in batch]
            if parts[0] is not None and len(parts[0]):  # the whole batches, then the smaller last one
                batches = [None if part is None else part.reshape(*shape, *part.shape[1:]) for part in parts]
                state, sums = run(state, batches)
                loss, right = loss + float(sums[0]), right + float(sums[1])
        for group, values in zip(variables, state, strict=True):
            for variable, value in zip(group, values, strict=True):
                variable.assign(value)
        return loss, right

    return step
