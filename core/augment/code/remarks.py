"""The comments above the exported code: how its effect differs from the preview."""

import textwrap
from collections.abc import Iterable

from core.augment.choice import CHOICE
from core.augment.recipe import Recipe, Step, choice_count, competing, without_mixing

WIDTH = 100  # columns of the exported code


def applied(recipe: Recipe) -> list[Step]:
    """The steps that change single photos, in the order in which the engine applies them."""
    steps = (step for step in without_mixing(recipe) if step.transform.draws)
    return sorted(steps, key=lambda step: step.transform.stage)


def mixing(recipe: Recipe) -> list[Step]:
    """The steps that mix photos and labels."""
    return [step for step in recipe if step.transform.mix is not None]


def mixed_batches(step: Step, library: str, code: str) -> str:
    """That the library mixes batches and not photos."""
    return (
        f"{step.transform.label}: {library} mixes whole batches with their labels, all in the same shares. Call {code} "
        "where the DataLoader collates them."
    )


def choice(recipe: Recipe, difference: str) -> list[str]:
    """A remark with this difference if the recipe chooses among its steps; none otherwise."""
    count, rivals = choice_count(recipe), len(competing(recipe))
    if count is None or count >= rivals:
        return []
    return [f"{CHOICE.label}: ours gives each photo {count} of {rivals} steps. {difference}"]


def never(step: Step) -> str:
    return f"{step.transform.label}: left out because its probability is 0."


def probability(step: Step, library: str, theirs: float) -> str:
    return f"{step.transform.label}: {library}' probability is {theirs:g}, not {step.probability:g}."


def difference(step: Step, sentence: str) -> str:
    """The sentence behind the transform's label. Names of libraries keep their capital."""
    first = sentence if sentence.startswith("Keras") else sentence[0].lower() + sentence[1:]
    return f"{step.transform.label}: {first}"


def fused(steps: Iterable[Step], affine: str, order: str) -> str:
    """That several steps became one affine transform, with the order in which it applies them."""
    names = ", ".join(step.transform.label.lower() for step in steps)
    return f"One {affine} for {names}: it {order}. Ours keeps the recipe's order."


def left_out(steps: Iterable[Step], library: str) -> list[str]:
    """One remark on all steps that the library can't do; none if there are none."""
    names = ", ".join(step.transform.label for step in steps).lower()
    return [f"Left out because {library} has no equivalent with these settings: {names}."] if names else []


def comments(remarks: Iterable[str]) -> str:
    """The remarks as comment lines under a heading; an empty text if there are none."""
    items = [textwrap.fill(remark, WIDTH, initial_indent="# - ", subsequent_indent="#   ") for remark in remarks]
    return "".join(f"{line}\n" for line in ["# What differs from the preview:", *items]) if items else ""
