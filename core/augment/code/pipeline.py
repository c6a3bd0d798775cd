"""A recipe's steps as the transforms of another library: what the code for torchvision and Albumentations shares."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from core.augment.code import remarks
from core.augment.recipe import Recipe, Step, without_choice
from core.augment.transform import Equivalent

EACH_ALONE = "Here each of them happens on its own, with the same probability, so several or none may meet."


@dataclass(frozen=True)
class Library:
    """How a library writes what the transforms' records leave open.

    `equivalent(step)` is the record's counterpart; `affine(arguments, probability)` writes the library's affine
    transform, `function(step, expression)` a transform that calls a function, `chance(code, probability)` a transform
    that happens with a probability. `order` says in which order the affine transform applies its parts.
    """

    name: str
    affine_name: str
    order: str
    equivalent: Callable[[Step], Equivalent]
    affine: Callable[[Mapping[str, str], float], str]
    function: Callable[[Step, str], str]
    chance: Callable[[str, float], str]


@dataclass
class Pipeline:
    """A library's transforms as source, in their order, and how their effect differs."""

    transforms: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    functions: dict[str, str] = field(default_factory=dict)  # expressions by the keys of their transforms
    warps: int = 0  # transforms that resample the photo


def call(name: str, arguments: Iterable[str]) -> str:
    """A call with an argument or two on each line, as an item of the pipeline's list."""
    return "".join([f"{name}(\n", *(f"            {argument},\n" for argument in arguments), "        )"])


def of(recipe: Recipe, library: Library) -> Pipeline:
    """The recipe's steps as transforms of the library. Adjacent affine steps that always happen become one."""
    made = Pipeline()
    missing: list[Step] = []
    together: list[tuple[Step, Mapping[str, str]]] = []

    def finish() -> None:
        if together:
            joined = {name: value for _, arguments in together for name, value in arguments.items()}
            made.transforms.append(library.affine(joined, together[0][0].probability))
            made.warps += 1
        if len(together) > 1:
            steps = [step for step, _ in together]
            made.differences.append(remarks.fused(steps, library.affine_name, library.order))
        together.clear()

    for step in remarks.applied(without_choice(recipe)):
        if step.probability == 0:
            made.differences.append(remarks.never(step))
            continue
        theirs = library.equivalent(step)
        if theirs.affine and (arguments := theirs.affine(**step.settings)) is not None:
            if step.probability < 1 or (together and together[-1][0].probability < 1):
                finish()
            together.append((step, arguments))
        elif theirs.code and (code := theirs.code(step.probability, **step.settings)) is not None:
            finish()
            made.transforms.append(code if theirs.chance else library.chance(code, step.probability))
            made.warps += step.transform.matrix is not None and "Flip(" not in code
        elif theirs.function and (expression := theirs.function(**step.settings)) is not None:
            finish()
            made.functions[step.transform.key] = expression
            made.transforms.append(library.chance(library.function(step, expression), step.probability))
        else:
            missing.append(step)
            continue
        if theirs.differs:
            made.differences.append(remarks.difference(step, theirs.differs))
    finish()
    for step in remarks.mixing(recipe):
        if step.probability == 0:
            made.differences.append(remarks.never(step))
        elif (mix := library.equivalent(step).code) and (code := mix(step.probability, **step.settings)) is not None:
            made.differences.append(remarks.mixed_batches(step, library.name, code))
        else:
            missing.append(step)
    made.differences += remarks.left_out(missing, library.name)
    made.differences += remarks.choice(recipe, EACH_ALONE)
    if made.warps > 1:
        made.differences.append("Each transform that moves pixels resamples the photo and makes it a little softer.")
    return made
