"""The measures of photos: what they say, and that only new and changed photos are measured."""

import io
import os
import shutil
from math import isnan
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from core import workspace
from core.datasets import by_photo, measures
from core.photos import capture
from core.reviewing import features
from tests.conftest import Pixels, drawing, encoded


def scene(seed: int = 0, side: int = 400) -> Pixels:
    """A picture with fine and coarse detail."""
    random = np.random.default_rng(seed)
    fine = random.normal(0, 25, (side, side, 3))
    coarse = cv2.resize(random.normal(0, 50, (9, 9, 3)), (side, side), interpolation=cv2.INTER_CUBIC)
    return np.clip(128 + fine + coarse, 0, 255).astype(np.uint8)


def made(folder: Path, count: int = 5) -> tuple[list[str], list[Path]]:
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"{number}.png" for number in range(count)]
    for number, name in enumerate(names):
        (folder / name).write_bytes(encoded(drawing("disc", number), "PNG"))
    return names, [folder / name for name in names]


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the photos that were measured, and not read from the cache."""
    done: list[str] = []
    measure = measures.measure

    def counted(path: Path) -> measures.Measure:
        done.append(path.name)
        return measure(path)

    monkeypatch.setattr(measures, "measure", counted)
    return done


def same(first: measures.Measure, second: measures.Measure) -> bool:
    borders = (first.border, second.border)
    if any(border is None for border in borders):
        return borders == (None, None) and first.error == second.error
    np.testing.assert_allclose(first.border, second.border, atol=0.1)  # stored in 16 bits
    facts = ("error", "key", "width", "height", "camera", "brightness", "contrast", "sharpness")
    return all(getattr(first, fact) == getattr(second, fact) for fact in facts)


def test_measures_are_used_again(tmp_path: Path, measured: list[str]) -> None:
    names, paths = made(tmp_path)
    paths[2].write_bytes(b"\xff\xd8\xff damaged")
    first = measures.of("mine", names, paths)
    assert sorted(measured) == names
    again = measures.of("mine", names, paths)
    assert len(measured) == 5
    assert all(same(before, after) for before, after in zip(first, again, strict=True))
    turned = measures.of("mine", names[::-1], paths[::-1])
    assert all(same(before, after) for before, after in zip(first[::-1], turned, strict=True))
    assert len(measured) == 5


def test_a_changed_photo_is_measured_anew_and_a_new_one_too(tmp_path: Path, measured: list[str]) -> None:
    names, paths = made(tmp_path)
    before = measures.of("mine", names, paths)
    paths[1].write_bytes(encoded(drawing("frame", 9), "PNG"))
    _, more_paths = made(tmp_path / "more", 1)
    measured.clear()
    after = measures.of("mine", [*names, "new.png"], [*paths, more_paths[0]])
    assert sorted(measured) == ["0.png", "1.png"]
    assert before[1].key != after[1].key
    assert before[0].key == after[0].key


def test_a_photo_of_the_same_size_and_another_time_is_measured_anew(tmp_path: Path, measured: list[str]) -> None:
    names, paths = made(tmp_path, 1)
    measures.of("mine", names, paths)
    os.utime(paths[0], (1, 1))
    measured.clear()
    measures.of("mine", names, paths)
    assert measured == ["0.png"]


@pytest.mark.parametrize("damage", [b"", b"PK", b"\0" * 1000])
def test_a_damaged_cache_is_made_again(tmp_path: Path, measured: list[str], damage: bytes) -> None:
    names, paths = made(tmp_path)
    first = measures.of("mine", names, paths)
    (stored,) = (workspace.cache() / "measures").iterdir()
    stored.write_bytes(damage)
    again = measures.of("mine", names, paths)
    assert len(measured) == 10
    assert all(same(before, after) for before, after in zip(first, again, strict=True))


def test_without_room_on_the_disk_they_are_measured_again(
    tmp_path: Path, measured: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(by_photo.atomic, "write", full)
    names, paths = made(tmp_path)
    assert all(measure.key for measure in measures.of("mine", names, paths))
    assert all(measure.key for measure in measures.of("mine", names, paths))
    assert len(measured) == 10


def test_an_interruption_keeps_what_was_measured(tmp_path: Path, measured: list[str]) -> None:
    names, paths = made(tmp_path, 40)

    def stop(done: int, total: int) -> None:
        if done:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        measures.of("mine", names, paths, stop)
    measured.clear()
    reported: list[tuple[int, int]] = []
    measures.of("mine", names, paths, lambda done, total: reported.append((done, total)))
    assert 0 < len(measured) < 40
    assert reported[0] == (0, len(measured))
    assert reported[-1] == (len(measured), len(measured))


def test_a_photo_that_can_not_be_read_has_a_sentence(tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff nothing more")
    for path in (broken, tmp_path / "gone.jpg", tmp_path):
        measure = measures.measure(path)
        assert measure.error.endswith(".")
        assert measure.border is None
        assert isnan(measure.brightness)
    names = ["broken.jpg", "gone.jpg"]
    of = measures.of("mine", names, [tmp_path / name for name in names])
    assert all(measure.error for measure in of)
    shutil.copy(made(tmp_path / "x", 1)[1][0], tmp_path / "gone.jpg")
    assert not measures.of("mine", names, [tmp_path / name for name in names])[1].error


def test_sharpness_falls_with_blur(tmp_path: Path) -> None:
    values = []
    for sigma in (0, 1, 2, 4):
        pixels = cv2.GaussianBlur(scene(), (0, 0), sigma) if sigma else scene()
        (tmp_path / "photo.png").write_bytes(encoded(pixels, "PNG"))
        values.append(measures.measure(tmp_path / "photo.png").sharpness)
    assert values == sorted(values, reverse=True)
    assert values[0] > 2 * values[-1]
    assert all(0 <= value <= 1 for value in values)


def test_brightness_and_contrast_are_in_lightness(tmp_path: Path) -> None:
    def measure(pixels: Pixels) -> measures.Measure:
        (tmp_path / "photo.png").write_bytes(encoded(pixels, "PNG"))
        return measures.measure(tmp_path / "photo.png")

    dark, bright = measure((scene() * 0.2).astype(np.uint8)), measure(scene())
    assert dark.brightness < 0.5 * bright.brightness
    assert dark.contrast < bright.contrast
    assert measure(np.zeros((50, 50, 3), np.uint8)).brightness == pytest.approx(0, abs=0.5)
    white = measure(np.full((50, 50, 3), 255, np.uint8))
    assert (white.brightness, white.contrast, white.sharpness) == pytest.approx((100, 0, 0), abs=0.5)


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (5, 7), (9, 9), (10, 10)])
def test_photos_of_any_size_are_measured(tmp_path: Path, size: tuple[int, int]) -> None:
    (tmp_path / "photo.png").write_bytes(encoded(np.full((*size, 3), 90, np.uint8), "PNG"))
    measure = measures.measure(tmp_path / "photo.png")
    assert not measure.error
    assert (measure.height, measure.width) == size
    assert measure.border is not None
    assert np.isfinite(measure.border).all()
    assert 0 <= measure.sharpness <= 1


def with_exif(**tags: object) -> bytes:
    exif = Image.Exif()
    if "taken" in tags:
        exif.get_ifd(capture.EXIF)[capture.TAKEN] = tags["taken"]
    if "saved" in tags:
        exif[0x0132] = tags["saved"]
    if "model" in tags:
        exif[capture.MODEL] = tags["model"]
    file = io.BytesIO()
    Image.fromarray(scene(side=64)).save(file, "JPEG", exif=exif)
    return file.getvalue()


def test_time_and_camera_are_read_from_the_photo(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(with_exif(taken="2026:05:04 10:20:30", model="Camera\0 "))
    (tmp_path / "later.jpg").write_bytes(with_exif(taken="2026:05:04 10:21:30", model="Camera"))
    first, later = (measures.measure(tmp_path / name) for name in ("photo.jpg", "later.jpg"))
    assert later.taken - first.taken == 60
    assert first.camera == later.camera == "Camera"
    stored = measures.of("mine", ["photo.jpg"], [tmp_path / "photo.jpg"])
    again = measures.of("mine", ["photo.jpg"], [tmp_path / "photo.jpg"])
    assert stored[0].taken == again[0].taken == first.taken


def test_the_time_of_saving_is_not_the_time_of_taking(tmp_path: Path) -> None:
    """A program that makes a thousand photos smaller would join them all."""
    (tmp_path / "photo.jpg").write_bytes(with_exif(saved="2026:05:04 10:20:30"))
    assert isnan(measures.measure(tmp_path / "photo.jpg").taken)


@pytest.mark.parametrize("taken", ["", "0000:00:00 00:00:00", "yesterday", "2026:13:45 10:20:30", "9" * 500, "\0"])
def test_a_time_that_makes_no_sense_is_unknown(tmp_path: Path, taken: str) -> None:
    (tmp_path / "photo.jpg").write_bytes(with_exif(taken=taken, model="x" * 500))
    measure = measures.measure(tmp_path / "photo.jpg")
    assert isnan(measure.taken)
    assert len(measure.camera) <= capture.LONGEST_MODEL


def test_datasets_with_similar_names_have_files_of_their_own(tmp_path: Path) -> None:
    """A dataset called like another one with the name of its network behind it."""
    kinds = (features.starter().name, str(measures.VERSION))
    names = ("shop", *(f"shop-{kind}" for kind in kinds))
    files = {by_photo.path_of(name, kind) for name in names for kind in kinds}
    assert len(files) == 6
