"""The settings of a run in plain words, as records: what the form, and the help for grids, call and explain them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Setting:
    """One setting of a RunConfig, or of its fine-tuning, as a person meets it."""

    name: str  # of the field in config.json
    label: str
    help: str
    example: str = ""  # values for a line of a grid; without them a grid does not vary it
    unit: str = ""

    @property
    def title(self) -> str:
        """The label with its unit."""
        return f"{self.label} ({self.unit})" if self.unit else self.label


_SETTINGS = (
    Setting("dataset", "Dataset", "The photos to learn from. Add your own on the Data page."),
    Setting(
        "backbone",
        "Backbone",
        "The part that turns a photo into features. Pretrained ones are frozen: only the layers after them learn, "
        "unless you fine-tune.",
        "mobilenet_v2, xception",
    ),
    Setting(
        "image_size",
        "Image size",
        "Side of the square that photos are squashed to. More pixels show more and take longer: time grows with the "
        "square of it. The course used 150, then 299.",
        "150, 224, 299",
        "px",
    ),
    Setting(
        "dense_layers",
        "Dense layers",
        "Extra layers between the features and the answer. None is quick and often enough; the course adds one of 100.",
        "[], [100], [100, 50]",
    ),
    Setting(
        "activation",
        "Activation",
        "What follows each dense layer and lets it learn more than straight lines. ReLU is max(0, x): negative values "
        "become 0, positive ones pass unchanged. GELU is a smooth ReLU; tanh squeezes into −1 … 1, sigmoid into 0 … 1.",
        "relu, gelu, tanh, sigmoid",
    ),
    Setting(
        "dropout",
        "Dropout rate",
        "Share of activations zeroed at random at every training step, the others scaled up; off at prediction. It "
        "follows each dense layer, or the features when there is none. It hides no part of the photo; the black patch "
        "does.",
        "0, 0.2, 0.5, 0.8",
    ),
    Setting(
        "recipe",
        "Augmentation",
        "Random changes of the training photos, so that the network learns what does not matter. Validation and test "
        "photos are never changed.",
    ),
    Setting(
        "augmentation_seed",
        "Augmentation seed",
        "Of the random changes: the same seed gives the same pictures here, on Augment and in training.",
        "0, 1, 2",
    ),
    Setting(
        "views",
        "Views",
        "How many differently augmented versions of each photo a frozen backbone looks at; training goes through them "
        "again and again. More of them are better against overfitting, and each takes as long as the first.",
        "1, 4, 8",
        "per photo",
    ),
    Setting(
        "optimizer",
        "Optimizer",
        "How the steps are made. Adam suits most; AdamW also pulls the weights towards zero (weight decay); SGD takes "
        "plain steps with momentum, and often wants a learning rate ten times larger.",
        "adam, adamw, sgd",
    ),
    Setting(
        "learning_rate",
        "Learning rate",
        "Size of the steps. Too high and the loss leaps about or diverges; too low and it hardly moves.",
        "0.01, 0.001, 0.0001",
    ),
    Setting(
        "schedule",
        "Schedule",
        "constant: the same learning rate throughout. cosine: it falls along a cosine to 0 at the end, which suits "
        "long trainings and networks that learn from scratch.",
        "constant, cosine",
    ),
    Setting(
        "warmup",
        "Warm-up",
        "The learning rate grows from 0 to its full size over so many batches, which calms a hasty start. 0: none.",
        "0, 100",
        "batches",
    ),
    Setting(
        "label_smoothing",
        "Label smoothing",
        "Share of certainty taken from the right class and spread over all of them, so that the network grows less "
        "sure of itself. 0: none; 0.1 is usual.",
        "0, 0.1",
    ),
    Setting("batch_size", "Batch size", "Training photos per step. 32 is a good start.", "16, 32, 64", "photos"),
    Setting("epochs", "Epochs", "How many times all training photos are gone through.", "10, 30"),
    Setting(
        "early_stopping",
        "Early stopping",
        "Ends a run that has had no better epoch for so many epochs, by validation accuracy, then loss. The best is "
        "kept in any case.",
        "5, 10, null",
        "epochs",
    ),
    Setting(
        "class_weights",
        "Class weights",
        "Photos of rare classes count for more, so that no class is neglected for having few photos.",
        "false, true",
    ),
    Setting(
        "fine_tune",
        "Fine-tune the backbone afterwards",
        "A second stage: once the head has learned on the frozen backbone, both learn together, in small steps and on "
        "photos that are augmented anew in each epoch. Usually the largest gain there is, and by far the slowest part.",
        'null, {"blocks": 3}, {}',
    ),
    Setting(
        "seed",
        "Seed",
        "Of the first weights and the order of the photos. The same settings and seed give the same curves on the same "
        "CPU; on a GPU the last digits may vary.",
        "0, 1, 2",
    ),
)

_FINE_TUNING = (
    Setting(
        "blocks",
        "Blocks that learn",
        "Counted from the answer's end; the blocks before them stay frozen. Fewer are quicker and need less memory; "
        "the whole backbone usually gets better.",
        unit="the last ones",
    ),
    Setting(
        "epochs",
        "Epochs of fine-tuning",
        "How many times all training photos are gone through in this stage, after the epochs of the head.",
    ),
    Setting(
        "learning_rate",
        "Learning rate of fine-tuning",
        "Size of AdamW's steps in this stage. Much smaller than for the head alone, or what the backbone knows from "
        "ImageNet is lost.",
    ),
    Setting(
        "schedule",
        "Schedule of fine-tuning",
        "constant: the same learning rate throughout. cosine: it falls along a cosine to 0 at the end, which suits "
        "this stage.",
    ),
    Setting(
        "warmup",
        "Warm-up of fine-tuning",
        "The learning rate grows from 0 to its full size over so many batches, so that the first steps spoil nothing. "
        "0: none.",
        unit="batches",
    ),
    Setting(
        "weight_decay",
        "Weight decay",
        "Share by which AdamW pulls each weight towards zero at every step, times the learning rate; it works against "
        "overfitting. 0: none.",
    ),
    Setting(
        "mixed_precision",
        "Mixed precision",
        "Computes in 16 bits where that is safe and keeps the weights in 32: quicker on a GPU, with half the memory. "
        "Without a GPU nothing changes.",
    ),
)

SETTINGS = {one.name: one for one in _SETTINGS}
FINE_TUNING = {one.name: one for one in _FINE_TUNING}
