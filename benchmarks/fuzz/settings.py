"""Settings as people and links give them: run configs, recipes, grids, studies."""

import json
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.fuzz import values
from benchmarks.fuzz.trial import Kind
from core import workspace
from core.augment import engine, recipe
from core.augment.catalogue import TRANSFORMS
from core.augment.partners import Places
from core.augment.presets import PRESETS
from core.augment.transform import Floats, Pixels
from core.files import texts
from core.runs import config as configs
from core.runs import link, studies
from core.runs.config import RunConfig

WHOLE = {
    "dataset": "tiny", "backbone": "mobilenet_v2", "image_size": 32, "dense_layers": [100, 50], "activation": "relu",
    "dropout": 0.2, "recipe": recipe.to_json(PRESETS[-1].recipe), "augmentation_seed": 0, "views": 2,
    "optimizer": "adam",
    "learning_rate": 0.001, "schedule": "cosine", "warmup": 5, "label_smoothing": 0.1, "batch_size": 32, "epochs": 3,
    "early_stopping": 2, "class_weights": True, "seed": 0, "name": "a run", "fine_tune": {"blocks": 1, "epochs": 2},
}  # fmt: skip
FIELDS = (*RunConfig.model_fields, "colour", "", "drop out", "recipe.0", "x" * 300)
AXES = tuple(name for name in RunConfig.model_fields if name not in ("version", "name", "study", "parent"))
HARD_GRIDS = (
    ";".join(f"{name}={','.join(['0'] * 160)}" for name in ("dropout", "seed", "warmup")),
    ";".join(f"{name}=0,1" for name in AXES),
    ";".join("seed=0,1" for _ in range(5000)),
    "dropout=" + "0," * 400_000,
    "dropout=" + "[" * 100_000,
    "dropout=" + "[" * 900,
    "dropout=" + '{"a":' * 10_000,
    "dropout=" + "a," * 100_000,
    "warmup=" + "9" * 5000,
    "warmup=" + "9" * 4301 + ",abc",
    "dropout" * 100_000,
    "=" * 100_000,
    ";" * 500_000,
    "\n".join(["dropout=0"] * 10_000),
    "recipe=" + ",".join(['[{"transform":"rotation"}]'] * 3000),
    "name=a,b",
    "backbone=model:starter, model:../starter, model:a:b, model:",
    "dropout=NaN, Infinity",
    "dense_layers=[1,2,3,4,5,6,7,8,9]," * 2,
)


@cache
def _base() -> RunConfig:
    return configs.config(**{**WHOLE, "fine_tune": None})


def _file(data: bytes) -> Path:
    path = workspace.home() / "given.json"
    path.write_bytes(data)
    return path


def draw_config(random: Random) -> dict[str, Any]:
    """Settings of a run, most of them right."""
    settings = WHOLE if random.random() < 0.5 else {"dataset": "tiny", "backbone": "mobilenet_v2"}
    if random.random() < 0.3:
        return {**settings, random.choice(FIELDS): values.value(random)}
    edited = values.edited(random, settings)
    return edited if isinstance(edited, dict) else {"dataset": edited}


def draw_text(random: Random, item: Any) -> bytes:
    """A file with this JSON, as editors save it, sometimes damaged."""
    text = values.as_json(item)
    roll = random.random()
    if roll < 0.06:
        text = random.choice(values.LITERALS + values.TEXTS)
    elif roll < 0.1:
        text = f"https://example.org/train?settings={text}&recipe={text}"
    encoding = random.choice(
        ("utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1")
    )
    data = text.encode(encoding, "surrogatepass" if encoding.startswith("utf") else "replace")
    return values.damaged(random, data) if random.random() < 0.15 else data


def draw_recipe(random: Random) -> Any:
    """A recipe as JSON, most of it right."""
    steps = recipe.to_json(random.choice(PRESETS).recipe) or [{"transform": "rotation"}]
    roll = random.random()
    if roll < 0.04:
        return steps * random.choice((2, 100, 20_000))
    if roll < 0.4:
        transform = random.choice(list(TRANSFORMS.values()))
        names = [parameter.name for parameter in transform.parameters] + ["probability", "transform", "size"]
        return [{"transform": transform.key, random.choice(names): values.value(random)}]
    if roll < 0.5:
        return [{"transform": key, "probability": random.random()} for key in random.choices(list(TRANSFORMS), k=5)]
    return values.edited(random, steps)


def draw_grid(random: Random) -> str:
    """A grid, as the form or a link holds it."""
    if random.random() < 0.1:
        return random.choice(HARD_GRIDS)
    parts = []
    for _ in range(random.choice((0, 1, 1, 2, 2, 3, 5))):
        name = random.choice(AXES if random.random() < 0.85 else FIELDS)
        items = [_grid_value(random) for _ in range(random.choice((0, 1, 2, 2, 3, 3, 8, 70, 300)))]
        parts.append(name + random.choice(("=", " = ", "", "==")) + random.choice((",", ", ", " ")).join(items))
    return random.choice((";", "\n", "; ", "\r\n")).join(parts)


def _grid_value(random: Random) -> str:
    if random.random() < 0.6:
        return random.choice(
            ("0", "0.2", "0.5", "1", "3", "[100]", "[]", "relu", "sgd", "null", "true", '"a"', "mobilenet_v2")
        )
    return values.as_json(values.value(random)) if random.random() < 0.6 else values.text(random)


def _use_config(settings: dict[str, Any]) -> None:
    configs.config(**{str(key): item for key, item in values.plain(settings).items()})


def _use_config_file(data: bytes) -> None:
    link.dumps(configs.read(_file(data)))


def _use_recipe(item: Any) -> None:
    _check_recipe(recipe.from_json(values.plain(item)))


def _use_recipe_file(data: bytes) -> None:
    _check_recipe(recipe.loads(texts.read(_file(data), "recipe")))


def _check_recipe(steps: recipe.Recipe) -> None:
    assert recipe.loads(recipe.to_link(steps)) == steps
    assert json.loads(recipe.dumps(steps)) == recipe.to_json(steps)
    recipe.summary(steps)
    engine.augment(np.full((1, 12, 12, 3), 90, np.uint8), 7, 0, steps, 0, partners=_OneGrey())


class _OneGrey:
    """One grey picture, with which all others are mixed."""

    def places(self, u: Floats) -> Places:
        return np.zeros(len(u), np.intp)

    def numbers(self, places: Places) -> NDArray[np.uint64]:
        return np.ones(len(places), np.uint64)

    def pixels(self, places: Places) -> Pixels:
        return np.full((len(places), 12, 12, 3), 120, np.uint8)


def _use_grid(text: str) -> None:
    studies.configs(studies.grid(text), _base())


def _use_study(item: tuple[str, str]) -> None:
    studies.configs(studies.find(item[0], _base(), item[1]), _base())


def _use_settings_link(text: str) -> None:
    assert link.loads(link.dumps(link.loads(text))) == link.loads(text)


def _study(random: Random) -> tuple[str, str]:
    key = random.choice((*studies.STUDIES, "ablation", "grid")) if random.random() < 0.5 else values.text(random)
    return key, draw_grid(random)


KINDS = (
    Kind("settings", 12, draw_config, _use_config),
    Kind("settings file", 8, lambda random: draw_text(random, draw_config(random)), _use_config_file),
    Kind("settings link", 8, lambda random: values.as_json(draw_config(random)), _use_settings_link),
    Kind("recipe", 10, draw_recipe, _use_recipe),
    Kind("recipe file", 6, lambda random: draw_text(random, draw_recipe(random)), _use_recipe_file),
    Kind(
        "recipe link",
        6,
        lambda random: values.as_json(draw_recipe(random)),
        lambda text: _check_recipe(recipe.loads(text)),
    ),
    Kind("grid", 10, draw_grid, _use_grid),
    Kind("study", 3, _study, _use_study),
)
