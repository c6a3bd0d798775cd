"""What a fresh machine relies on: requirements, Makefile, Streamlit's settings, CI."""

import itertools
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from tests.contrast import contrast, faded, luminance

ROOT = Path(__file__).parents[1]
CONFIG = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))
REQUIREMENTS = tuple(f"requirements{part}.txt" for part in ("", "-dev", "-export", "-cluster", "-extras"))
needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="GNU make is not installed")


def requirements(name: str) -> list[Requirement]:
    """The packages of a requirements file, without comments and `-r` lines."""
    lines = (line.split("#")[0].strip() for line in (ROOT / name).read_text(encoding="utf-8").splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("-")]


# Requirements


@pytest.mark.parametrize(
    "requirement",
    [requirement for file in REQUIREMENTS for requirement in requirements(file)],
    ids=lambda r: r.name,
)
def test_every_requirement_is_bounded_above_and_below(requirement):
    operators = {specifier.operator for specifier in requirement.specifier}
    assert operators & {"<", "<=", "~=", "=="}, f"{requirement} lets any later version in"
    assert operators & {">=", "~=", "=="}, f"{requirement} lets any earlier version in"


def test_the_tools_come_on_top_of_the_app():
    assert "-r requirements.txt" in (ROOT / "requirements-dev.txt").read_text(encoding="utf-8").splitlines()
    for part in ("export", "cluster"):  # so that no test of these is skipped in CI
        assert f"-r requirements-{part}.txt" in (ROOT / "requirements-dev.txt").read_text(encoding="utf-8")
    runtime = {r.name for r in requirements("requirements.txt")}
    tools = {r.name for r in requirements("requirements-dev.txt")}
    assert {"streamlit", "tensorflow", "keras", "pillow", "numpy", "plotly", "pydantic"} <= runtime
    assert {"pytest", "ruff", "mypy"} <= tools
    assert not runtime & tools, "a package is listed twice"


def test_only_one_opencv():
    names = {r.name for r in [*requirements("requirements.txt"), *requirements("requirements-dev.txt")]}
    assert [name for name in names if name.startswith("opencv")] == ["opencv-python-headless"]


def test_this_python_is_one_we_promise():
    promised = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    assert promised == ">=3.11,<3.14"
    assert Version("3.11") <= Version(".".join(map(str, sys.version_info[:2]))) < Version("3.14")


# Makefile


def make(*arguments: str, cwd: Path = ROOT, path: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE") and k not in {"PYTHON", "MFLAGS"}}
    if path is not None:
        environment["PATH"] = path
    program = shutil.which("make")
    assert program
    return subprocess.run(
        [program, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A copy of what the Makefile reads, with no environment, in a folder with a space in its name."""
    folder = tmp_path / "fitting room"
    folder.mkdir()
    for name in ("Makefile", *REQUIREMENTS):
        shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder of programs to serve as the whole PATH: the shell's usual ones, and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "sed", "rm", "touch", "test", "find", "uname", "basename", "cat", "chmod", "mkdir"):
        (folder / name).symlink_to(shutil.which(name) or f"/bin/{name}")
    return folder


def write_program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


# A Python that fits, makes environments with a copy of itself in them, and writes down what pip was asked.
STUB = """
case "$*" in
  *"-m venv"*) mkdir -p .venv/bin; cat "$0" >.venv/bin/python; chmod +x .venv/bin/python; echo >.venv/pyvenv.cfg;;
  *"pip install"*) echo "$*" >>pip.log; test ! -f pip-fails;;
esac
"""


@needs_make
def test_help_tells_every_promised_target():
    told = dict(re.findall(r"^  make (\S+) +(\S.*)$", make("help").stdout, re.MULTILINE))
    assert told.keys() >= {"app", "env", "test", "test-fast", "lint", "bench", "clean"}


@needs_make
@pytest.mark.parametrize(("target", "command"), [("app", "streamlit run app.py"), ("test", "pytest"), ("lint", "mypy")])
def test_a_target_runs_what_it_says(target, command):
    assert f".venv/bin/python -m {command}" in make("--dry-run", target).stdout


@needs_make
def test_bench_runs_each_benchmark_there_is(elsewhere):
    (elsewhere / "benchmarks").mkdir()
    for name in ("__init__", "_clock", "augment", "startup"):
        (elsewhere / "benchmarks" / f"{name}.py").touch()
    assert "for name in augment startup;" in make("--dry-run", "bench", cwd=elsewhere).stdout


@needs_make
def test_a_second_call_asks_pip_nothing_until_the_requirements_change(elsewhere, programs):
    write_program(programs / "python3.12", STUB)
    log = elsewhere / "pip.log"

    first = make("env", cwd=elsewhere, path=str(programs))
    assert first.returncode == 0, first.stderr
    assert "Making the environment" in first.stdout
    assert len(log.read_text().splitlines()) == 1
    assert "tensorflow[and-cuda]" not in log.read_text()

    assert make("env", cwd=elsewhere, path=str(programs)).returncode == 0
    assert len(log.read_text().splitlines()) == 1

    later = (elsewhere / ".venv/.app-ready").stat().st_mtime + 5
    os.utime(elsewhere / "requirements.txt", (later, later))
    again = make("env", cwd=elsewhere, path=str(programs))
    assert "Making the environment" not in again.stdout
    assert len(log.read_text().splitlines()) == 2


@needs_make
def test_an_interrupted_installation_is_taken_up_again(elsewhere, programs):
    write_program(programs / "python3.12", STUB)
    (elsewhere / "pip-fails").touch()
    assert make("env", cwd=elsewhere, path=str(programs)).returncode != 0
    assert not (elsewhere / ".venv/.app-ready").exists()

    (elsewhere / "pip-fails").unlink()
    assert make("env", cwd=elsewhere, path=str(programs)).returncode == 0
    assert (elsewhere / ".venv/.app-ready").exists()
    assert len((elsewhere / "pip.log").read_text().splitlines()) == 2


@needs_make
@pytest.mark.skipif(sys.platform != "linux", reason="TensorFlow has a CUDA build for Linux only")
def test_a_gpu_brings_the_cuda_build_in_the_same_range(elsewhere, programs):
    write_program(programs / "python3.12", STUB)
    write_program(programs / "nvidia-smi", 'echo "GPU 0: drawn for a test"')
    assert make("env", cwd=elsewhere, path=str(programs)).returncode == 0
    (tensorflow,) = (r for r in requirements("requirements.txt") if r.name == "tensorflow")
    assert f"tensorflow[and-cuda]{tensorflow.specifier}" in (elsewhere / "pip.log").read_text().split()


@needs_make
def test_a_machine_without_a_fitting_python_is_told_so(elsewhere, programs):
    write_program(programs / "python3.13", "exit 127")  # a version manager's stand-in with nothing behind it
    write_program(programs / "python3", "exit 1")  # a Python too old
    answer = make("env", cwd=elsewhere, path=str(programs))
    assert answer.returncode != 0
    assert "Found no Python 3.11, 3.12 or 3.13." in answer.stderr
    assert not (elsewhere / ".venv").exists()


@needs_make
def test_clean_leaves_the_workspace(elsewhere):
    for kept in (
        "workspace/models/mine/__pycache__/card.json",
        "workspace/cache/bank.npy",
        "models/saved/starter/card.json",
    ):
        (elsewhere / kept).parent.mkdir(parents=True)
        (elsewhere / kept).touch()
    for gone in (".venv/pyvenv.cfg", "core/augment/__pycache__/engine.pyc", "__pycache__/app.pyc"):
        (elsewhere / gone).parent.mkdir(parents=True)
        (elsewhere / gone).touch()
    assert make("clean", cwd=elsewhere).returncode == 0
    left = {path.relative_to(elsewhere).as_posix() for path in elsewhere.rglob("*") if path.is_file()}
    assert left == {
        "Makefile",
        *REQUIREMENTS,
        "models/saved/starter/card.json",
        "workspace/cache/bank.npy",
        "workspace/models/mine/__pycache__/card.json",
    }


# Streamlit's settings


def test_the_app_answers_this_machine_only_and_sends_nothing():
    assert CONFIG["server"]["address"] == "127.0.0.1"
    assert CONFIG["server"]["showEmailPrompt"] is False
    assert CONFIG["browser"]["gatherUsageStats"] is False


def test_no_traceback_reaches_a_page():
    assert CONFIG["client"]["showErrorDetails"] == "none"
    assert CONFIG["client"]["showErrorLinks"] is False


def test_streamlit_knows_every_setting():
    from streamlit import config

    known = set(config.get_config_options(force_reparse=False))

    def keys(table: dict[str, object], prefix: str = "") -> list[str]:
        nested = [keys(v, f"{prefix}{k}.") if isinstance(v, dict) else [f"{prefix}{k}"] for k, v in table.items()]
        return list(itertools.chain.from_iterable(nested))

    assert set(keys(CONFIG)) <= known


def test_the_theme_needs_no_network():
    assert "http" not in str(CONFIG["theme"])


# The theme's contrasts, by WCAG 2.2: 4.5 for text, 3 for lines and controls


def test_contrast_is_measured_right():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_theme_is_readable(mode):
    theme = CONFIG["theme"][mode]
    grounds = [theme["backgroundColor"], theme["secondaryBackgroundColor"]]
    grounds.append(theme.get("sidebar", theme)["backgroundColor"])
    for ground in grounds:
        assert contrast(theme["textColor"], ground) >= 7
        assert contrast(faded(theme["textColor"], ground, 0.6), ground) >= 4.5  # captions
        assert contrast(theme["linkColor"], ground) >= 4.5
        assert contrast(theme["primaryColor"], ground) >= 3
    assert contrast("#FFFFFF", theme["primaryColor"]) >= 4.5  # a primary button's text
    assert contrast(theme["codeTextColor"], theme["codeBackgroundColor"]) >= 4.5


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_curves_stand_out_and_plotly_gets_the_ten_colours_it_needs(mode):
    theme = CONFIG["theme"][mode]
    colours = theme["chartCategoricalColors"]
    assert len(colours) == 10
    assert len(set(colours[:8])) == 8
    assert all(contrast(colour, theme["backgroundColor"]) >= 3 for colour in colours)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_heat_maps_read_in_grey(mode):
    steps = [luminance(colour) for colour in CONFIG["theme"][mode]["chartSequentialColors"]]
    assert len(steps) == 10
    assert steps == sorted(steps, reverse=mode == "light")


# CI


def test_ci_runs_the_same_commands():
    script = ROOT / ".ci/run"
    assert os.access(script, os.X_OK)
    lines = script.read_text(encoding="utf-8").splitlines()
    commands = [line.strip() for line in lines if not line.lstrip().startswith("#")]
    assert any(re.match(r"make lint\b", command) for command in commands)
    assert any(re.match(r"REQUIRE_BROWSER=1 make test\b", command) for command in commands)
    assert "set -euo pipefail" in commands
