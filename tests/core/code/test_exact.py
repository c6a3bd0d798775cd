"""The exact code runs in a process that can't import this program, and its pixels are compared with the engine's."""

import json
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core import photos
from core.augment import engine, recipe
from core.augment.border import FILL_MODES
from core.augment.catalogue import TRANSFORMS
from core.augment.code import exact
from core.augment.code.definitions import Definitions
from core.augment.presets import PRESETS
from core.augment.recipe import Recipe
from core.augment.transform import Parameter
from tests.conftest import Pixels, encoded, picture
from tests.core.code.random_recipes import random_recipe

SIDES = (150, 224, 299)
EACH = [key for key in TRANSFORMS if key != "choice"]
KEYS = np.array([3, 2**63 + 11, 2**64 - 1], np.uint64)
DRAWS = ((0, 0), (7, 3), (2**31 - 1, 1000))  # seed and view
SEPARATE = """
import sys
from importlib import util
from pathlib import Path

sys.modules["core"] = None  # importing it raises ImportError
import numpy as np

folder = Path(sys.argv[1])
inputs = np.load(folder / "inputs.npz")
results = {}
for path in sorted(folder.glob("recipe_*.py")):
    spec = util.spec_from_file_location(path.stem, path)
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name in inputs["names"]:
        for seed, view in inputs["draws"].tolist():
            before = inputs[name].copy()
            results[f"{path.stem} {name} {seed} {view}"] = module.augment(before, inputs["keys"], seed, view)
            assert np.array_equal(before, inputs[name]), "augment changed its input"
np.savez(folder / "results.npz", **results)
"""


def grainy(height: int, width: int, seed: int) -> Pixels:
    """A picture in which neighbours differ, so that a shift by a fraction of a pixel shows."""
    noise = np.random.default_rng(seed).integers(-30, 31, (height, width, 3))
    return np.clip(picture(height, width, seed) + noise, 0, 255).astype(np.uint8)


def batch(height: int, width: int) -> Pixels:
    return np.stack([grainy(height, width, seed) for seed in range(len(KEYS))])


def unmixed(steps: Recipe) -> Recipe:
    """The steps that the exact code has: mixing needs other photos."""
    return tuple(step for step in steps if step.transform.mix is None)


def differing(recipes: Sequence[Recipe], batches: dict[str, Pixels], folder: Path) -> list[str]:
    """The recipes and inputs for which the exact code does not give the engine's bytes."""
    for number, steps in enumerate(recipes):
        (folder / f"recipe_{number}.py").write_text(exact.source(steps, 0, 299), encoding="utf-8")
    draws: NDArray[np.int64] = np.array(DRAWS)
    np.savez(folder / "inputs.npz", keys=KEYS, names=list(batches), draws=draws, **batches)  # type: ignore[arg-type]
    done = subprocess.run(
        [sys.executable, "-I", "-c", SEPARATE, str(folder)], capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stderr
    different = []
    with np.load(folder / "results.npz") as results:
        assert len(results.files) == len(recipes) * len(batches) * len(DRAWS)
        for name in results.files:
            number, batch_name, seed, view = name.removeprefix("recipe_").split()
            steps = recipes[int(number)]
            ours = engine.augment(batches[batch_name], KEYS, int(view), unmixed(steps), int(seed))
            if not np.array_equal(results[name], ours):
                different.append(f"{name}: {recipe.dumps(steps)}")
    return different


def values(parameter: Parameter) -> list[Any]:
    """Settings of one parameter: the default, the ends and all choices."""
    if parameter.choices:
        return list(parameter.choices)
    if parameter.is_range:
        return [parameter.default, (parameter.low, parameter.high), (parameter.high, parameter.high)]
    return [parameter.default, parameter.low, parameter.high]


def every_setting() -> list[Recipe]:
    """Each transform at its defaults, then with one setting at a time at another value; each border with a rotation."""
    recipes: list[Recipe] = []
    for key, transform in TRANSFORMS.items():
        changes = [{p.name: value} for p in transform.parameters for value in values(p)] or [{}]
        for number, change in enumerate(changes):
            step = recipe.step(key, 1.0 if number % 2 else 0.6, **change)
            recipes.append((step,) if transform.draws else (step, recipe.step("rotation", rotation_range=90)))
    return recipes


def test_every_transform_gives_the_engine_s_bytes(tmp_path: Path) -> None:
    assert differing(every_setting(), {"square": batch(40, 40), "wide": batch(23, 61)}, tmp_path) == []


@pytest.mark.slow
def test_every_transform_gives_the_engine_s_bytes_at_the_sizes_of_networks(tmp_path: Path) -> None:
    defaults = [(recipe.step(key, 1.0),) for key in TRANSFORMS]
    whole = [preset.recipe for preset in PRESETS] + [tuple(recipe.step(key, 0.7) for key in EACH)]
    moves = [recipe.step(key) for key in ("rotation", "perspective", "zoom")]
    bordered = [(*moves, recipe.step("border", fill_mode=mode, cval=77)) for mode in FILL_MODES]
    batches = {str(side): batch(side, side) for side in SIDES}
    assert differing([*defaults, *whole, *bordered], batches, tmp_path) == []


def test_random_recipes_give_the_engine_s_bytes(tmp_path: Path) -> None:
    chance = random.Random(32)
    recipes = [random_recipe(chance) for _ in range(60)]
    assert differing(recipes, {"odd": batch(37, 53)}, tmp_path) == []


def test_a_choice_gives_the_engine_s_bytes_and_mixing_is_left_out(tmp_path: Path) -> None:
    presets = [preset.recipe for preset in PRESETS if preset.key in ("trivial_augment", "rand_augment")]
    changes = [recipe.step(key) for key in ("rotation", "saturation", "hue", "noise", "horizontal_flip")]
    chosen = [(*changes, recipe.step("choice", choice_count=count)) for count in (1, 2, 9)]
    mixed = (recipe.step("rotation", 0.5), recipe.step("mixup"), recipe.step("cutmix"))
    assert differing([*presets, *chosen, mixed], {"odd": batch(37, 53)}, tmp_path) == []
    assert "MixUp and CutMix left out: mixing needs the other training photos" in exact.source(mixed, 0, 299)
    assert "def picked(" in exact.source(chosen[0], 0, 299)
    assert "def picked(" not in exact.source(chosen[2], 0, 299)  # all of them


@pytest.mark.slow
def test_real_photos_give_the_engine_s_bytes(shared: Path, tmp_path: Path) -> None:
    paths = sorted((shared / "clothing-dataset-small" / "train").glob("*/*.jpg"))[:: 3068 // len(KEYS)][: len(KEYS)]
    squares = {str(side): np.stack([photos.square(path.read_bytes(), side) for path in paths]) for side in SIDES}
    recipes = [preset.recipe for preset in PRESETS] + [tuple(recipe.step(key, 0.9) for key in EACH)]
    assert differing(recipes, squares, tmp_path) == []
    (tmp_path / "exact.py").write_text(exact.source(recipes[-1], 1, 224), encoding="utf-8")
    assert run(tmp_path / "exact.py", *map(str, paths), "--out", str(tmp_path)).returncode == 0
    for path in paths:
        number = photos.key_number(photos.key(path.read_bytes()))
        (ours,) = engine.augment(photos.square(path.read_bytes(), 224)[None], number, 0, unmixed(recipes[-1]), 1)
        np.testing.assert_array_equal(photos.decode((tmp_path / f"{path.stem}-000.png").read_bytes()), ours)


def run(file: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", str(file), *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def test_as_a_program_it_writes_the_copies_that_the_shell_writes(tmp_path: Path) -> None:
    from core.shell.main import main

    steps = (recipe.step("rotation"), recipe.step("noise", 1.0), recipe.step("grid", grid_fill="noise"))
    (tmp_path / "exact.py").write_text(exact.source(steps, 5, 64), encoding="utf-8")
    (tmp_path / "recipe.json").write_text(json.dumps(recipe.to_json(steps)))
    photo = tmp_path / "shirt.png"
    photo.write_bytes(encoded(grainy(90, 50, 1), "PNG"))
    done = run(tmp_path / "exact.py", str(photo), "--views", "3", "--out", str(tmp_path / "theirs"))
    assert done.returncode == 0, done.stderr
    ours = ("--recipe", str(tmp_path / "recipe.json"), "--seed", "5", "--count", "3", "--size", "64")
    assert main(["augment", str(photo), *ours, "--out", str(tmp_path / "ours")]) == 0
    names = [f"shirt-{view:03d}.png" for view in range(3)]
    assert done.stdout.split() == [str(tmp_path / "theirs" / name) for name in names]
    for name in names:
        pixels = [photos.decode((tmp_path / who / name).read_bytes()) for who in ("theirs", "ours")]
        np.testing.assert_array_equal(*pixels)


def test_as_a_program_it_refuses_what_is_no_photo(tmp_path: Path) -> None:
    (tmp_path / "exact.py").write_text(exact.source((), 0, 64), encoding="utf-8")
    for number, data in enumerate((b"", b"not a photo")):
        (tmp_path / f"{number}.jpg").write_bytes(data)
        done = run(tmp_path / "exact.py", str(tmp_path / f"{number}.jpg"))
        assert done.returncode == 1
        assert done.stderr.strip().endswith("must be a photo that OpenCV can read, such as JPEG or PNG.")


def test_a_photo_has_the_key_that_training_uses(tmp_path: Path) -> None:
    names: dict[str, Any] = {"__name__": "exact"}
    exec(compile(exact.source((), 0, 64), "exact.py", "exec"), names)  # our own code
    for data in (b"", b"photo", bytes(range(256))):
        assert names["photo_key"](data) == photos.key_number(photos.key(data))


def test_it_has_only_what_the_recipe_needs() -> None:
    flip, everything = (
        exact.source(steps, 0, 299)
        for steps in ((recipe.step("horizontal_flip"),), tuple(recipe.step(key) for key in EACH))
    )
    for name in ("about_centre", "warped"):
        assert f"def {name}(" in flip
    for name in ("_rotations", "mixed", "cover", "random_bytes", "_add_noise", "photo_values"):
        assert f"def {name}(" in everything
        assert f"def {name}(" not in flip
    assert len(flip.splitlines()) < 200
    assert "core" not in flip.replace("score", "")
    assert "drawn" not in exact.source((recipe.step("rotation", 0.0),), 0, 299)


def test_the_code_is_formatted(tmp_path: Path) -> None:
    pytest.importorskip("ruff")
    for number, steps in enumerate(((), PRESETS[-1].recipe, tuple(recipe.step(key) for key in EACH))):
        (tmp_path / f"{number}.py").write_text(exact.source(steps, 1, 224), encoding="utf-8")
    for command in (["format", "--check"], ["check", "--select", "E,F,W,I,B,UP,C4,SIM,PTH,PT"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--isolated", "--line-length", "120", str(tmp_path)]
        done = subprocess.run(ruff, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout


def test_two_definitions_of_one_name_are_refused() -> None:
    code = Definitions()
    code.add("core.augment.patches", "FILLS")
    code.add("core.augment.patches", "NOISE")  # the one that FILLS uses
    with pytest.raises(ValueError, match="Two definitions of NOISE"):
        code.add("core.augment.texture", "NOISE")
    with pytest.raises(ValueError, match="no record with the key 'sepia'"):
        code.add_field("core.augment.colour", "sepia", "draw")
