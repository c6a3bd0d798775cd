"""Studies: runs that differ in one thing and are queued together. They come from Machine Learning Zoomcamp, from the
recipe (with and without it, or an ablation) or from a grid."""

import itertools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.augment import recipe
from core.augment.presets import PRESETS
from core.errors import SettingsError
from core.files import texts
from core.runs import bodies, course, queue
from core.runs.config import LONGEST_NAME, RunConfig, config
from core.runs.records import AUTO
from core.words import quoted

MOST_RUNS = 64
LONGEST_GRID = 8000  # characters, as in a link
WITH_AND_WITHOUT, ABLATION, GRID = "with-and-without", "ablation", "grid"  # keys of studies that depend on the base
SEARCH = "search"  # the key of the runs of a search, see core/searching
WITH_AND_WITHOUT_LABEL = "With and without augmentation"
WITH_AND_WITHOUT_QUESTION = "Does the recipe help? All other settings and the seed are the same."


@dataclass(frozen=True)
class Variant:
    """One run of a study: its name and the settings it changes."""

    label: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    course_accuracy: float | None = None  # see core/runs/course.py


@dataclass(frozen=True)
class Study:
    """A question, and the runs that answer it."""

    key: str
    label: str
    explanation: str
    variants: tuple[Variant, ...]
    name: str = ""  # of its runs' group, if the label says too little and a person gives no name


LEARNING_RATES = Study(
    "learning-rates",
    "Learning rate",
    "Too small hardly moves, too large jumps about or diverges.",
    tuple(
        Variant(f"learning rate {rate:g}", {"learning_rate": rate}, accuracy)
        for rate, accuracy in course.LEARNING_RATES.items()
    ),
)
DENSE_LAYERS = Study(
    "dense-layers",
    "Dense layer",
    "Does an extra layer between the features and the output help, and how large should it be?",
    (
        Variant("no dense layer", {"dense_layers": ()}),
        *(
            Variant(f"dense {size}", {"dense_layers": (size,)}, accuracy)
            for size, accuracy in course.DENSE_LAYERS.items()
        ),
    ),
)
DROPOUT = Study(
    "dropout",
    "Dropout rate",
    "What fraction of a dense layer's 100 activations should be zero at each training step?",
    tuple(
        Variant(f"dropout {rate:g}", {"dropout": rate, "dense_layers": (100,)}, accuracy)
        for rate, accuracy in course.DROPOUTS.items()
    ),
)
AUGMENTATION = Study(
    "augmentation",
    "Augmentation",
    f"Compares no augmentation with light, {course.NAME} and strong augmentation.",
    tuple(
        Variant(f"{words} augmentation", {"recipe": recipe.to_json(preset.recipe)}, accuracy)
        for preset in PRESETS
        for key, words, accuracy in (
            ("none", "no", None),
            ("light", "light", None),
            ("course", course.NAME, course.AUGMENTED),
            ("strong", "strong", None),
        )
        if preset.key == key
    ),
)
IMAGE_SIZES = Study(
    "image-sizes",
    "Image size",
    "Small before big: 150, 224 and 299 pixels.",
    tuple(Variant(f"{size} px", {"image_size": size}) for size in (150, 224, 299)),
)

STUDIES = {study.key: study for study in (LEARNING_RATES, DENSE_LAYERS, DROPOUT, AUGMENTATION, IMAGE_SIZES)}


def with_and_without(base: RunConfig) -> Study:
    """The base twice, once without its recipe: all other settings and seeds are equal. Raises SettingsError."""
    if not base.augments:
        raise SettingsError(
            "With and without augmentation needs a recipe that changes photos. Add a transform on Augment, or choose a "
            "preset under Augmentation."
        )
    return Study(
        WITH_AND_WITHOUT,
        WITH_AND_WITHOUT_LABEL,
        WITH_AND_WITHOUT_QUESTION,
        (
            Variant("without augmentation", {"recipe": []}),
            Variant("with augmentation", {"recipe": recipe.to_json(base.recipe)}),
        ),
        name if len(name := f"With and without {recipe.summary(base.recipe)}") <= LONGEST_NAME else "",
    )


def ablation(base: RunConfig) -> Study:
    """What each step of the base's recipe does: no step, only one, all but one, all. Raises SettingsError."""
    steps = [step for step in base.recipe if step.transform.draws]
    borders = tuple(step for step in base.recipe if not step.transform.draws)  # the border belongs to all variants
    if len(steps) < 2:
        raise SettingsError(f"An ablation needs at least two transforms, got {len(steps)}. Add some on Augment.")

    def variant(label: str, part: Sequence[recipe.Step]) -> Variant:
        return Variant(label, {"recipe": recipe.to_json((*part, *borders))})

    names = [step.transform.label.lower() for step in steps]
    single = [variant(f"only {name}", [step]) for name, step in zip(names, steps, strict=True)]
    without = [variant(f"without {name}", [other for other in steps if other is not step])
               for name, step in zip(names, steps, strict=True)]  # fmt: skip
    if len(steps) == 2:
        without = []  # of two steps, without one means only the other
    return Study(
        ABLATION,
        "Ablation of the recipe",
        "Each transform alone, and the recipe without it. Which ones help?",
        (variant("no augmentation", []), *single, *without, variant("the whole recipe", steps)),
    )


OF_THE_RECIPE = {WITH_AND_WITHOUT: with_and_without, ABLATION: ablation}


def find(key: str, base: RunConfig, text: str = "") -> Study:
    """One of STUDIES by its key, a study of the base's recipe, or the "grid" of a text. Raises SettingsError."""
    if key == GRID:
        return grid(text)
    if key in OF_THE_RECIPE:
        return OF_THE_RECIPE[key](base)
    if key not in STUDIES:
        known = ", ".join((*STUDIES, *OF_THE_RECIPE, GRID))
        raise SettingsError(f"The study must be one of {known}, got {quoted(key)}.")
    return STUDIES[key]


def grid(text: str) -> Study:
    """A study of every combination: lines or parts such as `dropout = 0, 0.2; learning_rate = 0.01, 0.001`.

    Values are JSON (a list of dense layers is `[100, 50]`); words need no quotation marks. Raises SettingsError.
    """
    if len(text) > LONGEST_GRID:
        raise SettingsError(f"A grid must have at most {LONGEST_GRID:,} characters, got {len(text):,}. Shorten it.")
    axes: dict[str, list[Any]] = {}
    for part in filter(str.strip, text.replace("\n", ";").split(";")):
        name, equals, values = part.partition("=")
        if not equals or not values.strip():
            raise SettingsError(f"A line of a grid must look like dropout = 0, 0.2, 0.5, got {quoted(part.strip())}.")
        name = name.strip()
        if name not in RunConfig.model_fields or name in RunConfig.OF_ONE_RUN:
            raise SettingsError(f"A grid can't vary {quoted(name)}. Use the name of a setting, such as dropout.")
        if name in axes:
            raise SettingsError(f"A grid must name each setting once, got {name} twice. Put its values into one line.")
        axes[name] = values_in(values)
    if not axes:
        raise SettingsError("The grid is empty. Write for example: dropout = 0, 0.2, 0.5.")
    runs = math.prod(map(len, axes.values()))  # counted before they are made: there may be millions
    if runs > MOST_RUNS:
        raise SettingsError(f"A grid must have at most {MOST_RUNS} runs, got {_in_words(runs)}. Use fewer values.")
    combinations = [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]
    return Study(GRID, "Grid", "Every combination.", tuple(
        Variant(_label(settings), settings) for settings in combinations
    ))  # fmt: skip


def grid_values(text: str) -> list[str]:
    """The values in a line of a grid, such as "0, 0.2" or "[], [100, 50]", each as a text that a grid accepts."""
    return [value if isinstance(value, str) else json.dumps(value) for value in values_in(text)]


def _in_words(runs: int) -> str:
    return f"{runs}" if runs < 10**9 else "more than a billion"


def _label(settings: Mapping[str, Any]) -> str:
    """The name of a grid's run, cut where it is too long for a name."""
    label = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in settings.items())
    return label if len(label) <= LONGEST_NAME else f"{label[: LONGEST_NAME - 1]}…"


def values_in(text: str) -> list[Any]:
    """The values in a line, such as `0, 0.2`, `[], [100]` or `adam, sgd`: JSON, or words without quotation marks."""
    try:
        return list(texts.from_json(f"[{text}]"))
    except ValueError:
        return [_word(word.strip()) for word in text.split(",")]


def _word(word: str) -> Any:
    try:
        return texts.from_json(word)
    except ValueError:
        return word


def configs(study: Study, base: RunConfig, group: str = "") -> list[RunConfig]:
    """The study's runs: the base settings with each variant's changes. Raises SettingsError for impossible ones.

    A run whose backbone becomes a saved model takes the model's image size, the only one that it can have.
    """
    settings = base.model_dump(mode="json")
    runs = []
    for variant in study.variants:
        size = bodies.image_size(variant.changes.get("backbone"))
        sized = {**settings, "image_size": size} if size else settings
        runs.append(config(**{**sized, **variant.changes, "name": variant.label, "study": group or study.key}))
        bodies.check(runs[-1].backbone, runs[-1].image_size)
    return runs


def put(study: Study, base: RunConfig, device: str = AUTO, name: str = "") -> list[str]:
    """Queue all runs of a study and return their ids. All are checked before the first one is queued.

    `name` is what a person calls the study, if not as it calls itself; the runs have the names of their variants.
    """
    group = f"{study.key}-{datetime.now():%Y%m%d-%H%M%S%f}"  # microseconds: two browsers may start the same study
    return [queue.put(settings, device, name or study.name) for settings in configs(study, base, group)]


def key_of(group: str) -> str:
    """The key of the study that a run's `study` names, such as "dropout" for "dropout-20261128-185557838502"."""
    return "-".join(group.split("-")[:-2])


def course_accuracy(settings: RunConfig) -> float | None:
    """The course's accuracy for the variant of a study that a run belongs to; None if there is none.

    The variant is recognised by its name, or by its settings if the name has changed.
    """
    study = STUDIES.get(key_of(settings.study or ""))
    variants = study.variants if study else ()
    by_name = [variant for variant in variants if variant.label == settings.name]
    found = by_name or (variant for variant in variants if _has_settings_of(variant, settings))
    return next((variant.course_accuracy for variant in found), None)


def _has_settings_of(variant: Variant, settings: RunConfig) -> bool:
    return config(**{**settings.model_dump(mode="json"), **variant.changes}) == settings
