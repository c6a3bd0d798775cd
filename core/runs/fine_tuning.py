"""FineTune: the settings of a run's second stage, in which the backbone learns too."""

from pydantic import BaseModel, ConfigDict

from core.runs.fields import LONGEST_WARMUP, ScheduleName, setting


class FineTune(BaseModel):
    """The second stage of a run: the backbone learns too, by AdamW, on photos that are augmented anew each epoch."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    blocks: int | None = setting(  # None is the whole backbone
        None,
        "Blocks that learn",
        "Counted from the output backwards; the blocks before them stay frozen. Fewer blocks train faster and need "
        "less memory. The whole backbone usually gives better results.",
        unit="the last ones",
        ge=1,
    )
    epochs: int = setting(
        10,
        "Epochs of fine-tuning",
        "Number of passes over the training photos in this stage, after the epochs of the head.",
        ge=1,
        le=1000,
    )
    learning_rate: float = setting(
        2e-4,
        "Learning rate of fine-tuning",
        "Size of AdamW's steps in this stage. It should be much smaller than for the head, or the backbone forgets "
        "what it learned from ImageNet.",
        gt=0,
        le=1,
    )
    schedule: ScheduleName = setting(
        "cosine",
        "Schedule of fine-tuning",
        "constant: the same learning rate throughout. cosine: it falls along a cosine to 0 at the end, which suits "
        "this stage.",
    )
    warmup: int = setting(
        150,
        "Warm-up of fine-tuning",
        "The learning rate grows from 0 to its full size over this many batches, so that the first steps do no "
        "damage. 0: no warm-up.",
        unit="batches",
        ge=0,
        le=LONGEST_WARMUP,
    )
    weight_decay: float = setting(
        1e-4,
        "Weight decay",
        "How strongly AdamW pulls each weight towards zero at every step, times the learning rate. It reduces "
        "overfitting. 0: no weight decay.",
        ge=0,
        le=0.99,
    )
    mixed_precision: bool = setting(
        True,
        "Mixed precision",
        "Computes in 16 bits where that is safe and keeps the weights in 32 bits: faster on a GPU, with half the "
        "memory. Without a GPU it changes nothing.",
    )
