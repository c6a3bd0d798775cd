"""What somebody needs to know to use an exported model elsewhere, as text: what goes in, what comes out."""

from core.answering.shelf import Model


def text(model: Model) -> str:
    """The input, the outputs and the labels of the model's single-file exports."""
    size, classes = model.card.image_size, len(model.labels)
    labels = "\n".join(f"  {place:>3}  {label}" for place, label in enumerate(model.labels))
    return (
        f"{model.title}, a classifier of clothes\n"
        "\n"
        f"Input   photos, uint8 (photos, {size}, {size}, 3): red, green, blue from 0 to 255.\n"
        "        Don't scale the values to 0…1 or -1…1: the file does that itself.\n"
        f"        Turn the photo upright, then squash it to {size} × {size} px by area averaging (cv2.INTER_AREA).\n"
        f"Output  logits, float32 (photos, {classes}), in the order of the labels below.\n"
        f"        Probabilities: softmax(logits / {model.card.temperature:.4g}).\n"
        f"Labels\n{labels}\n"
    )


def labels(model: Model) -> str:
    """One label per line, in the order of the outputs."""
    return "".join(f"{label}\n" for label in model.labels)
