"""The errors that a person can cause; pages and the shell show their sentence, everything else is a bug."""


class AppError(Exception):
    """What came, what was expected and how to mend it, in words for the person in front of the screen."""


class PhotoError(AppError):
    """A file that can't be used as a photo."""


class DatasetError(AppError):
    """A dataset that is missing, incomplete or can't be added."""


class SettingsError(AppError):
    """A run, recipe or transform setting that can't be used."""


class RunError(AppError):
    """A run that doesn't exist or can't do what was asked."""


class ModelError(AppError):
    """A saved model that is missing, damaged or can't be written."""


class DownloadError(AppError):
    """Something from the internet that did not arrive whole."""
