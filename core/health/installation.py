"""Python, packages, GPU and weights."""

import importlib.metadata
import platform
import sys
from collections.abc import Iterator

from packaging.requirements import InvalidRequirement, Requirement

from core import machine, words, workspace
from core.backbones import BACKBONES
from core.health.findings import Finding, good, note, problem
from core.runs import defaults

OLDEST, NEWEST = (3, 11), (3, 13)
INSTALL = "Run `make env`, or `pip install -r requirements.txt` in the environment."
CUDA = "nvidia-cuda-runtime-cu12"  # comes with TensorFlow's CUDA build


def examine() -> Iterator[Finding]:
    """The findings about what the program runs on."""
    yield _python()
    yield from _packages()
    yield _gpu()
    yield _weights()


def _python() -> Finding:
    version = sys.version_info[:2]
    text = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}."
    if OLDEST <= version <= NEWEST:
        return good("Python", text)
    return problem("Python", text, "It must be 3.11 to 3.13. Install one and run `make env`.")


def _packages() -> Iterator[Finding]:
    wrong = 0
    for requirement in _requirements():
        found = _version(requirement.name)
        if found is None:
            wrong += 1
            yield problem("packages", f"{requirement.name} is missing.", INSTALL)
        elif not requirement.specifier.contains(found, prereleases=True):
            wrong += 1
            text = f"{requirement.name} must be {requirement.specifier}, got {found}."
            yield problem("packages", text, INSTALL)
    if not wrong:
        main = ", ".join(f"{name} {_version(name)}" for name in ("streamlit", "tensorflow", "keras"))
        yield good("packages", f"All packages are there: {main}.")


def _requirements() -> list[Requirement]:
    """The packages of requirements.txt that this system needs."""
    requirements = []
    for line in (workspace.PROJECT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        text = line.partition("#")[0].strip()
        try:
            requirement = Requirement(text) if text and not text.startswith("-") else None
        except InvalidRequirement:
            continue
        if requirement and (requirement.marker is None or requirement.marker.evaluate()):
            requirements.append(requirement)
    return requirements


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _gpu() -> Finding:
    gpus = machine.gpus()
    if not gpus:
        return good("GPU", f"No NVIDIA GPU. Training uses {words.count(machine.cores(), 'processor core')}.")
    names = ", ".join(f"{gpu.name} ({words.size(gpu.memory_bytes)})" for gpu in gpus)
    if _version(CUDA):
        return good("GPU", f"{names}, with TensorFlow's CUDA build.")
    return problem(
        "GPU",
        f"{names}, but TensorFlow came without CUDA, so training uses the processor.",
        "Run `make env` again, or `pip install 'tensorflow[and-cuda]'`.",
    )


def _weights() -> Finding:
    ready = [body.label for key in defaults.ready_backbones() if (body := BACKBONES.get(key)) and body.pretrained]
    if ready:
        return good("weights", f"ImageNet weights are here for {', '.join(ready)}.")
    return note(
        "weights",
        "No ImageNet weights are on this machine. Networks that learn from scratch, and saved models as backbones, can "
        "be trained offline.",
        "The first run with a pretrained backbone downloads its weights.",
    )
