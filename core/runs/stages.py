"""The stages of a run, with the words that the page shows meanwhile."""

from enum import StrEnum


class Stage(StrEnum):
    """One stage of a run. core/runs/estimate.py says which stages a run has and how long each takes."""

    words: str
    is_shared: bool  # whether its result is in the cache for later runs with the same backbone and image size

    def __new__(cls, value: str, words: str, is_shared: bool = False) -> "Stage":
        stage = str.__new__(cls, value)
        stage._value_, stage.words, stage.is_shared = value, words, is_shared
        return stage

    READING_TRAIN = "reading train", "reading the training photos", True
    READING_VALIDATION = "reading validation", "reading the validation photos", True
    READING_TEST = "reading test", "reading the test photos", True
    WEIGHTS = "weights", "loading the ImageNet weights", True
    CONVERTING = "converting", "converting the backbone", True  # the frozen one
    FEATURES = "features", "computing features for the evaluation", True
    EPOCHS = "epochs", "training"
    FINE_TUNING = "fine-tuning", "fine-tuning"
    CONVERTING_OWN = "converting own", "converting the network"  # whose backbone learned in this run
    OWN_FEATURES = "own features", "computing features of all photos"
    SAVING = "saving", "saving the model"

    @classmethod
    def reading(cls, split: str) -> "Stage":
        """The stage that reads the photos of a split."""
        return next(stage for stage in cls if stage.value == f"reading {split}")
