"""The commands `data check` and `data review`: what is wrong in a dataset, and what people decide about it."""

import click

from core import words
from core.errors import SettingsError
from core.shell.output import print_json
from core.shell.progress import Progress


@click.command()
@click.argument("name", help="Name of a dataset.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")
def check(name: str, as_json: bool) -> None:
    """Find what is wrong in a dataset.

    Unusable photos, copies, doubtful classes, backdrops that are in several splits, classes with too few photos. What
    was decided with `data review` is left out.
    """
    from core.datasets import catalogue, review
    from core.reviewing import check as checking
    from core.reviewing.findings import TITLES

    name = catalogue.find(name)
    with Progress(f"checking {name}") as progress:
        result = checking.check(name, progress)
    findings = result.unsettled(review.of(name).settled())
    for finding in findings:
        if as_json:
            print_json(finding.model_dump(mode="json"))
        else:
            click.echo(f"{TITLES[finding.kind]}: {finding.sentence}")
    if as_json:
        return
    for effect in result.effects:
        click.echo(effect.sentence)
    if not findings:
        click.echo("No problems found.")


@click.command()
@click.argument("name", help="Name of a dataset.")
@click.argument("photos", nargs=-1, metavar="[PHOTO]...", help="Photos as `data check` names them.")
@click.option("--keep", is_flag=True, help="Keep the photos as they are; a check names them no more.")
@click.option("--leave-out", is_flag=True, help="Leave the photos out.")
@click.option("--class", "label", metavar="CLASS", help="Move the photos to this class.")
@click.option("--split", metavar="SPLIT", help="Put the photos into train, validation or test.")
@click.option("--undo", is_flag=True, help="Undo the last decision.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")
def review(
    name: str,
    photos: tuple[str, ...],
    keep: bool,
    leave_out: bool,
    label: str | None,
    split: str | None,
    undo: bool,
    as_json: bool,
) -> None:
    """Decide about photos, or list what was decided.

    The photos on disk are never changed.
    """
    from core.datasets import catalogue, labels
    from core.datasets import review as reviews
    from core.reviewing import findings

    name = catalogue.find(name)
    wishes: dict[reviews.Action, str] = {}
    if keep:
        wishes["keep"] = ""
    if leave_out:
        wishes["leave out"] = ""
    if label is not None:
        wishes["class"] = labels.typed(label, catalogue.unsorted(name).classes)
    if split is not None:
        wishes["split"] = split
    if len(wishes) + undo > 1 or bool(photos) != bool(wishes):
        raise SettingsError(
            "Give photos with one of --keep, --leave-out, --class and --split, or --undo alone, or nothing to list the "
            "decisions."
        )
    if undo:
        undone = reviews.undo(name)
        click.echo(f"Undone for {words.count(len(undone), 'photo')}." if undone else "There is nothing to undo.")
        return
    for action, to in wishes.items():
        catalogue.check_photos(name, photos)
        findings.decide(name, photos, action, to)
        return
    for decision in reviews.of(name).standing:
        if as_json:
            print_json(decision.model_dump(mode="json", exclude={"undone"}))
        else:
            click.echo(f"{decision.date}  {decision.photo}  {decision.action} {decision.to}".rstrip())
