"""A receipt: a short text that two places show only if they give a photo the same pixels.

The preview computes it from the recipe and the seed on screen, the worker from those of its run. It is a hash of the
recipe, the seed and of pixels that the engine makes on the spot, so it changes with each of them, and with an engine or
an OpenCV that renders anything else (decision 33).
"""

import hashlib
import json
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from core.augment import engine, recipe
from core.augment.choice import CHOICE
from core.augment.partners import Places
from core.augment.recipe import Recipe, Step
from core.augment.transform import Floats, Pixels

FORMAT = 1  # increase it when receipts are computed in another way
SIDE = 128  # px of the reference picture; at 64 px the default blur is too small to change anything
VIEWS = 4  # rendered as training sees them, and again with every step in each view: a rare one must count too
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: none that can be taken for another
LENGTH = 8  # letters: of two different receipts, one in a million million is equal
NUMBER = 0x9E3779B97F4A7C15  # stands for the reference picture's key


def of(steps: Recipe, seed: int) -> str:
    """The receipt, such as "7F3A-91C2"; empty for a recipe that changes nothing.

    Steps whose order among each other makes no difference to the pixels are sorted first. The size of the photos is not
    part of it: the same receipt at another size means the same values, drawn on photos that were resized differently.
    """
    active = [step for step in steps if step.transform.draws and step.probability > 0]
    if not active:
        return ""
    return _of(recipe.dumps(_sorted(steps)), seed)


def _sorted(steps: Recipe) -> Recipe:
    """The steps in the order in which they are applied. Steps that never happen don't count."""
    kept = (step for step in steps if step.probability > 0 or not step.transform.draws)
    return tuple(sorted(kept, key=lambda step: step.transform.stage))


@lru_cache(512)
def _of(text: str, seed: int) -> str:
    steps = recipe.loads(text)
    certain = tuple(Step(step.transform, 1.0, step.settings) for step in steps if step.transform is not CHOICE)
    digest = hashlib.blake2b(json.dumps([FORMAT, text, seed]).encode(), digest_size=16)
    photos = np.broadcast_to(_reference(), (VIEWS, SIDE, SIDE, 3))
    for each in (steps, certain):
        digest.update(engine.augment(photos, NUMBER, range(VIEWS), each, seed, partners=Turned()).tobytes())
    bits = int.from_bytes(digest.digest(), "big")
    letters = "".join(LETTERS[bits >> 5 * place & 31] for place in range(LENGTH))
    return f"{letters[:4]}-{letters[4:]}"


class Turned:
    """The reference picture turned by quarters, as partners."""

    def places(self, u: Floats) -> Places:
        return np.floor(4 * u).astype(np.intp)

    def numbers(self, places: Places) -> NDArray[np.uint64]:
        return np.full(len(places), NUMBER, np.uint64)

    def pixels(self, places: Places) -> Pixels:
        return np.stack([np.rot90(_reference(), place) for place in places.tolist()])


def compared(receipt: str, own: str, preview: str, sizes: tuple[int, int]) -> str:
    """In words what a stored receipt says beside the preview; empty without a receipt.

    `own` is the receipt that the stored recipe and seed have today, `preview` that of the preview, "" if it shows no
    change; `sizes` are those of the photos in training and in the preview, in px.
    """
    if not receipt:
        return ""
    if own != receipt:
        return (
            f"Receipt {receipt}. The same recipe and seed give {own or 'no change'} today: the program or OpenCV has "
            "changed since, and the preview no longer shows these pixels."
        )
    if preview != receipt:
        now = f"has {preview} now: another recipe or another seed" if preview else "shows no augmentation now"
        return f"Receipt {receipt}. The preview on Augment {now}."
    size = "" if sizes[0] == sizes[1] else f", resized to {sizes[0]} px instead of {sizes[1]} px before the same draws"
    return f"Same receipt as the preview on Augment: {receipt}. Training saw what the preview shows{size}."


@lru_cache(1)
def _reference() -> Pixels:
    """A picture with all levels, edges, colours and fine detail: uint8 (SIDE, SIDE, 3). Whole numbers only, so that
    every machine draws the same."""
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    red, green, blue = 2 * x, 2 * y, (x * y) % 256
    inside = (x - 72) ** 2 + (y - 56) ** 2 < 30**2
    checks = (x // 2 + y // 3) % 2 == 1
    red = np.where(inside, 230, red)
    green = np.where(inside & checks, 20, green)
    blue = np.where((x > 16) & (x < 40) & (y > 80), 250, blue)
    return np.stack([red, green, blue], -1).clip(0, 255).astype(np.uint8)
