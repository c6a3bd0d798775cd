"""Loops of draws: all frames, for ever, and close to the pictures."""

import io

import numpy as np
import pytest
from PIL import Image, ImageSequence

from core.augment import loops
from core.errors import SettingsError
from tests.conftest import picture

PICTURES = [picture(48, 48, seed) for seed in range(1, 6)]


@pytest.mark.parametrize(("write", "form", "nearness"), [(loops.gif, "GIF", 6), (loops.webp, "WEBP", 4)])
def test_a_loop_has_every_picture_and_never_ends(write, form, nearness) -> None:
    with Image.open(io.BytesIO(write(PICTURES, 400))) as loop:
        assert (loop.format, loop.n_frames, loop.info["loop"]) == (form, len(PICTURES), 0)
        for frame, expected in zip(ImageSequence.Iterator(loop), PICTURES, strict=True):
            shown = np.asarray(frame.convert("RGB"), np.float64)
            assert np.abs(shown - expected).mean() < nearness
            assert frame.info["duration"] == 400


@pytest.mark.parametrize("write", [loops.gif, loops.webp])
def test_equal_pictures_and_single_ones_make_a_loop(write) -> None:
    for pictures in (PICTURES[:1], [np.zeros((8, 8, 3), np.uint8)] * 2, [picture(1, 1)]):
        with Image.open(io.BytesIO(write(pictures))) as loop:
            assert loop.size == pictures[0].shape[1::-1]
    with pytest.raises(SettingsError):
        write([])
