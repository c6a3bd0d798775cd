"""The controls of Train's form, and their values as the settings of a run."""

from typing import Any

import numpy as np

from core import machine
from core.augment import recipe
from core.augment.presets import PRESETS
from core.augment.recipe import Recipe
from core.datasets import catalogue
from core.runs import bodies, defaults
from core.runs.config import RunConfig
from core.runs.fine_tuning import FineTune
from pages.frame import current_recipe, session
from pages.frame.values import Control

USUAL_UNITS, USUAL_PATIENCE, USUAL_BLOCKS = 100, 10, 3
WHOLE, LAST = "whole", "last"  # how much of the backbone is fine-tuned
ON_AUGMENT = "augment"  # the choice of the current recipe on Augment
OTHER_RECIPES = {"run": "From the run", "better": "From the better model", "link": "From the link"}  # by source

PLAIN = ("activation", "dropout", "augmentation_seed", "views", "optimizer", "warmup", "label_smoothing", "batch_size",
         "class_weights", "seed")  # fmt: skip
"""The settings whose widget holds the plain value, with one value for all datasets and backbones."""


def control(name: str, proposed: RunConfig) -> Control[Any]:
    """The control of a setting. Some settings have one for each backbone or kind of dataset: good values differ."""
    drawn, body = proposed.dataset == catalogue.DRAWN, bodies.of(proposed.backbone)
    kinds = {
        "backbone": drawn,
        "epochs": drawn,
        "recipe": drawn,
        "image_size": body.key,
        "learning_rate": body.pretrained,
        "schedule": body.pretrained,
        "fine_tune": body.is_tunable,
    }
    return session.form_setting(name, str(kinds[name]) if name in kinds else "")


def tuning_control(name: str, backbone: str) -> Control[Any]:
    """The control of a setting of fine-tuning. How much learns has one for each backbone."""
    return session.tuning_setting(name, backbone if name in ("extent", "blocks") else "")


def has_gpu() -> bool:
    return bool(machine.gpus())


def dataset() -> str:
    """The name of the chosen dataset, or of the first if it no longer exists."""
    names = catalogue.names()
    chosen = session.DATASET.get(names[0])
    return chosen if chosen in names else names[0]


def proposed() -> RunConfig:
    """The proposed settings for the chosen dataset and backbone."""
    name = dataset()
    usual = usual_backbone(name)
    backbone = _backbone(name).get(usual)
    return defaults.proposal(name, backbone if bodies.find(backbone) else usual, has_gpu())


def usual_backbone(dataset: str) -> str:
    """The key of the proposed backbone for a dataset."""
    return defaults.backbone_for(dataset, has_gpu(), defaults.ready_backbones())


def lost_backbone() -> str:
    """The key of the chosen backbone if it is a saved model that can't be used any more; otherwise empty."""
    key: str = _backbone(dataset()).get("")
    return key if key and not bodies.find(key) else ""


def _backbone(dataset: str) -> Control[str]:
    return session.form_setting("backbone", str(dataset == catalogue.DRAWN))


def decimal(value: float) -> str:
    """A number in plain digits: 0.001, never 1e-03."""
    return np.format_float_positional(value, trim="-")


def number(text: str) -> float | str:
    """A typed number. Other text is returned as it is; the check of the settings then names it."""
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return text


def preset_of(steps: Recipe) -> str | None:
    """The key of the preset with these steps."""
    return next((preset.key for preset in PRESETS if preset.recipe == steps), None)


def chosen_recipe(proposed: RunConfig) -> str:
    """The key of the chosen recipe; "none" if it no longer exists."""
    key = control("recipe", proposed).get(preset_of(proposed.recipe) or "none")
    keys = {*(preset.key for preset in PRESETS), ON_AUGMENT, *session.OTHER_RECIPES.get()}
    return key if key in keys else "none"


def recipe_of(key: str) -> Recipe:
    """The steps of a choice: a preset, the current recipe on Augment, or one from a run or link."""
    if key == ON_AUGMENT:
        return current_recipe.steps()
    preset = next((preset for preset in PRESETS if preset.key == key), None)
    return preset.recipe if preset else session.OTHER_RECIPES.get()[key]


def settings() -> dict[str, Any]:
    """The form's values as settings of a run, not checked yet.

    They come from the session and not from the widgets. The callback of *Start training* runs before the form is drawn,
    and it needs what you typed last.
    """
    base = proposed()
    values = {name: control(name, base).get(getattr(base, name)) for name in (*PLAIN, "schedule", "epochs")}
    is_fixed = bodies.of(base.backbone).is_saved_model  # its image size is the model's, whatever the field says
    stops_early = session.EARLY_STOPPING.get(False)
    return {
        **values,
        "dataset": base.dataset,
        "backbone": base.backbone,
        "image_size": base.image_size if is_fixed else control("image_size", base).get(base.image_size),
        "learning_rate": number(control("learning_rate", base).get(decimal(base.learning_rate))),
        "dense_layers": [
            session.dense_units(place).get(USUAL_UNITS) for place in range(1, session.DENSE_COUNT.get(0) + 1)
        ],
        "recipe": recipe.to_json(recipe_of(chosen_recipe(base))),
        "early_stopping": session.PATIENCE.get(USUAL_PATIENCE) if stops_early else None,
        "fine_tune": _tuning(base),
        "name": session.RUN_NAME.get("").strip(),
    }


def _tuning(base: RunConfig) -> dict[str, Any] | None:
    """The settings of fine-tuning; None if it is off."""
    body, usual = bodies.of(base.backbone), FineTune()
    if not body.is_tunable or not control("fine_tune", base).get(False):
        return None

    def value(name: str, initial: Any) -> Any:
        return tuning_control(name, body.key).get(initial)

    return {
        "blocks": value("blocks", USUAL_BLOCKS) if value("extent", WHOLE) == LAST else None,
        "epochs": value("epochs", usual.epochs),
        "learning_rate": number(value("learning_rate", decimal(usual.learning_rate))),
        "schedule": value("schedule", usual.schedule),
        "warmup": value("warmup", usual.warmup),
        "weight_decay": number(value("weight_decay", decimal(usual.weight_decay))),
        "mixed_precision": value("mixed_precision", usual.mixed_precision),
    }
