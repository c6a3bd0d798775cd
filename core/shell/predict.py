"""The command `predict`: what photos show."""

import contextlib
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from core import words
from core.errors import ModelError, SettingsError
from core.shell.output import print_json
from core.shell.progress import Progress

if TYPE_CHECKING:
    from core.answering.bulk import Prediction
    from core.answering.classifier import Classifier
    from core.answering.tables import Sets

BEST = 3  # answers on a photo's line


@click.command()
@click.argument(
    "photos", metavar="PHOTO...", nargs=-1, required=True, type=click.Path(path_type=Path), help="Photo, folder or zip."
)
@click.option("--model", "name", metavar="NAME", help="Saved model or its folder. [default: as on the Predict page]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")
@click.option("--csv", type=click.Path(path_type=Path), metavar="FILE", help="Also write the answers as a table.")
@click.option(
    "--excel", type=click.Path(path_type=Path), metavar="FILE", help="Also write them as an Excel sheet with pictures."
)
@click.option(
    "--certainty",
    type=float,
    metavar="SHARE",
    help="Also name the classes of which one is right: 0.9, 0.95 or 0.99 of the time.",
)
def predict(
    photos: tuple[Path, ...],
    name: str | None,
    as_json: bool,
    csv: Path | None,
    excel: Path | None,
    certainty: float | None,
) -> int:
    """Predict what photos show, also in folders and zips.

    Prints one line per photo. A photo that can't be read is an error on a line of its own; the other photos get their
    answers, and the exit status is 1. Files in folders and zips that are no photos are counted at the end.
    """
    from core.answering import bulk, classifier, sheet, shelf, tables
    from core.photos import album, finding

    model = shelf.model(name) if name else shelf.active()
    if model is None:
        raise ModelError("There is no saved model yet. Train one: python -m core train CONFIG.json --wait.")
    loaded = classifier.load(model)
    sets = _sets(loaded, certainty)
    with contextlib.ExitStack() as stack:
        table = stack.enter_context(_new_file(csv, "--csv", ".csv", encoding="utf-8", newline="")) if csv else None
        book = stack.enter_context(_new_file(excel, "--excel", ".xlsx")) if excel else None
        progress = stack.enter_context(Progress(f"predicting with {words.printable(model.title)}"))
        total = sum(1 for _ in album.on_disk(photos)) if progress.visible else 0
        passed_over: finding.PassedOver = {}
        sources = album.on_disk(photos, passed_over)
        predictions = bulk.predict(loaded, sources, thumbnails=book is not None)
        stack.enter_context(contextlib.closing(predictions))
        printer = _Printer(progress, total, as_json, sets)
        answers = printer.passing(predictions)
        if book:
            answers = iter(kept := list(answers))
            pictures = {place: prediction.thumbnail for place, prediction in enumerate(kept)}
            book.write(sheet.as_xlsx(tables.results(kept, sets=sets), pictures))
        if table:
            table.writelines(tables.as_csv(tables.results(answers, sets=sets)))
        else:
            for _ in answers:
                pass
    for sentence in finding.sentences(passed_over):
        click.echo(sentence, err=True)
    return 1 if printer.failures else 0


def _new_file(path: Path, option: str, ending: str, **text: str) -> IO[Any]:
    """Open a new file for a table, for text if `text` says how.

    Other endings are refused: if you forget the file name, the next argument is a photo, which must not be overwritten.
    """
    if path.suffix.lower() != ending:
        raise SettingsError(f"{option} must be a file name that ends in {ending}, got {path}.")
    try:
        return path.open("w" if text else "wb", **text)  # type: ignore[call-overload, no-any-return]
    except OSError as error:
        raise SettingsError(f"The file {path} can't be written ({error.strerror}).") from None


class _Printer:
    """Prints predictions on their way through and counts the photos that could not be read."""

    def __init__(self, progress: Progress, total: int, as_json: bool, sets: "Sets | None") -> None:
        self.failures = 0
        self._progress, self._total, self._as_json, self._sets = progress, total, as_json, sets

    def passing(self, predictions: "Iterable[Prediction]") -> "Iterator[Prediction]":
        """Print each prediction, then yield it."""
        self._progress.count(0, self._total)
        for done, prediction in enumerate(predictions, 1):
            self._progress.clear()
            self.failures += prediction.answer is None
            (_print_as_json if self._as_json else _print_as_text)(prediction, self._sets)
            self._progress.count(done, self._total)
            yield prediction


def _sets(loaded: "Classifier", certainty: float | None) -> "Sets | None":
    """A function that returns the labels of which one is right; None if none are wanted. Raises SettingsError."""
    if certainty is None:
        return None
    loaded.check_certainty(certainty)
    return partial(loaded.one_of, certainty=certainty)


def _one_of(prediction: "Prediction", sets: "Sets | None") -> tuple[str, ...]:
    from core.answering import tables

    (result,) = tables.results([prediction], sets=sets)
    return result.one_of


def _print_as_json(prediction: "Prediction", sets: "Sets | None") -> None:
    answer = prediction.answer
    if answer is None:
        print_json({"file": prediction.name, "error": prediction.error})
        return
    answers = [{"label": label, "probability": round(share, 6)} for label, share in answer.probabilities]
    line = {"file": prediction.name, "answers": answers, "unsure": answer.unsure, "reason": answer.reason}
    print_json(line if sets is None else {**line, "one_of": _one_of(prediction, sets)})


def _print_as_text(prediction: "Prediction", sets: "Sets | None") -> None:
    answer = prediction.answer
    if answer is None:
        click.echo(f"{prediction.name}: {prediction.error}", err=True)
        return
    best = ", ".join(f"{label} {share:.1%}" for label, share in answer.probabilities[:BEST])
    doubt = f"  ({answer.reason})" if answer.unsure else ""
    one_of = f"  one of: {', '.join(names)}" if (names := _one_of(prediction, sets)) else ""
    click.echo(f"{prediction.name}: {best}{one_of}{doubt}")
