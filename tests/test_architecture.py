"""Three rooms, one direction: pages → core ← models, and inside core/ the arrows only go down a list of folders.

Imports inside functions count like those at the top.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = {"app", "pages", "core", "models", "tests", "benchmarks"}
KERAS = {"keras", "tensorflow", "tf_keras", "jax", "torch"}
PAGES_MAY = {"core", "pages", "streamlit", "numpy", "plotly", "pandas", "PIL"}
# Single files that every folder may import.
CORE_FLOOR = {"errors", "environment", "workspace", "machine", "words", "backbone", "backbones"}
CORE_ORDER = (  # lowest first
    "files", "serving", "photos", "augment", "datasets", "answering", "reviewing", "runs", "searching", "comparing",
    "evaluating", "sending", "teaching", "drawing", "reporting", "health", "exporting", "importing",
    "shell",
)  # fmt: skip
PAGE_ROOMS = {  # the rooms that each part of pages/ may import, beside its own
    "app": {"frame"},
    "frame": set(),
    "photos": {"frame"},
    "runs": {"frame"},
    **{
        room: {"frame", "photos", "runs"}
        for room in ("augmenting", "training", "comparing", "predicting", "reviewing", "teaching")
    },
    "home": {"frame", "photos"},
    "augment": {"frame", "photos", "augmenting"},
    "train": {"frame", "photos", "runs", "training"},
    "compare": {"frame", "photos", "runs", "comparing"},
    "predict": {"frame", "photos", "runs", "predicting"},
    "data": {"frame", "photos", "reviewing"},
    "teach": {"frame", "photos", "teaching"},
}
LONGEST = 300  # lines of a file
EXPORTED = ("core", "exporting", "service_files")  # programs that run elsewhere, with other packages
BACKENDS_IN = ("models/convert.py", "models/norms.py", "models/steps.py", "models/tflite_graph.py")


def sources(root: Path) -> list[Path]:
    """Every Python file of the product."""
    rooms = [path for room in ("core", "pages", "models") for path in (root / room).rglob("*.py")]
    return sorted([*root.glob("*.py"), *rooms])


def imported(path: Path, root: Path) -> Iterator[str]:
    """The dotted name of every module that a file imports, wherever in it and however."""
    package = path.relative_to(root).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*above, *([node.module] if node.module else [])])
            if module in ROOMS:  # `from core import files` names the folder only in its aliases
                yield from (f"{module}.{alias.name}" for alias in node.names)
            else:
                yield from ([module] if module else [alias.name for alias in node.names])
        elif isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in ("import_module", "__import__") and node.args and isinstance(node.args[0], ast.Constant):
                yield str(node.args[0].value)


def wrong_arrows(root: Path) -> list[str]:
    """'file imports module' for each import that the rooms' one direction forbids."""
    wrong = []
    for path in sources(root):
        name = path.relative_to(root).as_posix()
        room = path.relative_to(root).with_suffix("").parts[0]
        for module in imported(path, root):
            top = module.split(".")[0]
            if room in ("core", "models"):
                forbidden = (ROOMS | {"streamlit"}) - ({"core"} if room == "core" else {"core", "models"})
                if room == "core":
                    forbidden |= KERAS
                elif name not in BACKENDS_IN:
                    forbidden |= KERAS - {"keras"}
                fits = top not in forbidden
            else:
                fits = top in PAGES_MAY or top in sys.stdlib_module_names
            if not fits:
                wrong.append(f"{name} imports {module}")
    return wrong


def core_level(module: str) -> int:
    """How high a module of core/ stands: -1 for the single files at the top, else its folder's place in the order."""
    part = module.split(".")[1]
    return -1 if part in CORE_FLOOR else CORE_ORDER.index(part)


def climbing_arrows(root: Path) -> list[str]:
    """'file imports module' for each import inside core/ that leads to a folder above the file's own."""
    climbing = []
    for path in sorted((root / "core").rglob("*.py")):
        name = path.relative_to(root).as_posix()
        place = ".".join(path.relative_to(root).with_suffix("").parts)
        if place in ("core.__init__", "core.__main__"):
            continue
        for module in imported(path, root):
            if module.startswith("core.") and core_level(module) > core_level(place):
                climbing.append(f"{name} imports {module}")
    return climbing


def test_inside_core_arrows_only_go_down():
    assert climbing_arrows(ROOT) == []


@pytest.mark.parametrize(
    ("file", "text", "climbs"),
    [
        ("core/files/cache.py", "from core.runs.folder import look_all", True),
        ("core/datasets/offered.py", "def start():\n    from core.runs import launch", True),
        ("core/errors.py", "from core.files import atomic", True),
        ("core/photos/album.py", "from core.datasets import folders", True),
        ("core/runs/better.py", "from core.answering import shelf", False),
        ("core/datasets/pack.py", "from core.photos import decode\nfrom core.errors import AppError", False),
        ("core/runs/queue.py", "from core.runs import devices", False),
    ],
)
def test_an_arrow_that_climbs_is_found(tmp_path, file, text, climbs):
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    assert bool(climbing_arrows(tmp_path)) == climbs


def page_arrows(root: Path) -> list[str]:
    """'file imports module' for each import between the rooms of pages/ that PAGE_ROOMS does not allow."""
    wrong = []
    for path in sorted([*root.glob("app.py"), *(root / "pages").rglob("*.py")]):
        name = path.relative_to(root).as_posix()
        parts = path.relative_to(root).with_suffix("").parts
        place = parts[0] if len(parts) == 1 else parts[1]
        if place == "__init__":
            continue
        for module in imported(path, root):
            room = module.split(".")[1] if module.startswith("pages.") else place
            if room != place and room not in PAGE_ROOMS[place]:
                wrong.append(f"{name} imports {module}")
    return wrong


def test_the_rooms_of_the_pages_share_the_frame_and_the_photo_only():
    assert page_arrows(ROOT) == []
    assert {path.stem for path in (ROOT / "pages").glob("*.py")} <= {*PAGE_ROOMS, "__init__"}


@pytest.mark.parametrize(
    ("file", "text", "wrong"),
    [
        ("pages/frame/better.py", "from pages.training import form", True),
        ("pages/training/form.py", "def form():\n    from pages.augmenting import editor", True),
        ("pages/predict.py", "from pages.comparing import luck", True),
        ("pages/frame/page.py", "from pages.photos import pictures", True),
        ("app.py", "from pages import training", True),
        ("app.py", "from pages.frame import navigation", False),
        ("pages/training/form.py", "from pages.training import widgets\nfrom pages.frame import session", False),
        ("pages/predict.py", "from pages.predicting import tray", False),
    ],
)
def test_an_arrow_between_two_pages_is_found(tmp_path, file, text, wrong):
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    assert bool(page_arrows(tmp_path)) == wrong


def test_no_file_is_too_long_to_read():
    long = {
        path.relative_to(ROOT).as_posix(): count
        for path in sources(ROOT)
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST
    }
    assert long == {}


def test_the_session_s_state_is_touched_in_one_place():
    """Every key stands in pages/frame/session.py, with its type."""
    touching = {
        path.relative_to(ROOT).as_posix()
        for path in sources(ROOT)
        if any(
            isinstance(node, ast.Attribute) and node.attr == "session_state"
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        )
    }
    assert touching == {"pages/frame/session.py", "pages/frame/values.py"}


def test_components_are_made_in_one_place():
    """It lets them go on working when Streamlit ends a call late."""
    making = {
        path.relative_to(ROOT).as_posix()
        for path in sources(ROOT)
        if "components.v2.component" in path.read_text(encoding="utf-8") and path.is_relative_to(ROOT / "pages")
    }
    assert making == {"pages/frame/component.py"}


def test_no_import_points_the_wrong_way():
    assert {"app.py", "core/errors.py", "models/worker.py"} <= {p.relative_to(ROOT).as_posix() for p in sources(ROOT)}
    assert wrong_arrows(ROOT) == []


@pytest.mark.parametrize(
    ("file", "text", "arrow"),
    [
        ("pages/train.py", "from models import build", "models.build"),
        ("pages/train.py", "def page():\n    import keras.layers", "keras.layers"),
        ("pages/train.py", "import tensorflow as tf", "tensorflow"),
        ("pages/frame/page.py", "import cv2", "cv2"),
        ("app.py", "if True:\n    from models.worker import main", "models.worker"),
        ("app.py", "import importlib\nimportlib.import_module('models.worker')", "models.worker"),
        ("core/shelf.py", "import streamlit as st", "streamlit"),
        ("core/runs/launch.py", "try:\n    import keras\nexcept ImportError:\n    pass", "keras"),
        ("core/runs/launch.py", "from models.worker import main", "models.worker"),
        ("core/runs/launch.py", "from ...models import worker", "models.worker"),
        ("core/__main__.py", "def train():\n    __import__('tensorflow')", "tensorflow"),
        ("core/shelf.py", "from pages import frame", "pages.frame"),
        ("models/fit.py", "import streamlit", "streamlit"),
        ("models/fit.py", "def fit():\n    from tensorflow import data", "tensorflow"),
        ("models/fit.py", "import app", "app"),
        ("models/convert.py", "from tests.conftest import picture", "tests.conftest"),
        ("core/shelf.py", "import benchmarks.study", "benchmarks.study"),
        ("pages/compare.py", "from tests import conftest", "tests.conftest"),
    ],
)
def test_a_wrong_arrow_is_found(tmp_path, file, text, arrow):
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    assert wrong_arrows(tmp_path) == [f"{file} imports {arrow}"]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pages/train.py", "import json\nimport numpy as np\nimport streamlit as st\nfrom core.runs import queue"),
        ("app.py", "from pages.frame import page"),
        ("core/shelf.py", "import numpy\nfrom core import atomic\nfrom . import errors"),
        ("models/fit.py", "import keras\nfrom core.errors import AppError\nfrom models import build"),
        ("models/convert.py", "def convert():\n    import tensorflow as tf"),
    ],
)
def test_a_right_arrow_is_left_alone(tmp_path, file, text):
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    assert wrong_arrows(tmp_path) == []


def test_only_the_cluster_imports_ray():
    """The app and its worker do without it."""
    importing = {
        path.relative_to(ROOT).parent.as_posix()
        for path in sources(ROOT)
        if any(module.split(".")[0] == "ray" for module in imported(path, ROOT))
    }
    assert importing == {"models/cluster"}
    outside = [
        path.relative_to(ROOT).as_posix()
        for path in sources(ROOT)
        if path.parent != ROOT / "models" / "cluster"
        and any(module.startswith("models.cluster") for module in imported(path, ROOT))
    ]
    assert outside == []


def test_all_of_core_loads_without_keras_and_streamlit():
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in sources(ROOT)
        if path.relative_to(ROOT).parts[0] == "core" and path.relative_to(ROOT).parts[:3] != EXPORTED
    ]
    assert len(modules) > 30
    lines = [
        "import importlib, json, sys",
        f"for name in {modules!r}:",
        "    importlib.import_module(name)",
        "print(json.dumps([name for name in ('streamlit', 'keras', 'tensorflow', 'models') if name in sys.modules]))",
    ]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
