"""The versions that the machines of a cluster must share, or a run would depend on where it is trained."""

import hashlib
import platform
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("keras", "tensorflow", "numpy", "opencv-python-headless", "ai-edge-litert", "pydantic")
CODE = "Fitting Room"
MISSING = "none"
ROOMS = ("core", "models")


def here() -> dict[str, str]:
    """What counts on this machine, by name: Python and each package to their minor versions, and the code's digest."""
    return {"Python": _minor(platform.python_version()), **{name: _installed(name) for name in PACKAGES}, CODE: code()}


def difference(expected: Mapping[str, str], machine: str) -> str:
    """A sentence if this machine, called `machine`, has another version than expected; empty if it fits."""
    for name, own in here().items():
        wanted = expected.get(name, MISSING)
        if own != wanted:
            return (
                f"The machine {machine} of the cluster must have {name} {wanted}, as the machine that sends the runs, "
                f"got {own}. Install the same versions on both (pip install -r requirements.txt -r "
                "requirements-cluster.txt) and start its part of the cluster again."
            )
    return ""


@lru_cache(maxsize=1)
def code() -> str:
    """A digest of the program's code: 12 hex digits."""
    root = Path(__file__).parents[2]
    digest = hashlib.blake2b(digest_size=6)
    for path in sorted(path for room in ROOMS for path in (root / room).rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _installed(name: str) -> str:
    try:
        return _minor(version(name))
    except PackageNotFoundError:
        return MISSING


def _minor(text: str) -> str:
    return ".".join(text.split(".")[:2])
