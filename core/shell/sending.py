"""The commands `tensorboard` and `mlflow`: runs for other tools."""

from pathlib import Path

import click

from core.shell.progress import Progress

NAMES = "Ids of runs, as runs lists them, or names of studies."


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="ID|STUDY…", help=NAMES)
@click.option(
    "--out",
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder to write to; created if need be.",
)
def tensorboard(names: tuple[str, ...], out: Path) -> None:
    """Write TensorBoard's event files of finished runs.

    Each run gets a folder with its curves, its settings and its scores. Prints these folders, and the command that
    opens them. Needs the library tensorboard.
    """
    from core.runs import groups
    from core.sending import choice, tensorboard

    runs, sentences = choice.ready_or_error(groups.find(names))
    with Progress("writing event files") as progress:
        folders = tensorboard.write(runs, out.expanduser().resolve(), progress.count)
    _explain(sentences)
    for folder in folders:
        click.echo(folder)
    click.echo(f"Open them: {tensorboard.command(out.expanduser().resolve())}", err=True)


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="ID|STUDY…", help=NAMES)
@click.option(
    "--uri",
    required=True,
    envvar="MLFLOW_TRACKING_URI",
    show_envvar=True,
    metavar="ADDRESS",
    help="Server, such as http://127.0.0.1:5000, or folder for a database.",
)
@click.option("--experiment", metavar="NAME", default="Fitting Room", show_default=True, help="Experiment in MLflow.")
def mlflow(names: tuple[str, ...], uri: str, experiment: str) -> None:
    """Log finished runs in MLflow.

    Each run gets its settings, curves, scores and files. What was logged before is not logged twice. Needs the library
    mlflow-skinny or mlflow.
    """
    from core.runs import groups
    from core.sending import addresses, choice, mlflow

    runs, sentences = choice.ready_or_error(groups.find(names))
    address = addresses.address(uri)
    with Progress("logging runs") as progress:
        logged = mlflow.log(runs, address, experiment, progress.count)
    _explain(sentences)
    for sentence in logged.sentences():
        click.echo(sentence)
    if command := addresses.command(address):
        click.echo(f"Open them: {command}", err=True)


def _explain(sentences: list[str]) -> None:
    for sentence in sentences:
        click.echo(sentence, err=True)
