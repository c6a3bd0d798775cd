"""The command `search`: find good settings for a dataset in a given time."""

import time
from pathlib import Path

import click

from core.errors import SearchError
from core.shell.output import print_json
from core.shell.progress import Progress
from core.shell.training import AUTO, device_for

PAUSE = 0.5  # s between two looks at the search


@click.command()
@click.argument(
    "config",
    type=click.Path(path_type=Path),
    help='JSON file with the settings to begin with, {"dataset": "clothing"} is enough; or a file with a link to '
    "Train.",
)
@click.option("--minutes", type=click.FloatRange(min=0, min_open=True), default=10.0, show_default=True,
              help="The time for the search and its last runs, about.")  # fmt: skip
@click.option(
    "--stage",
    "stages",
    multiple=True,
    type=click.Choice(["head", "augmentation", "fine-tuning"]),
    help="What to vary, one after the other; repeat it for several. [default: head, augmentation]",
)
@click.option(
    "--vary",
    metavar="SPACE",
    default="",
    help="Vary these instead, such as 'dropout = 0 to 0.8; learning_rate = 0.0001 to 0.01 log; dense_layers = [], "
    "[100]'.",
)
@click.option("--trials", type=click.IntRange(min=1), default=500, show_default=True, help="The most trials.")
@click.option("--parallel", type=click.IntRange(min=1, max=64), default=2, show_default=True,
              help="Trials that are queued at the same time; more than the devices, so that none waits.")  # fmt: skip
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Sets what is proposed.")
@click.option("--device", metavar="NAME", default=AUTO, help="As for train.")
@click.option(
    "--cluster", metavar="ADDRESS", help="As for train. Then --parallel should be the number of its machines."
)
@click.option("--wait", is_flag=True, help="Wait for the end, then print what was found.")
def search(
    config: Path,
    minutes: float,
    stages: tuple[str, ...],
    vary: str,
    trials: int,
    parallel: int,
    seed: int,
    device: str,
    cluster: str | None,
    wait: bool,
) -> None:
    """Find good settings for a dataset.

    Optuna proposes settings, short trials try them, and the best are trained again with three seeds and scored on the
    test photos, which the search never looks at. Prints the id of the search; `stop ID` ends it.
    """
    from core.runs.config import read
    from core.searching import folder, launch
    from core.searching.records import StageKey

    if vary and stages:
        raise click.UsageError("--vary can't be combined with --stage.")
    device = device_for(device, cluster)
    keys = tuple(StageKey(stage) for stage in stages) or (StageKey.HEAD, StageKey.AUGMENTATION)
    settings = read(config)
    others = {"trials": trials, "parallel": parallel, "seed": seed, "device": device, "name": settings.name}
    search_id = folder.put(settings, minutes, keys, vary, **others)
    click.echo(search_id)
    launch.ensure_process()
    if wait:
        _wait(search_id)


def _wait(search_id: str) -> None:
    """Follow a search to its end and print what it found. Raises SearchError if it failed or was stopped."""
    from core.runs import launch as runs
    from core.searching import folder, launch, outcome
    from core.searching.records import Phase

    with Progress(search_id, estimates=False) as bar:
        while not (search := folder.look(search_id)).has_ended:
            launch.ensure_process()
            runs.ensure_worker()
            if sentence := runs.trouble():
                raise SearchError(f"{sentence} The search still waits.")
            winner = outcome.best(search)
            best = f", best {winner.accuracy:.1%}" if winner and winner.accuracy else ""
            share = min(1.0, search.progress.spent / (60 * search.wanted.minutes))
            bar(share, f"{len(search.progress.trials)} trials{best}")
            time.sleep(PAUSE)
    for sentence in outcome.sentences(search):
        click.echo(sentence, err=True)
    if search.progress.phase is not Phase.DONE:
        raise SearchError(search.progress.error or f"The search was {search.progress.phase}.")
    winner = outcome.best(search)
    chosen, unseen = outcome.found(search, "validation"), outcome.found(search, "test")
    print_json(
        {
            "search": search_id,
            "trials": len(search.progress.trials),
            "runs": list(search.progress.again),
            "trial_accuracy": winner.accuracy if winner else None,
            "validation_accuracy": chosen.accuracy if chosen else None,
            "test_accuracy": unseen.accuracy if unseen else None,
            "base_test_accuracy": unseen.base.accuracy if unseen and unseen.base else None,
        }
    )
