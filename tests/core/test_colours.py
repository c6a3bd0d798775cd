"""Embedded colour profiles: what they change, what they must not, and that a damaged one is ignored."""

import io
import itertools
import time

import numpy as np
import pytest
from PIL import Image, ImageCms

from core import photos
from core.photos import profiles
from tests.conftest import Pixels, encoded, picture
from tests.profiles import ADOBE_RGB, DISPLAY_P3, SRGB, cmyk_profile, encoded_in, grey_profile, matrix_profile

COLOURS = np.array([[[200, 100, 50], [40, 90, 160], [128, 128, 128], [255, 255, 255], [10, 10, 10], [90, 140, 60]]],
                   np.uint8).repeat(16, 0).repeat(16, 1)  # fmt: skip
BUILT_IN = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
FORMS = {"JPEG": {"quality": 100, "subsampling": 0}, "PNG": {}, "TIFF": {}, "WEBP": {"lossless": True}, "HEIF":
         {"quality": 95}, "AVIF": {"quality": 95}}  # fmt: skip


def most(one: Pixels, other: Pixels) -> int:
    return int(np.abs(one.astype(int) - other).max())


def test_a_cameras_colours_become_those_of_srgb(subtests):
    for form, (primaries, gamma) in itertools.product(FORMS, [(DISPLAY_P3, None), (ADOBE_RGB, 2.19921875)]):
        with subtests.test(form=form, gamma=gamma):
            stored = encoded_in(COLOURS, primaries, gamma)
            assert most(stored, COLOURS) > 10  # without the profile the colours would be others
            data = encoded(stored, form, icc_profile=matrix_profile(primaries, gamma), **FORMS[form])
            came = photos.decode(data)[8::16, 8::16]
            assert most(came, COLOURS[8::16, 8::16]) <= (3 if form in ("PNG", "TIFF", "WEBP") else 6)


@pytest.mark.parametrize("profile", [BUILT_IN, matrix_profile(SRGB, None)], ids=["built-in", "another"])
def test_the_profile_of_srgb_changes_nothing_and_costs_nothing(profile):
    pixels = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
    image = Image.fromarray(pixels)
    assert profiles.to_srgb(image, profile).tobytes() == image.tobytes()
    began = time.thread_time()
    for _ in range(100):
        profiles.to_srgb(image, bytes(bytearray(profile)))  # the next photo of the camera
    assert time.thread_time() - began < 0.2
    assert np.array_equal(photos.decode(encoded(pixels, "PNG", icc_profile=profile)), pixels)


def test_grey_photos():
    grey = Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16))
    plain = photos.decode(encoded(grey, "PNG"))
    light = photos.decode(encoded(grey, "PNG", icc_profile=grey_profile(1.8)))
    assert light[0, 0].tolist() == [0, 0, 0]
    assert light[15, 15].tolist() == pytest.approx([255] * 3, abs=1)
    assert light[3, 7, 0] == pytest.approx(255 * (1.055 * (55 / 255) ** (1.8 / 2.4) - 0.055), abs=2)
    assert np.array_equal(photos.decode(encoded(grey, "PNG", icc_profile=BUILT_IN)), plain)
    of_colours = photos.decode(encoded(grey, "PNG", icc_profile=matrix_profile(ADOBE_RGB, 1.8)))
    assert most(of_colours, light) <= 2  # grey has no colour to convert, but the curve counts
    levels = np.array([[0, 257 * 55, 65535]], np.uint16)
    deep = photos.decode(encoded(Image.fromarray(levels), "PNG", icc_profile=grey_profile(1.8)))
    assert most(deep[0, 1], light[3, 7]) <= 1


@pytest.mark.parametrize("form", ["JPEG", "TIFF"])
def test_cmyk_photos(form):
    image = Image.new("CMYK", (16, 16), (0, 0, 0, 255))
    came = photos.decode(encoded(image, form, icc_profile=cmyk_profile()))
    assert np.abs(came.astype(int) - 119).max() <= 4  # L = 50, as that printer's black is
    assert photos.decode(encoded(image, form)).max() <= 4


def test_transparent_and_palette_photos_have_profiles_too():
    profile = matrix_profile(ADOBE_RGB, 2.2)
    opaque = photos.decode(encoded(picture(20, 20), "PNG", icc_profile=profile))
    assert most(opaque, picture(20, 20)) > 5
    rgba = Image.fromarray(picture(20, 20)).convert("RGBA")
    rgba.putpixel((0, 0), (9, 9, 9, 0))
    came = photos.decode(encoded(rgba, "PNG", icc_profile=profile))
    assert came[0, 0].min() >= 254
    assert np.array_equal(came[1:], opaque[1:])
    palette = Image.new("P", (4, 4), 1)
    palette.putpalette([0, 0, 0, 200, 100, 50])
    came = photos.decode(encoded(palette, "PNG", icc_profile=profile))
    same = photos.decode(encoded(np.full((4, 4, 3), (200, 100, 50), np.uint8), "PNG", icc_profile=profile))
    assert np.array_equal(came, same)


@pytest.mark.parametrize("profile", [
    b"no profile", BUILT_IN[:200], bytes(500), BUILT_IN[:140] + b"\xff" * 300, cmyk_profile(), grey_profile(1.0),
    matrix_profile(ADOBE_RGB, 2.2)[:128] + b"\xff\xff\xff\xff", bytes(5 << 20),
], ids=["text", "short", "zeros", "scrambled", "of-cmyk", "of-grey", "endless", "huge"])  # fmt: skip
def test_a_damaged_or_foreign_profile_is_ignored(profile):
    image = Image.fromarray(picture(20, 30))
    assert profiles.to_srgb(image, profile).tobytes() == image.tobytes()
    assert np.array_equal(photos.decode(encoded(image, "TIFF", icc_profile=profile)), picture(20, 30))


def test_scrambled_profiles_never_end_in_an_error():
    good = matrix_profile(DISPLAY_P3, None)
    image = Image.fromarray(picture(8, 8))
    for seed in range(200):
        rng = np.random.default_rng(seed)
        bad = np.frombuffer(good, np.uint8).copy()
        bad[rng.integers(0, 400, 5)] = rng.integers(0, 256, 5)
        assert profiles.to_srgb(image, bad.tobytes()).mode == "RGB"


def test_lab_photos():
    image = Image.merge("LAB", [Image.new("L", (4, 4), level) for level in (128, 128, 128)])
    came = photos.decode(encoded(image, "TIFF"))
    assert np.abs(came.astype(int) - 119).max() <= 3


def test_converting_before_or_after_the_resize_is_the_same():
    """Photos are converted after they were decoded at reduced size, which is what makes it cheap."""
    profile = matrix_profile(DISPLAY_P3, None)
    data = encoded(picture(1600, 2000), "JPEG", quality=92, icc_profile=profile)
    small = photos.square(data, 100)
    with Image.open(io.BytesIO(data)) as image:
        whole = np.asarray(profiles.to_srgb(image, profile))
    assert most(small, photos.resize(whole, 100)) <= 3
