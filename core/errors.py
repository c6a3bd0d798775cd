"""The errors that a user can cause. Pages and shell show their sentence; every other error is a bug."""


class AppError(Exception):
    """An error with a sentence for the user: what was received, what was expected and how to fix it."""


class PhotoError(AppError):
    """A file that can't be used as a photo."""


class DatasetError(AppError):
    """A dataset that is missing or incomplete, or that can't be added."""


class NotSplitError(DatasetError):
    """A dataset whose photos are not split yet."""


class IncompleteError(DatasetError):
    """A dataset that is still being collected, with too few photos to learn from."""


class AmbiguousNamesError(DatasetError):
    """A zip whose names can be read in several ways."""

    def __init__(self, problem: str, choices: dict[str, str]) -> None:
        """`choices` are the code pages that fit, each with names as it reads them; the likeliest comes first."""
        listed = " or ".join(f"{example} ({code_page})" for code_page, example in choices.items())
        super().__init__(f"{problem} They may be: {listed}. Choose one; in the shell: --names {next(iter(choices))}.")
        self.problem, self.choices = problem, choices


class SettingsError(AppError):
    """A run, recipe or transform setting that can't be used."""


class RunError(AppError):
    """A run that does not exist, or an action that its state does not allow."""


class SearchError(AppError):
    """A search that does not exist, that can't be started or that found nothing."""


class ClusterError(AppError):
    """A cluster that can't be reached, or a machine of it that can't train."""


class ModelError(AppError):
    """A saved model that is missing or damaged, or that can't be written."""


class DownloadError(AppError):
    """A download that failed or is incomplete."""
