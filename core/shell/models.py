"""The commands `evaluate` and `export`: saved models."""

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core import workspace
from core.errors import ModelError
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


@click.command()
@click.argument("model", help="Name or folder of a saved model.")
@click.option("--format", "ending", type=click.Choice(("keras", "tflite")), required=True, help="File format.")
@click.option(
    "--out", metavar="FILE", type=click.Path(path_type=Path), help="File to write. [default: MODEL.FORMAT, here]"
)
def export(model: str, ending: str, out: Path | None) -> None:
    """Write a saved model as a single file.

    Also prints what goes in and which output is which class, and writes that into the file and into a text beside it.
    """
    from core.answering import shelf
    from core.exporting import manual

    saved = shelf.model(model)
    path = (out or Path(f"{saved.name}.{ending}")).resolve()
    if not path.parent.is_dir():
        raise ModelError(f"The folder {path.parent} does not exist. Create it first.")
    # a separate process, because it needs Keras
    command = [sys.executable, "-m", "models.export", str(saved.folder), "--format", ending, "--out", str(path)]
    process = subprocess.run(command, cwd=workspace.PROJECT, capture_output=True, text=True, check=False)
    if process.returncode:
        raise ModelError((process.stderr.strip().splitlines() or ["The export failed."])[-1])
    click.echo(path)
    click.echo(f"\n{manual.text(saved)}", nl=False)
