"""The program in an exported service: it sees, answers and doubts as the saved model does."""

import numpy as np
import pytest
from PIL import Image, ImageCms

from core import photos
from core.answering import classifier, doubt, shelf
from core.exporting import service
from tests.conftest import encoded, picture
from tests.fabricated import flat


def test_the_program_answers_as_the_saved_model_does(colours, load):
    program = load(colours, "classifier").Classifier(colours / "model.onnx")
    ours = classifier.load(shelf.model("colours"))
    rng = np.random.default_rng(1)
    doubts = set()
    for colour in [(250, 0, 0), (0, 200, 90), (120, 120, 121), (9, 9, 9), *rng.integers(0, 256, (40, 3)).tolist()]:
        data = encoded(flat(*colour), "PNG")
        answer, expected = program.answer(data), ours.answer(data)
        assert (answer["label"], answer["unsure"], answer["reason"]) == (
            expected.label,
            expected.unsure,
            expected.reason,
        )
        shares = {each["label"]: each["probability"] for each in answer["answers"]}
        assert shares == pytest.approx(dict(expected.probabilities), abs=1e-5)
        doubts.add(answer["reason"])
    assert len(doubts) > 1


def test_the_program_doubts_as_the_product_does(load):
    program = load(service.FILES, "classifier")
    limits = doubt.Thresholds(probability=0.4, similarity=0.8)
    rng = np.random.default_rng(2)
    reasons = set()
    for classes in (1, 2, 3, 10, 1000):
        for _ in range(200):
            shares = np.sort(rng.dirichlet(np.full(classes, rng.choice([0.05, 0.3, 3]))))[::-1].tolist()
            similarity = float(rng.uniform(0.7, 1))
            reason = program.doubt(shares, similarity, limits.model_dump())
            assert reason == doubt.of(shares, similarity, limits).sentence
            reasons.add(reason)
    assert reasons == {"", program.CLOSE, program.UNLIKE}


@pytest.mark.parametrize("size", [112, 150])
def test_the_program_sees_the_photo_that_the_product_sees(load, size):
    program = load(service.FILES, "classifier")
    rng = np.random.default_rng(3)
    for height, width in [(300, 400), (2 * size, 2 * size), (448, 224), (size, size), (size + 1, size), (1200, 901)]:
        pixels = rng.integers(0, 256, (height, width, 3), np.uint8)
        off = np.abs(program.resize(pixels, size).astype(int) - photos.resize(pixels, size))
        assert off.max() <= 1
        assert np.mean(off > 0) < 0.01  # ties that are rounded the other way
    for height, width in [(7, 9), (1, 1), (60, 400), (400, 60)]:  # enlarged: OpenCV rounds the weights to 1/2048
        pixels = rng.integers(0, 256, (height, width, 3), np.uint8)
        assert np.abs(program.resize(pixels, size).astype(int) - photos.resize(pixels, size)).max() <= 1


def odd_photos() -> dict[str, bytes]:
    """Photo files of many kinds."""
    image = Image.fromarray(picture(300, 400))
    see_through = image.convert("RGBA")
    see_through.putalpha(image.convert("L"))
    kinds = {
        "WebP": encoded(image, "WEBP"),
        "GIF": encoded(image.convert("P"), "GIF"),
        "CMYK": encoded(image.convert("CMYK"), "JPEG"),
        "grey": encoded(image.convert("L"), "JPEG"),
        "grey, transparent": encoded(see_through.convert("LA"), "PNG"),
        "transparent": encoded(see_through, "PNG"),
        "16 bits of grey": encoded(Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 200), "PNG"),
        "large JPEG": encoded(image.resize((4000, 3000)), "JPEG"),
        "large PNG": encoded(image.resize((2600, 1700)), "PNG"),
        "long": encoded(image.resize((9000, 900)), "JPEG"),
        "progressive": encoded(image, "JPEG", progressive=True),
    }
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        kinds[f"orientation {orientation}"] = encoded(image, "JPEG", exif=exif)
    return kinds


def test_the_program_reads_the_photos_that_the_product_reads(load):
    program = load(service.FILES, "classifier")
    off = {
        kind: int(np.abs(program.square(data, 112).astype(int) - photos.square(data, 112)).max())
        for kind, data in odd_photos().items()
    }
    assert {kind: levels for kind, levels in off.items() if levels > 1} == {}


def test_the_program_converts_colour_profiles_as_the_product_does(load):
    program = load(service.FILES, "classifier")
    image = Image.fromarray(picture(300, 400))
    own = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = own.replace(b"rXYZ", b"xXYZ").replace(b"gXYZ", b"rXYZ").replace(b"xXYZ", b"gXYZ")  # red for green
    for profile, changes in ((own, False), (swapped, True), (b"no profile at all", False)):
        data = encoded(image, "PNG", icc_profile=profile)
        assert np.abs(program.square(data, 112).astype(int) - photos.square(data, 112)).max() <= 1
        plain = program.square(encoded(image, "PNG"), 112)
        assert np.array_equal(program.square(data, 112), plain) != changes


def test_what_is_no_photo_is_a_sentence(load, monkeypatch):
    program = load(service.FILES, "classifier")
    whole = encoded(picture(60, 80), "JPEG")
    bomb = encoded(Image.new("L", (10_000, 6_000)), "PNG")  # 60 megapixels in 60 kB
    layered = whole + program.START_OF_LAYER * 200
    for data, words in (
        (b"", "is empty"),
        (b"hello", "must be JPEG, PNG, WebP or GIF"),
        (encoded(picture(60, 80), "BMP"), "must be JPEG, PNG, WebP or GIF"),
        (whole[: len(whole) // 2], "is damaged"),
        (bomb, "at most 25 megapixels as PNG, got 10000 × 6000 pixels"),
        (layered, "at most 100 layers"),
        (encoded(Image.new("L", (120, 90_000)), "PNG"), "too long for its width"),
        (bytes(program.MOST_BYTES + 1), "at most 20 MB"),
    ):
        with pytest.raises(program.PhotoError, match=words):
            program.square(data, 112)

    def decoded(*arguments: object) -> None:
        raise AssertionError("the limit must be checked before decoding")

    monkeypatch.setattr(program, "_decoded", decoded)
    with pytest.raises(program.PhotoError, match="megapixels"):
        program.square(bomb, 112)
