"""The mistakes of which a run was surest, as small pictures inside the report."""

from core import photos, words
from core.comparing import mistakes
from core.comparing.mistakes import Judged
from core.datasets import catalogue
from core.datasets.catalogue import Dataset
from core.errors import DatasetError, PhotoError, RunError
from core.reporting import document
from core.reporting.document import Html
from core.runs import predictions
from core.runs.folder import Run

MOST = 12
SIDE = 200  # px, the longest side
GONE = "The photo is gone or has changed."


def surest_mistakes(run: Run, split: str) -> Html:
    """The pictures with the true class and the answer; a sentence if they can't be shown."""
    if not predictions.exist(run.folder):
        return _sentence("The answers to each photo are not stored, so its mistakes can't be shown.")
    try:
        wrong = mistakes.chosen(mistakes.judged([run], split), mistakes.SUREST)
        dataset = catalogue.load(run.config.dataset)
    except (RunError, DatasetError) as error:
        return _sentence(f"Its mistakes can't be shown. {error}")
    if not wrong:
        return _sentence("It made no mistake.")
    tiles = "".join(_tile(photo, dataset) for photo in wrong[:MOST])
    caption = f"The {len(wrong[:MOST])} surest of {words.count(len(wrong), 'mistake')}, the surest first."
    return Html(f'<div class="photos">{tiles}</div>{document.paragraph(document.text(caption), "quiet")}')


def _sentence(sentence: str) -> Html:
    return document.paragraph(document.text(sentence))


def _tile(photo: Judged, dataset: Dataset) -> Html:
    answer = photo.answers[0]
    caption = f"{photo.label}, answered {answer.label} ({words.percent(answer.probability)})"
    jpeg = _jpeg(photo, dataset)
    seen = document.picture(jpeg, caption) if jpeg else f'<div class="missing">{GONE}</div>'
    return Html(f"<figure>{seen}<figcaption>{document.text(caption)}</figcaption></figure>")


def _jpeg(photo: Judged, dataset: Dataset) -> bytes:
    """The photo, small and without the camera's notes such as its place; empty if the file is another one by now."""
    try:
        data = photos.read_file(dataset.folder / photo.name)
        return photos.thumbnail(photos.decode(data, SIDE), SIDE) if photos.key(data) == photo.key else b""
    except PhotoError:
        return b""
