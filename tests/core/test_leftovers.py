"""What killed processes leave behind: found, counted and deleted, and never what somebody is writing."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core import workspace
from core.files import atomic, disk, leftovers, locks


def abandoned(path: Path, size: int = 1000, age: float = 2 * leftovers.OLD) -> Path:
    """A half-written folder that a killed process has left beside `path`."""
    folder = atomic.temporary_name(path)
    (folder / "photos").mkdir(parents=True)
    (folder / "photos" / "a.jpg").write_bytes(bytes(size))
    for place in (folder / "photos" / "a.jpg", folder / "photos", folder):
        os.utime(place, (time.time() - age, time.time() - age))
    return folder


@pytest.mark.parametrize("place", ["datasets", "models", "runs", "scratch"])
def test_a_half_written_folder_is_deleted(home: Path, place: str) -> None:
    folder = abandoned(getattr(workspace, place)() / "clothes")
    assert [leftover.path for leftover in leftovers.find()] == [folder]
    assert leftovers.sweep() >= 1000
    assert not folder.exists()


def test_a_half_written_file_in_a_run_is_deleted(home: Path) -> None:
    file = atomic.temporary_name(workspace.runs() / "20260101-100000-000000-aaaa" / "backup.npz")
    file.parent.mkdir(parents=True)
    file.write_bytes(bytes(500))
    os.utime(file, (0, 0))
    assert leftovers.sweep() == 500
    assert list(file.parent.iterdir()) == []


def test_names_of_earlier_versions_are_found(home: Path) -> None:
    folder = workspace.datasets() / ".clothes.k3x_9q2a"
    folder.mkdir(parents=True)
    os.utime(folder, (0, 0))
    assert [leftover.path for leftover in leftovers.find()] == [folder]


def test_what_is_being_written_stays(home: Path) -> None:
    with atomic.new_folder(workspace.datasets() / "clothes") as folder:
        (folder / "a.jpg").write_bytes(bytes(1000))
        for path in (folder / "a.jpg", folder):
            os.utime(path, (0, 0))  # a machine that sleeps for a day
        assert leftovers.find() == []
        assert leftovers.sweep(0) == 0
    assert (workspace.datasets() / "clothes" / "a.jpg").exists()


def test_what_has_just_been_written_stays(home: Path) -> None:
    folder = abandoned(workspace.models() / "mine", age=10)
    assert leftovers.find() == []
    assert leftovers.sweep(leftovers.STILL) == 0
    assert folder.exists()


@pytest.mark.parametrize("name", [".gitignore", ".notes.markdown", ".page.template", "notes.0a1b2c3d"])
def test_own_hidden_files_stay(home: Path, name: str) -> None:
    workspace.runs().mkdir(parents=True)
    file = workspace.runs() / name
    file.touch()
    os.utime(file, (0, 0))
    leftovers.sweep(0)
    assert file.exists()


def test_a_killed_process_leaves_what_can_be_swept(home: Path) -> None:
    code = (
        "import os, signal\n"
        "from core import workspace\n"
        "from core.files import atomic\n"
        "with atomic.new_folder(workspace.datasets() / 'clothes') as folder:\n"
        "    (folder / 'a.jpg').write_bytes(bytes(1000))\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", code],
        cwd=workspace.PROJECT,
        env={**os.environ, "FITTING_ROOM_HOME": str(home)},
        check=False,
    )
    assert process.returncode == -9
    (folder,) = (path for path in workspace.datasets().iterdir())
    for path in (folder / "a.jpg", folder):
        os.utime(path, (0, 0))
    usage = {kind.kind: kind for kind in disk.usage()}
    assert (usage["leftovers"].bytes >= 1000, usage["datasets"].bytes) == (True, 0)
    assert disk.clean().bytes >= 1000
    assert list(workspace.datasets().iterdir()) == []


def test_two_marks_of_use_do_not_exclude_each_other(tmp_path: Path) -> None:
    with locks.in_use(tmp_path), locks.in_use(tmp_path), locks.unused(tmp_path) as is_unused:
        assert not is_unused
    with locks.unused(tmp_path) as is_unused:
        assert is_unused
