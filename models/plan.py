"""The plan of a stage: how many epochs, and how its model is optimized."""

from dataclasses import dataclass

import keras

from core.runs.config import RunConfig


@dataclass(frozen=True)
class Plan:
    """One stage of a training run: how many epochs, and how to optimize."""

    epochs: int
    learning_rate: float
    optimizer: str = "adam"
    schedule: str = "constant"
    warmup: int = 0  # batches
    weight_decay: float = 1e-4  # AdamW only
    label_smoothing: float = 0.0
    early_stopping: int | None = None  # epochs without improvement
    first: int = 0  # epochs of the earlier stages; the numbering continues
    stage: int = 0

    @classmethod
    def of(cls, config: RunConfig) -> "Plan":
        """The stage with the run's own settings."""
        names = ("epochs", "learning_rate", "optimizer", "schedule", "warmup", "label_smoothing", "early_stopping")
        return cls(**{name: getattr(config, name) for name in names})

    @classmethod
    def of_fine_tuning(cls, config: RunConfig, first: int) -> "Plan":
        """The stage in which the backbone learns too, after `first` epochs of only the head."""
        assert config.fine_tune is not None
        names = ("epochs", "learning_rate", "schedule", "warmup", "weight_decay")
        own = {name: getattr(config.fine_tune, name) for name in names}
        shared = {name: getattr(config, name) for name in ("label_smoothing", "early_stopping")}
        return cls(**own, **shared, optimizer="adamw", first=first, stage=1)

    @property
    def last(self) -> int:
        """The number of the first epoch after the stage."""
        return self.first + self.epochs


def compile_for(plan: Plan, model: keras.Model, batches: int) -> None:
    """Compile the model with its loss, its optimizer and the accuracy that the curves show."""
    rate: float | keras.optimizers.schedules.LearningRateSchedule = plan.learning_rate
    if plan.schedule == "cosine" or plan.warmup:
        steps = max(1, plan.epochs * batches - plan.warmup)
        rate = keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=0.0 if plan.warmup else plan.learning_rate,
            decay_steps=steps,
            alpha=0.0 if plan.schedule == "cosine" else 1.0,
            warmup_target=plan.learning_rate if plan.warmup else None,
            warmup_steps=plan.warmup,
        )
    optimizers = {
        "adam": lambda: keras.optimizers.Adam(rate),
        "adamw": lambda: keras.optimizers.AdamW(rate, weight_decay=plan.weight_decay),
        "sgd": lambda: keras.optimizers.SGD(rate, momentum=0.9),
    }
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=plan.label_smoothing)
    model.compile(optimizers[plan.optimizer](), loss, metrics=["accuracy"])
