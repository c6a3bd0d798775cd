"""A saved model's card in plain sentences."""

from core import words
from core.answering import mixups, shelf
from core.answering.card import Scores
from core.answering.doubt import Doubt
from core.answering.shelf import Model
from core.datasets import catalogue
from core.runs import look_count
from core.teaching import gains, quality
from pages.frame import badges, markdown, receipts


def score_of(model: Model) -> tuple[str, Scores]:
    """The split and the scores on test photos, or on validation photos if there are no test photos."""
    scores = model.card.scores
    return ("test", scores.test) if scores.test else ("validation", scores.validation)


def of(model: Model, split: str, score: Scores) -> list[str]:
    """The card, line by line."""
    low, high = score.interval
    unseen = " that it had not seen" if split == "test" else ""
    kind = f"{split} {pictures(model)}"
    if model.card.taught:
        kind = "photos"
        unseen = ", each answered by a model that had not seen it, nor any photo that was taken together with it"
    source = (
        "the built-in drawn garments"
        if model.is_drawn
        else f"the dataset {markdown.plain(catalogue.title(model.dataset))}"
    )
    warning = (
        "It will do far worse on photos: it has never seen one."
        if model.is_drawn
        else "It may do worse on photos with different light or from other cameras."
    )
    sentences = [
        f"**Correct on {score.correct} of {score.count} {kind}{unseen}.** Its true accuracy is "
        f"probably between {low:.0%} and {high:.0%}.",
        f"Measured on {source}. {warning}",
    ]
    if (held_out := model.card.held_out) and held_out.count:
        sentences.append(
            f"**Correct on {held_out.correct} of {held_out.count} validation and test {pictures(model)} "
            f"({held_out.correct / held_out.count:.1%}) from sessions that it has no training photo of.**"
        )
    if split == "test" and (seen := look_count.sentence(model.dataset)):
        sentences.append(seen)
    if model.card.taught and (flattered := quality.single(model.card)):
        sentences.append(markdown.plain(flattered))
    if split == "validation" and not model.card.taught:
        sentences.append("These photos were also used to choose its best epoch, so the accuracy is slightly too high.")
    if score.calibration_error is not None:
        sentences.append(_calibration(score.calibration_error, score.calibration_error_before))
    if most_frequent := mixups.most_frequent(score.confusion, model.labels):
        sentences.append(
            "Most frequent mix-ups: "
            + "; ".join(
                f"{mixup.wrong} of {mixup.count} photos of {_garment(mixup.true)} taken for {_garment(mixup.predicted)}"
                for mixup in most_frequent
            )
            + "."
        )
    if (corrected := model.card.corrected) and not corrected.scored:
        sentences.append(
            f"These figures are those of {markdown.plain(shelf.title(corrected.origin))}, before it learned from "
            f"{words.count(corrected.photos, 'correction')}: "
            f"{gains.unscored(corrected, model.card.taught is not None)}."
        )
    if model.card.is_calibrated_on_few:
        photos = words.count(model.card.scores.validation.count, "validation photo")
        sentences.append(f"**Don't trust its percentages**: they were adjusted on {photos} only, which is too few.")
    sentences.append(
        f"Limits: it only knows its {words.classes(len(model.labels))}, and it can't find several garments in one "
        "photo."
    )
    if strangers := model.card.strangers:
        sentences.append(
            f"Shown {strangers.count} drawn pictures without clothes (landscapes, patterns, text), it said "
            f"*{badges.DOUBTS[Doubt.UNLIKE].text}* to {strangers.noticed}."
        )
    if receipt := receipts.of_card(model.card.receipt, dict(model.card.config)):
        sentences.append(markdown.plain(receipt))
    return sentences


def unseen(model: Model) -> str:
    """What a model that was taught kind by kind was scored on; empty for other models."""
    return "photos it had not seen" if model.card.taught else ""


def pictures(model: Model) -> str:
    return "drawings" if model.is_drawn else "photos"


def _calibration(error: float, error_before: float | None) -> str:
    """The calibration error in words, and the error before the temperature was fitted."""
    before = f" ({100 * error_before:.1f} before they were adjusted)" if error_before is not None else ""
    low, high = (100 * min(1.0, max(0.0, share)) for share in (0.8 - error, 0.8 + error))
    return (
        f"Its percentages miss the true share of correct answers by {100 * error:.1f} points on average{before}. Of "
        f"100 answers with 80%, about {low:.0f} to {high:.0f} are correct."
    )


def _garment(label: str) -> str:
    return markdown.plain(words.with_article(label))
