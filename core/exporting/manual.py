"""What somebody needs to know to use an exported model elsewhere, as text: what goes in, what comes out."""

from core.answering import doubt
from core.answering.shelf import Model
from core.exporting.forms import Form


def text(model: Model, form: Form) -> str:
    """The input, the outputs and the labels of the model's file in that form."""
    size = model.card.image_size
    labels = "\n".join(f"  {place:>3}  {label}" for place, label in enumerate(model.labels))
    return (
        f"{model.name}, a classifier of clothes\n"
        "\n"
        f"Input   photos, uint8 (photos, {size}, {size}, 3): red, green, blue from 0 to 255.\n"
        "        Don't scale the values to 0…1 or -1…1: the file does that itself.\n"
        f"        Turn the photo upright, then squash it to {size} × {size} px by area averaging (cv2.INTER_AREA).\n"
        f"{_logits(model) if form.gives_logits else _answers(model)}"
        f"Python  {form.usage}\n"
        f"Labels\n{labels}\n"
    )


def labels(model: Model) -> str:
    """One label per line, in the order of the outputs."""
    return "".join(f"{label}\n" for label in model.labels)


def _logits(model: Model) -> str:
    return (
        f"Output  logits, float32 (photos, {len(model.labels)}), in the order of the labels below.\n"
        f"        Probabilities: softmax(logits / {model.card.temperature:.4g}).\n"
    )


def _answers(model: Model) -> str:
    """The outputs of a file that does all that our own answers do, and when to doubt them (`core.answering.doubt`)."""
    classes, limits = len(model.labels), model.card.limits[doubt.FALSE_ALARMS]
    chance = 1 / classes
    least = max(limits.probability, chance + doubt.ABOVE_CHANCE * (1 - chance)) if classes > 1 else limits.probability
    return (
        f"Output  probabilities, float32 (photos, {classes}), in the order of the labels below.\n"
        "        similarity, float32 (photos,): how similar each photo is to the training photos, at most 1.\n"
        f"Doubt   Probably none of the classes: similarity below {limits.similarity:.4g}.\n"
        f"        Not sure: the highest probability is below {least:.4g}, or not {doubt.AHEAD:g} times the second.\n"
    )
