"""The head in NumPy against the formulas, and its file. tests/models/test_build.py compares it with Keras."""

import itertools
import math

import numpy as np
import pytest

from core.answering import head
from core.answering.head import Head
from core.errors import ModelError

FORMULAS = {
    "relu": lambda x: max(0.0, x),
    "gelu": lambda x: 0.5 * x * (1 + math.erf(x / math.sqrt(2))),
    "tanh": math.tanh,
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
}


def made(activation: str = "relu", sizes: tuple[int, ...] = (6, 5, 4, 3)) -> Head:
    rng = np.random.default_rng(0)
    kernels = [rng.normal(0, 1, shape).astype(np.float32) for shape in itertools.pairwise(sizes)]
    biases = [rng.normal(0, 1, size).astype(np.float32) for size in sizes[1:]]
    return Head(tuple(kernels), tuple(biases), activation)


def test_every_activation_has_a_formula_here():
    assert set(head.ACTIVATIONS) == set(FORMULAS)


@pytest.mark.parametrize("activation", FORMULAS)
def test_activations(activation):
    x = np.linspace(-12, 12, 1001, dtype=np.float32)
    y = head.ACTIVATIONS[activation].value(x)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, [FORMULAS[activation](float(value)) for value in x], atol=2e-6)


@pytest.mark.parametrize("activation", FORMULAS)
def test_activations_never_overflow(activation):
    y = head.ACTIVATIONS[activation].value(np.array([-1e4, 0, 1e4], np.float32))  # a warning would be an error
    assert np.isfinite(y).all()


def test_logits_on_paper(subtests):
    for activation, sizes in itertools.product(FORMULAS, [(6, 3), (6, 5, 3), (6, 5, 4, 3), (6, 2, 2, 2, 3)]):
        with subtests.test(activation=activation, sizes=sizes):
            top = made(activation, sizes)
            vectors = np.random.default_rng(1).normal(0, 1, (4, 6)).astype(np.float32)
            expected = []
            for x in vectors.astype(np.float64):
                for i, (kernel, bias) in enumerate(zip(top.kernels, top.biases, strict=True)):
                    x = [sum(x[j] * kernel[j, k] for j in range(len(x))) + bias[k] for k in range(len(bias))]
                    if i < len(top.kernels) - 1:
                        x = [FORMULAS[activation](value) for value in x]
                expected.append(x)
            np.testing.assert_allclose(top.logits(vectors), expected, atol=1e-5)


@pytest.mark.parametrize("activation", FORMULAS)
@pytest.mark.parametrize("sizes", [(6, 3), (6, 5, 4, 3)])
def test_saving_and_loading_keeps_the_logits(tmp_path, activation, sizes):
    top = made(activation, sizes)
    top.save(tmp_path / "head.npz")
    loaded = head.load(tmp_path / "head.npz")
    assert (loaded.activation, len(loaded.kernels)) == (activation, len(sizes) - 1)
    vectors = np.random.default_rng(1).normal(0, 1, (4, 6)).astype(np.float32)
    assert np.array_equal(loaded.logits(vectors), top.logits(vectors))


def _without(name: str):
    def damage(path):
        with np.load(path) as stored:
            arrays = {key: stored[key] for key in stored.files if key != name}
        np.savez(path, **arrays)

    return damage


def _with(**changed):
    def damage(path):
        with np.load(path) as stored:
            arrays = {key: stored[key] for key in stored.files}
        np.savez(path, **{**arrays, **changed})

    return damage


DAMAGES = {
    "missing": lambda path: path.unlink(),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
    "empty": lambda path: path.write_bytes(b""),
    "half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "text": lambda path: path.write_text("no weights"),
    "one bit turned": lambda path: path.write_bytes(path.read_bytes().replace(b"r\0\0\0e", b"s\0\0\0e", 1)),
    "no activation": _without("activation"),
    "no bias": _without("bias_1"),
    "no first kernel": _without("kernel_0"),
    "unknown activation": _with(activation=np.array("swish")),
    "objects": _with(bias_0=np.array([{}], dtype=object)),
}


def test_a_damaged_file_is_a_model_error(subtests, tmp_path):
    for name, damage in DAMAGES.items():
        with subtests.test(damage=name):
            path = tmp_path / name / "head.npz"
            path.parent.mkdir()
            made().save(path)
            head.load(path)
            damage(path)
            with pytest.raises(ModelError, match=r"head\.npz"):
                head.load(path)


def test_softmax():
    logits = np.log(np.array([[0.7, 0.2, 0.1]], np.float32)) + 3
    np.testing.assert_allclose(head.softmax(logits), [[0.7, 0.2, 0.1]], rtol=1e-5)
    np.testing.assert_allclose(head.softmax(logits, 2.0), np.sqrt([[0.7, 0.2, 0.1]]) / np.sqrt([0.7, 0.2, 0.1]).sum(),
                               rtol=1e-5)  # fmt: skip
    assert head.softmax(np.array([[1e5, 0, -1e5]], np.float32)).tolist() == [[1, 0, 0]]
