"""What the workspace takes: by kind, with each file counted once."""

import json
import os
import time
from pathlib import Path

import pytest

from core.__main__ import main
from core.files import cache, disk


def file(path: Path, size: int, age: float = 0.0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(size))
    os.utime(path, (time.time() - age,) * 2)
    return path


@pytest.fixture
def filled(home: Path) -> Path:
    file(home / "datasets/mine/photos/train/a/1.jpg", 1_000_000)
    file(home / "runs/1/metrics.jsonl", 3000)
    file(home / "cache/pixels/d/pixels.npy", 2_000_000, 500)
    file(home / "cache/pixels/d/index.json", 1000, 900)
    file(home / "cache/features/f.npy", 500_000)
    file(home / "cache/measures/mine-1.npz", 4000)
    backbone = file(home / "cache/backbones/b-32-c.tflite", 700_000)
    for name in ("one", "other"):
        (home / "models" / name).mkdir(parents=True)
        (home / "models" / name / "backbone.tflite").hardlink_to(backbone)
    return home


def test_each_kind_with_its_size(filled: Path) -> None:
    known = {one.kind: one for one in disk.usage()}
    assert {kind: (one.bytes, one.files) for kind, one in known.items()} == {
        "datasets": (1_000_000, 1),
        "models": (700_000, 1),  # two models and the cache share it: deleting the cache's name frees nothing
        "runs": (3000, 1),
        "searches": (0, 0),
        "evaluations": (0, 0),
        "recipes": (0, 0),
        "exports": (0, 0),
        "pixels": (2_001_000, 2),
        "features": (500_000, 1),
        "measures": (4000, 1),
        "thumbnails": (0, 0),
        "backbones": (0, 0),
        "exported": (0, 0),
        "runtimes": (0, 0),
        "downloads": (0, 0),
        "leftovers": (0, 0),
    }
    assert [kind for kind, one in known.items() if one.is_cache] == [*cache.KINDS, disk.LEFTOVERS]
    assert known["pixels"].used == pytest.approx(time.time() - 500, abs=60)
    assert known["recipes"].used is None


def test_an_empty_workspace_takes_nothing(home: Path) -> None:
    assert not any(one.bytes or one.files for one in disk.usage())
    assert list(home.iterdir()) == []


def test_the_command_shows_and_cleans(filled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["disk"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:4] == ["datasets", "1.0", "MB", "1"]
    assert lines[7].split()[:5] == ["pixels", "cache", "2.0", "MB", "2"]
    assert "limit" in lines[-1]
    assert main(["disk", "--clean"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "2.5 MB freed"
    assert {one.kind: one.bytes for one in disk.usage() if one.bytes} == {
        "datasets": 1_000_000,
        "models": 700_000,
        "runs": 3000,
    }


def test_the_command_speaks_json(filled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["disk", "--json", "--clean"]) == 0
    printed = capsys.readouterr()
    records = [json.loads(line) for line in printed.out.splitlines()]
    assert [record["bytes"] for record in records if record["cache"]] == [0] * 9
    assert printed.err == "2.5 MB freed\n"


def test_a_limit_that_is_no_number_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FITTING_ROOM_CACHE_GB", "lots")
    assert main(["disk"]) == 1
    assert capsys.readouterr().err.startswith(
        "FITTING_ROOM_CACHE_GB must be a number of gigabytes such as 20, got 'lots'"
    )
