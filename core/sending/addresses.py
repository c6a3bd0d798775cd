"""Where MLflow keeps runs, as people type it: a server, or a database in a file or a folder."""

from pathlib import Path
from urllib.parse import urlsplit

from core.errors import SettingsError
from core.words import quoted

VARIABLE = "MLFLOW_TRACKING_URI"  # of MLflow itself
DATABASE = "mlflow.db"  # in a folder
SQLITE = "sqlite:///"
EXAMPLE = "http://127.0.0.1:5000"


def address(text: str) -> str:
    """The tracking URI that a person means: an http address, or the SQLite database in a file or a folder.

    Raises SettingsError.
    """
    text = text.strip()
    if text.startswith(("http://", "https://")):
        return _of_server(text)
    path = _path(text)
    if path.is_dir() and (path / "0" / "meta.yaml").is_file():
        raise SettingsError(
            f"{path} is a folder of an earlier MLflow without a database, which MLflow no longer writes to. Move it "
            "with `mlflow migrate-filestore`, or choose another folder."
        )
    return f"{SQLITE}{(path if path.suffix == '.db' else path / DATABASE).as_posix()}"


def folder_of(uri: str) -> Path | None:
    """The folder of the database that an address of `address` names; None for a server."""
    return Path(uri.removeprefix(SQLITE)).parent if uri.startswith(SQLITE) else None


def command(uri: str) -> str:
    """The command that opens a database; empty for a server, which is open already."""
    return f'mlflow server --backend-store-uri "{uri}"' if folder_of(uri) else ""


def _of_server(text: str) -> str:
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port  # reading the port checks it
    except ValueError:
        host = None
    if not host:
        raise SettingsError(f"The MLflow address must be like {EXAMPLE}, got {quoted(text)}.")
    if parts.username or parts.password:
        raise SettingsError(
            "The MLflow address must not hold a name or password. Set MLFLOW_TRACKING_USERNAME and "
            "MLFLOW_TRACKING_PASSWORD instead."
        )
    return text.rstrip("/")


def _path(text: str) -> Path:
    """The absolute path that a text names."""
    plain = text.removeprefix(SQLITE).removeprefix("file://")
    if not plain or "://" in plain or plain.startswith("sqlite:"):
        raise SettingsError(
            f"The MLflow address must be a server such as {EXAMPLE}, a folder, or a database such as "
            f"{SQLITE}/home/me/{DATABASE}, got {quoted(text)}."
        )
    try:
        return Path(plain).expanduser().resolve()
    except (OSError, RuntimeError, ValueError):
        raise SettingsError(f"{quoted(plain)} is not a valid path.") from None
