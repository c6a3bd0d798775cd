"""How strong a step may be before photos lose their label, by a saved model that knows the classes."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core import photos as photo_files
from core.answering.classifier import Classifier, load
from core.answering.label_safety import model_that_knows
from core.augment import engine
from core.augment.recipe import Recipe, Step
from core.datasets.catalogue import Dataset
from core.errors import AppError
from core.searching import strengths

PHOTOS = 48  # validation photos, evenly chosen
LEVELS = (1.0, 0.75, 0.5, 0.25)  # strengths, the greatest first
SURVIVE = 0.9  # share of the recognised photos whose label must survive
ALWAYS = 1.0  # the probability of the step while it is checked: how often it happens harms no label


def within(steps: Recipe, dataset: Dataset, seed: int) -> tuple[Recipe, str]:
    """The recipe with each step as strong as the label check allows, and a sentence about it.

    A step that costs too many labels even at a quarter of its strength is left out. Without a model that knows all
    classes the recipe stays as it is.
    """
    model = model_that_knows(set(dataset.classes))
    if model is None:
        return steps, "No saved model knows these classes, so how strong a transform may be was not checked."
    try:
        classifier = load(model)
    except AppError:
        return steps, f"The model {model.title} can't be read, so how strong a transform may be was not checked."
    pixels, keys, labels = _photos(classifier, dataset)
    right = _answers(classifier, pixels) == labels
    pixels, keys, labels = pixels[right], keys[right], labels[right]
    if not len(labels):
        return steps, f"The model {model.title} recognises none of these photos, so nothing was checked with it."
    kept, lowered = [], []
    for step in steps:
        if not strengths.has_strength(step) or step.transform.mix is not None:
            kept.append(step)
            continue
        strength = _greatest(step, classifier, pixels, keys, labels, seed)
        limited = strengths.at(step, strength)
        if strength < 1:
            lowered.append(f"{step.transform.label.lower()} to {strength:.0%}" if limited else
                           f"no {step.transform.label.lower()}")  # fmt: skip
        if limited:
            kept.append(limited)
    if not lowered:
        return tuple(kept), f"The label check with the model {model.title} found nothing too strong."
    return tuple(kept), f"By the label check with the model {model.title}: {', '.join(lowered)} of the greatest tried."


def _greatest(
    step: Step,
    classifier: Classifier,
    pixels: NDArray[np.uint8],
    keys: NDArray[np.uint64],
    labels: NDArray[np.intp],
    seed: int,
) -> float:
    """The greatest strength at which enough labels survive; 0 if there is none."""
    for level in LEVELS:
        changed = strengths.at(step, level)
        assert changed is not None
        views = engine.augment(pixels, keys, 0, (replace(changed, probability=ALWAYS),), seed)
        if float(np.mean(_answers(classifier, views) == labels)) >= SURVIVE:
            return level
    return 0.0


def _photos(classifier: Classifier, dataset: Dataset) -> tuple[NDArray[np.uint8], NDArray[np.uint64], NDArray[np.intp]]:
    """Validation photos as the model sees them, their key numbers, and the places of their classes in its labels."""
    split = dataset.splits["validation"]
    places = sorted({number * len(split.paths) // PHOTOS for number in range(min(PHOTOS, len(split.paths)))})
    pixels, keys, labels = [], [], []
    for place in places:
        try:
            data = split.paths[place].read_bytes()
            pixels.append(photo_files.square(data, classifier.size))
        except (AppError, OSError):
            continue
        keys.append(photo_files.key_number(photo_files.key(data)))
        labels.append(classifier.model.labels.index(dataset.classes[split.labels[place]]))
    size = classifier.size
    stacked = np.stack(pixels) if pixels else np.zeros((0, size, size, 3), np.uint8)
    return stacked, np.array(keys, np.uint64), np.array(labels, np.intp)


def _answers(classifier: Classifier, pixels: NDArray[np.uint8]) -> NDArray[np.intp]:
    answers: NDArray[np.intp] = classifier.logits(pixels).argmax(axis=1)
    return answers
