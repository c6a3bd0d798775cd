"""The commands `train`, `runs` and `stop`: training runs."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core import words
from core.errors import RunError
from core.shell.output import print_json
from core.shell.progress import Progress

if TYPE_CHECKING:
    from core.runs.folder import Run

AUTO = "auto"  # as core.runs.records has it, whose import would slow down every command
PAUSE = 0.5  # s between two looks at a run


@click.command()
@click.argument(
    "config",
    type=click.Path(path_type=Path),
    help='JSON file with the settings, {"dataset": "clothing"} is enough; or a file with a link to Train.',
)
@click.option(
    "--study",
    metavar="NAME",
    help="Queue a study: learning-rates, dense-layers, dropout, augmentation, image-sizes, with-and-without (the "
    "recipe) or ablation (of the recipe).",
)
@click.option(
    "--grid", metavar="VALUES", help="Queue every combination of values, such as 'dropout = 0, 0.5; epochs = 10, 20'."
)
@click.option(
    "--device",
    metavar="NAME",
    default=AUTO,
    help="cpu, gpu-0, gpu-1 … or gpus, all GPUs together (needs JAX) [default: the first GPU, or the CPU if there is "
    "none]",
)
@click.option("--cluster", metavar="ADDRESS", help="HOST:PORT of a Ray cluster that trains the runs (docs/cluster.md).")
@click.option("--wait", is_flag=True, help="Wait for the end, then print the scores.")
def train(config: Path, study: str | None, grid: str | None, device: str, cluster: str | None, wait: bool) -> None:
    """Queue a training run or a study.

    Prints the id of each run. A study is a group of runs that share these settings except for what it varies.
    """
    from core.runs import launch, queue, studies
    from core.runs.config import read

    if study is not None and grid is not None:
        raise click.UsageError("--study can't be combined with --grid.")
    device = device_for(device, cluster)
    settings = read(config)
    key = "grid" if grid else study
    if key:
        ids = studies.put(studies.find(key, settings, grid or ""), settings, device)
    else:
        ids = [queue.put(settings, device)]
    click.echo("\n".join(ids))
    launch.ensure_worker()
    if wait:
        for run_id in ids:
            _wait(run_id)


def device_for(device: str, cluster: str | None) -> str:
    """The device that --device and --cluster name together. Raises UsageError if both are given."""
    from core.runs.cluster import device_of

    if cluster is None:
        return device
    if device != AUTO:
        raise click.UsageError("--device can't be combined with --cluster.")
    return device_of(cluster)


def _wait(run_id: str) -> None:
    """Follow a run to its end and print its scores. Raises RunError if it failed or was stopped."""
    from core.runs import folder, launch
    from core.runs.records import RunState

    with Progress(run_id, estimates=False) as progress:  # the run estimates better, as its stages differ in pace
        while not (run := folder.look(run_id)).ended:
            launch.ensure_worker()
            if sentence := launch.trouble():
                raise RunError(f"{sentence} The run still waits.")
            status = run.status
            left = f", {words.duration(status.time_left)} left" if status.time_left else ""
            progress(status.progress, f"{status.stage or run.state}{left}")
            time.sleep(PAUSE)
    if run.status.warning:
        click.echo(run.status.warning, err=True)
    if run.state is not RunState.DONE:
        raise RunError(run.status.error or f"The run was {run.state}.")
    name = {"run": run.name} if run.config.study else {}
    print_json({**name, "model": run.status.model, **_accuracies(run)})


def _accuracies(run: "Run") -> dict[str, float | None]:
    """The accuracy of each split that the run was scored on, such as {"test_accuracy": 0.5}; empty before its end."""
    from core.runs.folder import scores

    return {f"{split}_accuracy": score.accuracy for split, score in scores(run.folder).items()}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")
def runs(as_json: bool) -> None:
    """List the training runs, newest first."""
    from core.runs.folder import damaged, look_all

    for item in damaged():
        click.echo(f"{item.name} can't be read: {item.reason}", err=True)
    for run in look_all():
        accuracies = _accuracies(run)
        if as_json:
            print_json(
                {
                    "id": run.id,
                    "state": str(run.state),
                    "name": run.name,
                    "dataset": run.config.dataset,
                    "progress": run.status.progress,
                    "model": run.status.model,
                    "error": run.status.error,
                    **accuracies,
                }
            )
        else:
            scores = "  ".join(
                f"{name.removesuffix('_accuracy')} {accuracy:.3f}"
                for name, accuracy in accuracies.items()
                if accuracy is not None
            )
            click.echo(
                f"{run.id}  {run.state:<11} {run.status.progress:4.0%}  {run.name}  {scores or run.status.error}"
            )


@click.command()
@click.argument("run_id", metavar="ID", help="Id of the run, as runs lists it.")
def stop(run_id: str) -> None:
    """Stop a run or a search; what it has found so far is kept."""
    from core.runs import queue
    from core.searching import folder

    if folder.find(run_id):
        folder.stop(run_id)
        click.echo(f"{run_id} will stop, and its runs after their current batches")
        return
    queue.stop(run_id)
    click.echo(f"{run_id} will stop after the current batch")
