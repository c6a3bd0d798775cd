"""The saved model that a run is built on: its frozen network, which the run keeps until its own model is saved."""

from dataclasses import dataclass
from pathlib import Path

from core.answering import integrity, litert, model_files
from core.answering.shelf import Model
from core.datasets.trained_on import TrainedOn
from core.errors import ModelError
from core.runs import bodies
from core.runs.folder import Run
from core.words import quoted
from models import convert


@dataclass(frozen=True)
class Base:
    """A saved model, and the files of its network in the folder of a run."""

    model: Model
    backbone: Path  # converted
    weights: Path | None  # Keras' weights; None if they are those of ImageNet
    digest: str  # of the converted network
    network: litert.Backbone

    def flattery(self, dataset: str, now: TrainedOn) -> str:
        """The sentence that says why the scores may be too good, if the network learned from other training photos of
        the same dataset; otherwise empty."""
        before = self.model.card.trained_on
        if self.model.dataset != dataset or before is None or now.has_same("train", before):
            return ""
        return (
            f"The saved model {quoted(self.model.name)} has learned from this dataset when its training photos were "
            "others. It may have seen photos that are now used for validation or test, so the scores may be too good."
        )


def take(run: Run) -> Base:
    """Link the network of the run's base into the run's folder, unless it is there from an earlier attempt.

    So it stays the same to the end, whatever becomes of the base. Raises SettingsError if the base is missing, and
    ModelError if it is damaged or has another size than the run.
    """
    model = bodies.model(run.config.backbone)
    backbone, weights = run.folder / model_files.BACKBONE, run.folder / model_files.WEIGHTS
    if not backbone.exists():
        integrity.check_files(model, model.card.files.keys() & set(model_files.NETWORK))
        clean_up(run.folder)  # of an attempt that died here
        model_files.link_network(model.folder, run.folder)
    network = litert.Backbone(backbone)
    body = bodies.of(run.config.backbone)
    if (network.size, network.features) != (run.config.image_size, body.features):
        raise ModelError(
            f"The network of the saved model {quoted(model.name)} must take photos of {run.config.image_size} px and "
            f"give {body.features} features, as the run and the model's card say, got {network.size} px and "
            f"{network.features} features. Choose another backbone, or train the model again."
        )
    return Base(model, backbone, weights if weights.exists() else None, convert.weights_digest(backbone), network)


def clean_up(folder: Path) -> None:
    """Delete the network's files from a run's folder. A model that the run saved has its own."""
    for name in model_files.NETWORK:
        (folder / name).unlink(missing_ok=True)
