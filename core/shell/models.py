"""The commands `evaluate` and `export`: saved models."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.errors import ModelError, SettingsError
from core.exporting.forms import FORMS
from core.files import storage_errors
from core.shell.output import print_json
from core.shell.progress import Progress
from core.words import quoted

if TYPE_CHECKING:  # NumPy and pydantic, which no other command needs
    from core.evaluating.record import Evaluation
    from core.runs.predictions import Predictions


@click.command()
@click.argument("model", help="Name or folder of a saved model, or best.")
@click.option("--dataset", metavar="NAME", help="Dataset to score it on. [default: the one it was trained on]")
@click.option(
    "--split", type=click.Choice(("train", "validation", "test")), default="test", show_default=True, help="Its photos."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def evaluate(model: str, dataset: str | None, split: str, as_json: bool) -> None:
    """Score a saved model on a split of a dataset.

    Prints its accuracy with the 95 % interval, and for each class the recall and a row of the confusion matrix; --json
    adds all that Compare shows of an evaluation. Photos of classes that the model does not know are left out. The model
    best is the one with the highest validation accuracy on the dataset.
    """
    from core.answering import shelf
    from core.datasets import catalogue
    from core.evaluating.evaluate import evaluate as evaluation_of
    from core.runs import look_count

    if model == "best":
        name = dataset or _newest_dataset()
        saved = shelf.best(name)
        if saved is None:
            raise ModelError(
                f"There is no saved model for the dataset {quoted(catalogue.title(name))} yet. Train one first."
            )
    else:
        saved = shelf.model(model)
    photos = catalogue.load(dataset or saved.dataset)
    with Progress(f"evaluating {saved.name}") as progress:
        evaluation, answers = evaluation_of(saved, photos, split, progress)
    if evaluation.change:
        click.echo(evaluation.change, err=True)
    _store(evaluation, answers)
    if as_json:
        count = {"looks": look_count.of(photos.name)} if split == "test" else {}
        figures = evaluation.figures.model_dump(mode="json")
        facts = evaluation.model_dump(mode="json", include={"dataset", "left_out", "unreadable"})
        print_json({"model": saved.name, "split": split, **figures, **count, **facts})
        return
    _print(evaluation)
    if split == "test" and (seen := look_count.sentence(photos.name)):
        click.echo(seen)


def _store(evaluation: "Evaluation", answers: "Predictions") -> None:
    """Keep the evaluation for Compare. A disk that takes nothing must not keep the figures from anybody."""
    from core.evaluating import stored

    try:
        stored.write(evaluation, answers)
    except OSError as error:
        reason = storage_errors.sentence(error) or error.strerror
        click.echo(f"The evaluation was not stored. {reason}", err=True)


def _print(evaluation: "Evaluation") -> None:
    scores = evaluation.figures
    low, high = scores.interval
    top_3 = f", top 3 {scores.top_3_accuracy:.3f}" if scores.top_3_accuracy is not None else ""
    click.echo(
        f"{evaluation.model} on {evaluation.split}: {scores.accuracy:.4f} ({scores.correct} of {scores.count}), "
        f"95 % interval {low:.3f} to {high:.3f}, loss {scores.loss:.3f}{top_3}, macro F1 {scores.macro_f1:.3f}, "
        f"calibration error {scores.calibration_error:.3f}"
    )
    for score, row in zip(scores.per_class, scores.confusion, strict=True):
        recall = "no photos" if score.recall is None else f"{score.recall:.3f}"
        click.echo(f"  {score.label:<12} {recall:>9}  {score.correct:>4} of {score.count:<4} {list(row)}")
    if evaluation.left_out_sentence:
        click.echo(evaluation.left_out_sentence)


def _newest_dataset() -> str:
    from core.answering import shelf

    model = shelf.active()
    if model is None:
        raise ModelError("There is no saved model yet. Train one first.")
    return model.dataset


def _export_help() -> str:
    """The help of `export`, with a line for each form."""
    lines = "\n".join(f"{form.key:<12} {form.sentence}" for form in FORMS.values())
    return (
        "Write a saved model as a single file.\n\nThe file is compared with the saved model's answers first. Also "
        "prints what goes in and which output is which class, and writes that into the file and into a text beside "
        "it.\n\n"
        f"\b\nFormats:\n{lines}"
    )


@click.command(help=_export_help())
@click.argument("model", help="Name or folder of a saved model.")
@click.option("--format", "key", type=click.Choice(tuple(FORMS)), required=True, help="File format.")
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="File to write. [default: named after the model, here]",
)
@click.option(
    "--name",
    "names",
    metavar="CLASS=NAME",
    multiple=True,
    help="What the page shows for a class, such as dress=Kleid; for --format web, once for each class.",
)
def export(model: str, key: str, out: Path | None, names: tuple[str, ...]) -> None:
    from core.answering import shelf
    from core.exporting import making, manual

    saved, form = shelf.model(model), FORMS[key]
    path = (out or Path(form.file_name(saved.name))).expanduser().resolve()
    with Progress(f"exporting {saved.name}", estimates=False) as progress:
        making.make(saved, key, path, progress, _named(names))
    click.echo(path)
    if form.usage:
        click.echo(f"\n{manual.text(saved, form)}", nl=False)


def _named(names: tuple[str, ...]) -> dict[str, str]:
    """The options `--name` by class. Raises SettingsError."""
    named = {}
    for text in names:
        label, sign, name = text.partition("=")
        if not sign:
            raise SettingsError(f"--name must be a class and its name, such as dress=Kleid, got {quoted(text)}.")
        named[label] = name
    return named
