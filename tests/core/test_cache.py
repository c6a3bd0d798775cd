"""The cache's room: what goes first, what is never touched, and what killed processes leave."""

import errno
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from core import workspace
from core.datasets import adding, pack
from core.errors import SettingsError
from core.files import arrays, cache
from tests.full_disk import replace_disk

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such locks, and deletes nothing open")
SIZE = 100_000


@pytest.fixture
def features(home: Path) -> Path:
    folder = home / "cache" / "features"
    folder.mkdir(parents=True)
    return folder


def thing(path: Path, age: float = 0.0, size: int = SIZE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(size))
    aged(path, age)
    return path


def aged(path: Path, age: float) -> None:
    os.utime(path, (time.time() - age,) * 2)


def limited(monkeypatch: pytest.MonkeyPatch, size: float) -> None:
    monkeypatch.setenv("FITTING_ROOM_CACHE_GB", str(size / cache.GB))


def names() -> set[str]:
    return {entry.path.name for entry in cache.entries()}


# The limit


def test_the_limit_is_what_a_person_wishes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FITTING_ROOM_CACHE_GB", "1.5")
    assert cache.limit() == 1.5e9


def test_without_a_wish_it_fits_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FITTING_ROOM_CACHE_GB", raising=False)
    assert 0 < cache.limit() <= 20e9


@pytest.mark.parametrize("wish", ["much", "-1", "nan", "1,5"])
def test_a_wish_that_is_no_number(monkeypatch: pytest.MonkeyPatch, wish: str) -> None:
    monkeypatch.setenv("FITTING_ROOM_CACHE_GB", wish)
    with pytest.raises(SettingsError, match=f"FITTING_ROOM_CACHE_GB must be a number of .*, got '{wish}'"):
        cache.limit()


# What goes


def test_what_was_used_least_recently_goes_first(features: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for age in (10, 40, 20, 30):
        thing(features / f"{age}.npy", age)
    limited(monkeypatch, 4 * SIZE)
    cache.make_room(0)
    assert names() == {"10.npy", "20.npy", "30.npy", "40.npy"}
    cache.make_room(SIZE + 1)
    assert names() == {"10.npy", "20.npy"}


def test_whatever_its_kind(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    thing(home / "cache/features/b.npy", 20)
    thing(home / "cache/backbones/a-32-c.tflite", 30)
    thing(home / "cache/pixels/d/pixels.npy", 10)
    thing(home / "cache/pixels/d/index.json", 40, 10)
    thing(home / "cache/speed.json", 50)
    assert [entry.kind for entry in cache.entries()] == ["backbones", "features", "pixels"]
    limited(monkeypatch, 0)
    cache.make_room(0)
    assert names() == set()
    assert {path.name for path in (home / "cache").rglob("*") if path.is_file()} == {"speed.json"}


def test_reading_is_using(features: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "other"):
        arrays.store(features / f"{name}.npy", [np.ones((100, 10), np.float32)], 100)
    aged(features / "one.npy", 200)
    aged(features / "other.npy", 100)
    assert arrays.mapped(features / "one.npy", 100) is not None
    limited(monkeypatch, 5000)
    cache.make_room(0)
    assert names() == {"one.npy"}


def test_a_pack_is_used_by_loading_it(tiny_dataset: Path) -> None:
    dataset = adding.add_folder("tiny", tiny_dataset)
    pack.load(dataset, "train", 16)
    for path in (workspace.cache() / "pixels").rglob("*"):
        aged(path, 1000)
    assert cache.entries()[0].used < time.time() - 900
    pack.load(dataset, "train", 16)
    assert cache.entries()[0].used > time.time() - 100


def test_new_features_push_out_old_ones(features: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limited(monkeypatch, 2.5 * SIZE)
    rows = np.ones((SIZE // 4, 1), np.float32)
    for number in range(4):
        arrays.store(features / f"{number}.npy", [rows], len(rows))
        aged(features / f"{number}.npy", 100 - number)
    assert names() == {"2.npy", "3.npy"}


def test_a_small_disk_makes_room_only_where_that_is_enough(features: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limited(monkeypatch, 1e12)
    monkeypatch.setattr(cache, "free", lambda: cache.SPARE)
    for age in (10, 20, 30):
        thing(features / f"{age}.npy", age)
    cache.make_room(3 * SIZE + 1)
    assert len(names()) == 3
    cache.make_room(SIZE + 1)
    assert names() == {"10.npy"}


def test_a_disk_that_says_it_is_full_gets_another_chance(features: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A quota shows nowhere beforehand: only writing tells."""
    thing(features / "old.npy", 100)

    def taken(place: int, count: int) -> int:
        if count > 100 and (features / "old.npy").exists():
            raise OSError(errno.EDQUOT, "Disk quota exceeded")
        return count

    replace_disk(monkeypatch, taken)
    vectors, trouble = arrays.store(features / "new.npy", [np.ones((100, 9), np.float32)], 100)
    assert trouble is None
    assert names() == {"new.npy"}
    assert vectors.sum() == 900


# What stays


@posix
def test_what_is_mapped_stays(features: Path) -> None:
    mapped, _ = arrays.store(features / "mapped.npy", [np.ones((100, 10), np.float32)], 100)
    thing(features / "idle.npy")
    cleaned = cache.clean()
    assert (cleaned.bytes, cleaned.in_use) == (SIZE, 1)
    assert names() == {"mapped.npy"}
    assert mapped.sum() == 1000
    del mapped
    assert cache.clean().in_use == 0
    assert names() == set()


@posix
def test_what_another_process_has_mapped_stays_until_it_is_killed(tiny_dataset: Path, home: Path) -> None:
    adding.add_folder("tiny", tiny_dataset)
    script = """
import time
from core import workspace
from core.datasets import adding, catalogue, pack
packed = pack.load(catalogue.load("tiny"), "train", 16)
(workspace.home() / "mapped").touch()
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", script], cwd=workspace.PROJECT) as process:
        try:
            until(lambda: (home / "mapped").exists())
            assert cache.clean().in_use == 1
            assert len(names()) == 1
        finally:
            process.kill()
    assert cache.clean().in_use == 0
    assert names() == set()


def until(reached: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not reached():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_backbone_that_a_worker_holds_stays(home: Path) -> None:
    held = thing(home / "cache/backbones/mobilenet_v2-32-abc.tflite")
    thing(home / "cache/backbones/xception-32-abc.tflite")
    with held.open("rb") as file:
        cache.hold(file)
        cache.clean()
        assert names() == {"mobilenet_v2-32-abc.tflite"}
    cache.clean()
    assert names() == set()


def test_what_a_saved_model_links_frees_nothing_and_stays(home: Path) -> None:
    path = thing(home / "cache/backbones/mobilenet_v2-32-abc.tflite")
    model = home / "models" / "mine" / "backbone.tflite"
    model.parent.mkdir(parents=True)
    model.hardlink_to(path)
    cleaned = cache.clean()
    assert (cleaned.bytes, cleaned.in_use) == (0, 0)
    assert path.exists()


def test_a_download_in_progress_stays(home: Path) -> None:
    (home / "locks").mkdir()
    thing(home / "cache/downloads/clothing.zip")
    thing(home / "cache/downloads/.clothing.zip.12ab", 2 * cache.HALF_WRITTEN)
    with FileLock(home / "locks" / cache.DOWNLOADING):
        cache.clean()
        assert len(list((home / "cache/downloads").iterdir())) == 2
    cache.clean()
    assert list((home / "cache/downloads").iterdir()) == []


# What killed processes leave


@pytest.mark.parametrize("name", ["features/.a.npy.1a2b", "backbones/.b.tflite.1a2b", "pixels/.c.x1/pixels.npy"])
def test_half_written_things_are_swept_after_an_hour(home: Path, name: str) -> None:
    path = thing(home / "cache" / name, cache.HALF_WRITTEN + 60)
    for folder in path.parents[: path.relative_to(home / "cache").parts.__len__() - 2]:
        aged(folder, cache.HALF_WRITTEN + 60)
    fresh = thing(path.with_name(f"{path.name}.new") if path.parent.name[0] != "." else home / "cache/pixels/.d/p.npy")
    assert names() == set()
    cache.make_room(0)
    assert not path.exists()
    assert fresh.exists()


@posix
def test_what_is_being_written_is_never_swept(features: Path) -> None:
    rows = arrays.Rows(features / ".new.npy.1a2b", np.float32, (3,), 1)
    rows.append(np.ones((1, 3), np.float32))
    aged(features / ".new.npy.1a2b", 2 * cache.HALF_WRITTEN)  # a laptop that slept
    cache.make_room(0)
    assert (features / ".new.npy.1a2b").exists()
    rows.close()
    cache.make_room(0)
    assert not (features / ".new.npy.1a2b").exists()


def test_an_empty_cache_is_no_trouble(home: Path) -> None:
    assert cache.entries() == []
    assert cache.clean() == cache.Cleaned(0, 0)
    cache.make_room(1000)
    assert not (home / "cache").exists()
