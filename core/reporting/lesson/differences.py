"""What the notebook does differently from the product, in sentences."""

from collections.abc import Iterator

from core import words
from core.augment import recipe
from core.reporting.lesson.cells import plain
from core.reporting.lesson.network import is_tuned
from core.reporting.lesson.settings import Settings
from core.runs import bodies, readings
from core.runs.records import RunState


def of(settings: Settings) -> list[str]:
    """A sentence for each difference that concerns these runs."""
    return [
        *_photos(settings),
        *_augmentation(settings),
        *_backbone(settings),
        *_epochs(settings),
        *_runs(settings),
    ]


def _photos(settings: Settings) -> Iterator[str]:
    yield (
        "**Photos.** Pillow resizes here, OpenCV in Fitting Room. Both average areas when a photo shrinks and "
        "interpolate linearly when it grows; levels differ by about 1 of 255 on average, and more at sharp edges, in "
        "transparent photos and in photos with a colour profile."
    )
    yield (
        "**Random numbers.** Initial weights, the order of the photos and dropout are drawn differently, so scores "
        "differ as they do between two seeds."
    )


def _augmentation(settings: Settings) -> Iterator[str]:
    if not any(config.augments for config in settings.configs):
        return
    frozen = any(_is_frozen(config.backbone) for config in settings.configs)
    views = max(config.views_used for config in settings.configs)
    yield (
        "**Augmentation.** Keras' layers draw values of their own and resample once per layer. What they can't do, or "
        "do differently, is in the comments of their cell."
        + (f" Fitting Room shows a frozen backbone {views} views of each photo in turn; here each epoch draws anew."
           if frozen else "")
    )  # fmt: skip
    if any(recipe.mixes(config.recipe) for config in settings.configs):
        yield (
            "**Mixing.** MixUp and CutMix are left out here: their labels mix too, and these arrays have one label for "
            "each photo. Scores may differ more than from seed to seed."
        )


def _backbone(settings: Settings) -> Iterator[str]:
    if any(_is_frozen(config.backbone) for config in settings.configs):
        yield (
            "**Time.** Fitting Room computes the features of a frozen backbone once per photo and view and then trains "
            "only the layers after it. Here the whole network runs in every epoch. The result is the same."
        )
    if is_tuned(settings):
        yield (
            "**Fine-tuning.** BatchNorm's scale and offset learn in Fitting Room; here BatchNorm is frozen as a whole. "
            "On a GPU, Fitting Room computes in 16 bits where that is safe."
        )


def _is_frozen(key: str) -> bool:
    body = bodies.find(key)
    return body.pretrained if body else True  # a saved model that is gone


def _epochs(settings: Settings) -> Iterator[str]:
    yield (
        "**The best epoch.** Of epochs with the same validation accuracy, Fitting Room keeps the one with the lowest "
        "loss, Keras the first."
        + (" Early stopping counts such epochs in the same two ways." if any(settings.every("early_stopping")) else "")
    )
    if any(settings.every("label_smoothing")):
        yield "**Loss.** Keras smooths the labels of validation and test photos too; Fitting Room does not."
    yield (
        "**Percentages.** Fitting Room calibrates its percentages on the validation photos, and says when a photo "
        "looks like nothing that it has learned from. The notebook does neither."
    )


def _runs(settings: Settings) -> Iterator[str]:
    if any(config.parent for config in settings.configs):
        yield "**Stages.** Fitting Room continued an earlier run; the notebook trains all epochs in one go."
    for run, name in zip(settings.runs, settings.names, strict=True):
        if run.state is not RunState.DONE:
            epochs = readings.summary(run.folder).epochs
            yield (
                f"**{plain(name)}** is {run.state} in Fitting Room and has {words.count(epochs, 'epoch')} there; the "
                f"notebook trains {run.config.epochs}."
            )
