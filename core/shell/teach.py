"""The command `teach`: a model from a few photos of each kind."""

from pathlib import Path

import click

from core.shell.output import print_json
from core.shell.progress import Progress


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), help="One folder of photos for each kind.")
@click.option("--name", metavar="TITLE", help="Title of the lesson, which may exist. [default: the folder's name]")
@click.option("--base", metavar="MODEL", help="Saved model whose network sees the photos. [default: starter]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def teach(folder: Path, name: str | None, base: str | None, as_json: bool) -> None:
    """Teach a model from a few photos of each kind.

    The photos are copied into the workspace, and the model is saved. Run it again with more photos, or go on with the
    same lesson on the Teach page. Prints how good the model is: each photo is answered by a model that has not seen it,
    nor any photo that was taken together with it.
    """
    from core.answering import shelf
    from core.datasets import folders, titles
    from core.teaching import gathering, keeping, lesson, quality, teacher

    if base:
        shelf.model(base)
    kinds = folders.contents(folder.expanduser().resolve(), is_collected=True).photos[""]
    title = name or titles.title_for(str(folder.resolve()))
    with Progress(f"teaching {title}") as progress:
        own, refused = gathering.from_folders(title, kinds, lambda done, total: progress.count(done, 2 * total))
        if base:
            lesson.set_base(own, base)
        outcome = teacher.learn(own, lambda share, words: progress(0.5 + 0.5 * share, words))
    for sentence in refused:
        click.echo(sentence, err=True)
    saved = keeping.save(own, title)  # its error says what is missing
    card = saved.card
    if as_json:
        figures = card.scores.validation.model_dump(mode="json")
        print_json({"lesson": own, "model": saved.name, "kinds": list(saved.labels), **figures})
        return
    click.echo(f"{saved.name}: {quality.headline(card).lower()}")
    for score in card.scores.validation.per_class:
        click.echo(f"  {score.label:<12} {score.correct:>4} of {score.count}")
    for sentence in (outcome.notice, quality.single(card), quality.gain(outcome.curve)):
        if sentence:
            click.echo(sentence)
