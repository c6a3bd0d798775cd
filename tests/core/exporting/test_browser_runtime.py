"""The runtime for the browser: fetched once with npm, checked by its hash, and taken from the cache from then on."""

import gzip
import hashlib
import io
import os
import sys
import tarfile
from pathlib import Path

import pytest

from core.errors import DownloadError
from core.exporting import browser_runtime

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-in for npm is a POSIX script")


def package(script: bytes = b"export{a as b};") -> bytes:
    """A package with the two files that count, and others."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, data in {
            "package/package.json": b"{}",
            browser_runtime.SCRIPT: script,
            browser_runtime.WASM: b"\0asm",
        }.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return gzip.compress(file.getvalue(), mtime=0)  # with a time, the hash would change every second


class Npm:
    """A stand-in for npm that brings what `delivery` holds and notes how it was called."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.delivery = folder / "delivery.tgz"
        self.log = folder / "log.txt"
        self.program = folder / "npm"
        self.works(f"shutil.copy({str(self.delivery)!r}, {browser_runtime.FILE!r})")

    def works(self, line: str) -> None:
        """Let it do this after it has noted the call."""
        note = f"open({str(self.log)!r}, 'a').write(' '.join(sys.argv[1:]) + '\\n')"
        self.program.write_text(f"#!{sys.executable}\nimport shutil, sys, time\n{note}\n{line}\n")
        self.program.chmod(0o755)

    @property
    def calls(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Npm:
    """npm, alone on the PATH, bringing the package that is expected."""
    program = Npm(tmp_path)
    program.delivery.write_bytes(package())
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(browser_runtime, "SHA256", hashlib.sha256(package()).hexdigest())
    return program


def test_npm_is_asked_once(npm: Npm) -> None:
    said: list[str] = []
    first = browser_runtime.load(said.append)
    assert first == browser_runtime.Runtime("export{a as b};", b"\0asm")
    assert browser_runtime.load(said.append) == first
    assert [call.split()[:2] for call in npm.calls] == [["pack", browser_runtime.PACKAGE]]
    assert len(said) == 1
    assert browser_runtime.VERSION in said[0]


def test_a_package_put_there_by_hand_is_used_without_npm(npm: Npm) -> None:
    npm.program.unlink()
    browser_runtime.kept().parent.mkdir(parents=True)
    browser_runtime.kept().write_bytes(package())
    assert browser_runtime.load().wasm == b"\0asm"


def test_without_npm_a_sentence_says_what_to_do(npm: Npm) -> None:
    npm.program.unlink()
    with pytest.raises(DownloadError, match="npm is missing") as error:
        browser_runtime.load()
    assert f"npm pack {browser_runtime.PACKAGE}" in str(error.value)
    assert str(browser_runtime.kept().parent) in str(error.value)


def test_a_damaged_package_in_the_cache_is_fetched_again(npm: Npm) -> None:
    browser_runtime.load()
    browser_runtime.kept().write_bytes(package()[:100])
    assert browser_runtime.load().wasm == b"\0asm"
    assert len(npm.calls) == 2
    assert browser_runtime.kept().read_bytes() == package()


def test_another_file_than_expected_is_not_used(npm: Npm, home: Path) -> None:
    npm.delivery.write_bytes(package(b"stealPhotos()"))
    with pytest.raises(DownloadError, match="another file than expected"):
        browser_runtime.load()
    assert not browser_runtime.kept().exists()
    assert list(home.rglob("*.tgz")) == []


def test_what_npm_complains_about_is_said(npm: Npm) -> None:
    npm.works("print('npm error code ENOTFOUND', file=sys.stderr); sys.exit(1)")
    with pytest.raises(DownloadError, match="npm error code ENOTFOUND"):
        browser_runtime.load()


def test_npm_does_not_take_forever(npm: Npm, monkeypatch: pytest.MonkeyPatch) -> None:
    npm.works("time.sleep(60)")
    monkeypatch.setattr(browser_runtime, "PATIENCE", 0.2)
    with pytest.raises(DownloadError, match="has not fetched"):
        browser_runtime.load()


def test_an_npm_that_does_not_start_is_said(npm: Npm) -> None:
    npm.program.write_text("#!/there/is/no/such/program\n")
    with pytest.raises(DownloadError, match="can't be started"):
        browser_runtime.load()
