"""ONNX Runtime Web, which runs models in a browser: fetched once with npm, checked, and kept in the cache.

It is not part of this project: a page that leaves takes a copy along.
"""

import hashlib
import io
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core import words, workspace
from core.errors import DownloadError
from core.files import atomic, cache

VERSION = "1.26.0"
PACKAGE = f"onnxruntime-web@{VERSION}"
FILE = f"onnxruntime-web-{VERSION}.tgz"
SHA256 = "7ab757f1ad02965cb349ac63e762d05548b77616eb7696baddfc382737e0d4ac"  # of FILE
BYTES = 30_358_274
MOST_BYTES = 2 * BYTES  # of what claims to be FILE
PATIENCE = 600  # s
# The smallest of the package's builds with all operators: WebAssembly on the CPU, one file with its loader inside
SCRIPT = "package/dist/ort.wasm.bundle.min.mjs"
WASM = "package/dist/ort-wasm-simd-threaded.wasm"

Progress = Callable[[str], object]


@dataclass(frozen=True)
class Runtime:
    """The two files of the runtime."""

    script: str  # an ES module
    wasm: bytes


def load(progress: Progress | None = None) -> Runtime:
    """The runtime, from the cache or, the first time, with npm; `progress` then gets a sentence to show.

    Raises DownloadError if npm is missing, fails, or brings another file than expected.
    """
    path = kept()
    data = _read(path)
    if data is None:
        if progress:
            progress(f"Downloading ONNX Runtime Web {VERSION} ({words.size(BYTES)}), this once …")
        data = _fetch(path)
    cache.touch(path)
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return Runtime(_member(archive, SCRIPT).decode(), _member(archive, WASM))


def kept() -> Path:
    """Where the package is kept. A package that somebody puts there by hand is used as well."""
    return workspace.cache() / "runtimes" / FILE


def _read(path: Path) -> bytes | None:
    """The package; None if it is not there or not the one expected."""
    try:
        data = atomic.read_bytes(path, MOST_BYTES)
    except OSError:
        return None
    return data if hashlib.sha256(data).hexdigest() == SHA256 else None


def _fetch(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    npm = shutil.which("npm")
    if npm is None:
        raise DownloadError(
            f"The page needs ONNX Runtime Web, which npm fetches, and npm is missing. Install Node.js, which brings it "
            f"(https://nodejs.org); or run `npm pack {PACKAGE}` on another computer and move the file {FILE} to "
            f"{path.parent}."
        )
    cache.make_room(BYTES)
    with atomic.scratch_folder(workspace.scratch() / "npm") as folder:
        _pack(npm, folder)
        data = _read(folder / FILE)
        if data is None:
            raise DownloadError(
                f"npm brought another file than expected for {PACKAGE}, so it is not used. Check the registry that npm "
                "uses (`npm config get registry`) and try again."
            )
    atomic.write(path, lambda file: file.write(data))
    return data


def _pack(npm: str, folder: Path) -> None:
    """Let npm put the package into the folder. It has no share in what our own folders configure."""
    command = [npm, "pack", PACKAGE, "--ignore-scripts", "--no-update-notifier"]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DownloadError(
            f"npm has not fetched {PACKAGE} within {words.duration(PATIENCE)}. Check the internet connection and try "
            "again."
        ) from None
    except OSError as error:
        raise DownloadError(f"npm can't be started ({error.strerror}). Install Node.js anew and try again.") from error
    if done.returncode:
        reason = words.printable(next((line for line in done.stderr.splitlines() if line.strip()), "no reason given"))
        raise DownloadError(
            f"npm could not fetch {PACKAGE} ({reason}). Check the internet connection and try again, or run "
            f"`npm pack {PACKAGE}` yourself to see more."
        )


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    assert file is not None  # the hash says that it is the package
    return file.read()
