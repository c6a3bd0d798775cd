"""The command `import`: models from elsewhere."""

from pathlib import Path

import click

from core.importing.pixels import MEASURE, SCALINGS
from core.shell.progress import Progress


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path), help="A .keras or .tflite file.")
@click.option("--dataset", metavar="NAME", required=True, help="Dataset to measure it on.")
@click.option("--name", metavar="TITLE", help="Name of the saved model. [default: the file's name]")
@click.option(
    "--labels", metavar="LABELS", default="", help="The classes in the order of its outputs: a,b,c or a file of lines."
)
@click.option(
    "--pixels",
    type=click.Choice((*SCALINGS, MEASURE)),
    default=MEASURE,
    show_default=True,
    help="Range to which it wants pixels scaled.",
)
def import_model(file: Path, dataset: str, name: str | None, labels: str, pixels: str) -> None:
    """Save a Keras or LiteRT model from elsewhere on the shelf.

    It must take square photos in three colours and end with GlobalAveragePooling2D and dense layers. Its answers are
    measured on the photos of the dataset, so it gets scores, calibrated percentages and doubts like any other model.
    Without --labels they are those in the file, or the dataset's classes. Nothing in the file can run code.
    """
    from core import words
    from core.importing import bringing

    with Progress(f"importing {file.name}", estimates=False) as progress:
        model = bringing.bring(file.expanduser(), name or file.stem, dataset, labels, pixels, progress)
    facts, scores = model.card.imported, model.card.scores
    assert facts is not None
    for split, score in scores.by_split.items():
        low, high = score.interval
        click.echo(
            f"{model.name} on {split}: {score.accuracy:.4f} ({score.correct} of {score.count}), "
            f"95 % interval {low:.3f} to {high:.3f}"
        )
    others = ", ".join(f"{key} {share:.2f}" for key, share in facts.measured.items())
    click.echo(
        f"pixels: {facts.pixels}"
        + (f" (accuracy on some photos, in the best order of labels: {others})" if others else "")
    )
    sources = {"given": "as given", "file": "from the file", "dataset": "the dataset's classes"}
    click.echo(f"labels: {words.listed(model.labels, len(model.labels))} ({sources[facts.labels]})")
    for sentence in facts.warnings:
        click.echo(sentence, err=True)
