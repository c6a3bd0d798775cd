"""Where Train's form remembers each setting, and the form's values as a run's settings."""

from typing import Any

import numpy as np

from core import machine
from core.augment import recipe
from core.augment.presets import PRESETS
from core.augment.recipe import Recipe
from core.backbones import BACKBONES
from core.datasets import catalogue
from core.runs import defaults
from core.runs.config import RunConfig
from core.runs.fine_tuning import FineTune
from pages.frame import current_recipe, session
from pages.frame.values import Control

USUAL_UNITS, USUAL_PATIENCE, USUAL_BLOCKS = 100, 10, 3
WHOLE, LAST = "whole", "last"  # how much of the backbone is fine-tuned
ON_AUGMENT = "augment"  # the choice of the recipe in hand on Augment
OTHER_RECIPES = {"run": "From the run", "better": "Of the better model", "link": "From the link"}  # by their source

PLAIN = ("activation", "dropout", "augmentation_seed", "views", "optimizer", "warmup", "label_smoothing", "batch_size",
         "class_weights", "seed")  # fmt: skip
"""The settings whose widget holds the value itself, and for which one value suits all datasets and backbones."""


def control(name: str, proposed: RunConfig) -> Control[Any]:
    """Where a setting is remembered. What is sensible differs between backbones, so some are remembered apart."""
    drawn, body = proposed.dataset == catalogue.DRAWN, BACKBONES[proposed.backbone]
    kinds = {
        "backbone": drawn,
        "epochs": drawn,
        "recipe": drawn,
        "image_size": body.key,
        "learning_rate": body.pretrained,
        "schedule": body.pretrained,
        "fine_tune": body.pretrained,
    }
    return session.form_setting(name, str(kinds[name]) if name in kinds else "")


def tuning_control(name: str, backbone: str) -> Control[Any]:
    """The same for a setting of the fine-tuning; how much learns is remembered for each backbone apart."""
    return session.tuning_setting(name, backbone if name in ("extent", "blocks") else "")


def has_gpu() -> bool:
    return bool(machine.gpus())


def dataset() -> str:
    """The chosen dataset, or the first one if that is gone."""
    names = catalogue.names()
    chosen = session.DATASET.get(names[0])
    return chosen if chosen in names else names[0]


def proposed() -> RunConfig:
    """What the form proposes for the dataset and backbone that are chosen."""
    name = dataset()
    drawn = str(name == catalogue.DRAWN)
    usual = defaults.backbone_for(name, has_gpu(), defaults.ready_backbones())
    backbone = session.form_setting("backbone", drawn).get(usual)
    return defaults.proposal(name, backbone if backbone in BACKBONES else usual, has_gpu())


def decimal(value: float) -> str:
    """A number as people write it: 0.001, never 1e-03."""
    return np.format_float_positional(value, trim="-")


def number(text: str) -> float | str:
    """A typed number; text that is none is left for the settings' own check to name."""
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return text


def preset_of(steps: Recipe) -> str | None:
    """The key of the preset with these steps."""
    return next((preset.key for preset in PRESETS if preset.recipe == steps), None)


def chosen_recipe(at_first: RunConfig) -> str:
    """The key of the chosen recipe; "none" if the chosen one no longer exists."""
    key = control("recipe", at_first).get(preset_of(at_first.recipe) or "none")
    known = {*(preset.key for preset in PRESETS), ON_AUGMENT, *session.OTHER_RECIPES.get()}
    return key if key in known else "none"


def recipe_of(key: str) -> Recipe:
    """The steps of a recipe that can be chosen: a preset, the one in hand on Augment, or one from elsewhere."""
    if key == ON_AUGMENT:
        return current_recipe.steps()
    preset = next((preset for preset in PRESETS if preset.key == key), None)
    return preset.recipe if preset else session.OTHER_RECIPES.get()[key]


def settings() -> dict[str, Any]:
    """The form's values as settings of a run; nothing is checked yet.

    They come from the session and not from the widgets, so that a click on *Start training*, whose callback runs before
    the form is drawn, has what was typed a moment ago.
    """
    first = proposed()
    values = {name: control(name, first).get(getattr(first, name)) for name in (*PLAIN, "schedule", "epochs")}
    early = session.EARLY_STOPPING.get(False)
    return {
        **values,
        "dataset": first.dataset,
        "backbone": first.backbone,
        "image_size": control("image_size", first).get(first.image_size),
        "learning_rate": number(control("learning_rate", first).get(decimal(first.learning_rate))),
        "dense_layers": [
            session.dense_units(place).get(USUAL_UNITS) for place in range(1, session.DENSE_COUNT.get(0) + 1)
        ],
        "recipe": recipe.to_json(recipe_of(chosen_recipe(first))),
        "early_stopping": session.PATIENCE.get(USUAL_PATIENCE) if early else None,
        "fine_tune": _tuning(first),
        "name": session.RUN_NAME.get("").strip(),
    }


def _tuning(first: RunConfig) -> dict[str, Any] | None:
    """The settings of the fine-tuning; None without it."""
    body, usual = BACKBONES[first.backbone], FineTune()
    if not body.pretrained or not control("fine_tune", first).get(False):
        return None

    def value(name: str, at_first: Any) -> Any:
        return tuning_control(name, body.key).get(at_first)

    return {
        "blocks": value("blocks", USUAL_BLOCKS) if value("extent", WHOLE) == LAST else None,
        "epochs": value("epochs", usual.epochs),
        "learning_rate": number(value("learning_rate", decimal(usual.learning_rate))),
        "schedule": value("schedule", usual.schedule),
        "warmup": value("warmup", usual.warmup),
        "weight_decay": number(value("weight_decay", decimal(usual.weight_decay))),
        "mixed_precision": value("mixed_precision", usual.mixed_precision),
    }
