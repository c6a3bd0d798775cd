"""A disk that is full, read-only, closed or gone: the sentence names the file and what to do."""

import errno
import os
from pathlib import Path

import pytest

from core import workspace
from core.datasets import adding, catalogue
from core.files import atomic, storage_errors
from core.shell.main import main
from tests.full_disk import limit_disk


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EDQUOT, "disk is full"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "may not use"),
        (errno.EIO, "can't be reached"),
    ],
)
def test_each_fault_has_a_sentence_with_the_file(number: int, words: str) -> None:
    sentence = storage_errors.sentence(OSError(number, os.strerror(number), "/disk/status.json"))
    assert words in sentence
    assert "/disk/status.json" in sentence


def test_a_workspace_that_vanished_is_named(home: Path) -> None:
    path = workspace.runs() / "a" / "status.json"
    with pytest.raises(FileNotFoundError) as caught:
        atomic.write_json(path, {})
    assert f"{path} vanished" in storage_errors.sentence(caught.value)


def test_other_faults_have_none() -> None:
    assert storage_errors.sentence(FileNotFoundError(errno.ENOENT, "gone", "/somewhere/else")) == ""
    assert storage_errors.sentence(ConnectionResetError(errno.ECONNRESET, "reset")) == ""


def test_a_full_disk_names_the_file_and_not_its_temporary_name(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit_disk(monkeypatch, 0)
    with pytest.raises(OSError, match="No space") as caught:
        atomic.write_json(home / "pinned.json", {"a": 1})
    assert f"{home / 'pinned.json'} can't be written" in storage_errors.sentence(caught.value)
    assert list(home.iterdir()) == []


def test_the_shell_says_it_in_one_line(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(path: Path, *rest: object, **options: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr(Path, "mkdir", refuse)
    assert main(["data", "check", catalogue.DRAWN]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"The disk is read-only: {home}")


def test_a_full_disk_does_not_burn_a_dataset_s_name(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_dataset: Path
) -> None:
    with monkeypatch.context() as full:
        limit_disk(full, 0)
        with pytest.raises(OSError, match="No space"):
            adding.add_folder("mine", tiny_dataset)
    assert "mine" not in catalogue.names()
    assert catalogue.damaged() == []
    adding.add_folder("mine", tiny_dataset)
    assert "mine" in catalogue.names()
