"""Random numbers as a pure function of the arguments: no generator, no state, the same in every process and thread."""

import hashlib
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from core.augment.transform import Floats, Pixels

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MULTIPLIERS = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
SHIFTS = np.uint64(30), np.uint64(27), np.uint64(31)


def uniforms(seed: int, views: ArrayLike, keys: ArrayLike, transform_key: str, count: int) -> Floats:
    """Uniform numbers in [0, 1): float64 (photos, count), a pure function of the arguments.

    `keys` are the photos' numbers (uint64), `views` count from 0; the two are broadcast. The numbers come from the
    SplitMix64 mixing function (Steele, Lea & Flood 2014, "Fast splittable pseudorandom number generators", OOPSLA):
    a NumPy generator per photo would halve the engine's speed.
    """
    keys, views = np.broadcast_arrays(np.asarray(keys, np.uint64), np.asarray(views, np.uint64))
    with np.errstate(over="ignore"):  # the arithmetic is meant to be modulo 2^64
        start = _mix(np.uint64(seed % 2**64) * GOLDEN + np.uint64(_number(transform_key)))
        state = _mix(_mix(start + keys * GOLDEN) + views * GOLDEN)
        counters = np.arange(1, count + 1, dtype=np.uint64) * GOLDEN
        bits = _mix(state.reshape(-1, 1) + counters)
        numbers: Floats = (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return numbers


def noise_numbers(u: Floats) -> Floats:
    """Uniform numbers in [0, 1) as whole numbers below 2^53: each one stands for other `random_bytes`."""
    return np.floor(u * 2.0**53)


def random_bytes(number: int, count: int) -> Pixels:
    """`count` independent bytes, uint8 (count,), a pure function of `number`: SplitMix64 again, eight bytes a step."""
    bits = np.arange(1, count // 8 + 2, dtype=np.uint64)
    shifted = np.empty_like(bits)
    bits *= GOLDEN
    bits += _mix(np.array([number], np.uint64))
    for shift, multiplier in zip(SHIFTS, (*MULTIPLIERS, None), strict=True):  # in place: half the time of _mix
        np.right_shift(bits, shift, out=shifted)
        bits ^= shifted
        if multiplier is not None:
            bits *= multiplier
    return bits.astype("<u8", copy=False).view(np.uint8)[:count]


def _mix(bits: Any) -> Any:
    bits = (bits ^ (bits >> SHIFTS[0])) * MULTIPLIERS[0]
    bits = (bits ^ (bits >> SHIFTS[1])) * MULTIPLIERS[1]
    return bits ^ (bits >> SHIFTS[2])


@lru_cache
def _number(transform_key: str) -> int:
    return int.from_bytes(hashlib.blake2b(transform_key.encode(), digest_size=8).digest(), "little")
