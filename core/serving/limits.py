"""What people may do on a shared server, from environment variables `FITTING_ROOM_…`. docs/serving.md explains each.

The command line is not limited: whoever has a shell on the machine has all rights of the program anyway.
"""

import ipaddress
import math
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core import machine, words
from core.errors import AppError, SettingsError
from core.files import cache, disk

MB, GB = 10**6, 10**9
LOCAL = ("localhost", "127.0.0.1", "::1")
SPARE = 1 * GB  # bytes that new datasets and runs leave free on the disk


@dataclass(frozen=True)
class Limit:
    """A setting, as the environment and the documentation name it."""

    variable: str
    default: float
    expected: str  # continues "must be"

    def read(self) -> float:
        """The value. Raises SettingsError if the variable is not a positive number."""
        text = os.environ.get(self.variable, "").strip()
        if not text:
            return self.default
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not 0 < value < math.inf:
            raise SettingsError(
                f"{self.variable} must be {self.expected}, got {words.quoted(text)}. Change or unset it, then start "
                "the app again."
            )
        return value


@dataclass(frozen=True)
class Switch:
    """A setting that is on or off, as the environment and the documentation name it."""

    variable: str

    def read(self) -> bool:
        """Whether it is on. Raises SettingsError if the variable is neither 1 nor 0."""
        text = os.environ.get(self.variable, "").strip()
        if text not in ("", "0", "1"):
            raise SettingsError(
                f"{self.variable} must be 1 or 0, got {words.quoted(text)}. Change or unset it, then start the app "
                "again."
            )
        return text == "1"


BATCH_PHOTOS = Limit("FITTING_ROOM_BATCH_PHOTOS", 1000, "a number of photos such as 1000")
BATCH_MB = Limit("FITTING_ROOM_BATCH_MB", 500, "a number of megabytes such as 500")
MEMORY_GB = Limit("FITTING_ROOM_MEMORY_GB", 4, "a number of gigabytes such as 4")
QUEUE = Limit("FITTING_ROOM_QUEUE", 500, "a number of runs such as 500")
QUEUE_EACH = Limit("FITTING_ROOM_QUEUE_EACH", math.inf, "a number of runs such as 20")
DISK_GB = Limit("FITTING_ROOM_DISK_GB", math.inf, "a number of gigabytes such as 100")
LIMITS = (BATCH_PHOTOS, BATCH_MB, MEMORY_GB, QUEUE, QUEUE_EACH, DISK_GB)
READ_ONLY = Switch("FITTING_ROOM_READ_ONLY")
SETTINGS: tuple[Limit | Switch, ...] = (*LIMITS, READ_ONLY)
FOLDERS, HOSTS, PASSWORD = "FITTING_ROOM_FOLDERS", "FITTING_ROOM_HOSTS", "FITTING_ROOM_PASSWORD"
USER_HEADER = "FITTING_ROOM_USER_HEADER"
LONGEST_USER = 200  # characters


def is_shared(address: str | None) -> bool:
    """Whether other machines can reach a server that listens at this address; None listens everywhere.

    One that only this machine reaches counts as shared too if it has a password, names, or a header for people: a proxy
    stands before it.
    """
    settings = (os.environ.get(PASSWORD, ""), os.environ.get(USER_HEADER, ""), *_listed(HOSTS, ","))
    return any(setting.strip() for setting in settings) or not _is_loopback(address)


def user(headers: Mapping[str, str], address: str | None) -> str:
    """The person whom a proxy names in the header `$FITTING_ROOM_USER_HEADER`; empty if none does.

    Only a proxy on this machine is believed: if the server listens elsewhere too, anybody could send that header.
    """
    name = os.environ.get(USER_HEADER, "").strip()
    if not name or not _is_loopback(address):
        return ""
    return (headers.get(name) or "").strip()[:LONGEST_USER]


def _is_loopback(address: str | None) -> bool:
    """Whether only this machine reaches a server that listens at this address."""
    if address is None:
        return False
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return address.strip().lower().rstrip(".") == "localhost"


def check_host(host: str | None) -> None:
    """Raise AppError for a request with a foreign name in its Host header.

    Another page in the browser could point its own name at this machine and would then pass for the app (DNS
    rebinding). An address in figures can't be redirected that way, nor can the machine's own name.
    """
    name = _host_name(host or "")
    if not name:  # no browser
        return
    own = socket.gethostname().lower()
    known = {*LOCAL, own, own.partition(".")[0], f"{own.partition('.')[0]}.local"}
    known |= {_host_name(part) for part in _listed(HOSTS, ",")}
    if name in known or _is_address(name):
        return
    raise AppError(
        f"The app was opened as {words.quoted(name)}, which is not a name of this machine. Open it at the machine's "
        f"address, or start it with {HOSTS}={name[:60] or 'NAME'} if the name is yours."
    )


def folders() -> list[str]:
    """The folders below which people may add datasets, as `$FITTING_ROOM_FOLDERS` names them."""
    return _listed(FOLDERS, os.pathsep)


def check_folder(folder: Path, shared: bool) -> None:
    """Raise AppError if people may not add this folder on the page.

    On a shared server only folders in `$FITTING_ROOM_FOLDERS` may be added: any other would show its photos, and the
    names of its sub-folders, to everybody.
    """
    listed = folders()
    if not shared and not listed:
        return
    try:
        place = folder.expanduser().resolve()
        allowed = [Path(part).expanduser().resolve() for part in listed]
    except (OSError, RuntimeError, ValueError):
        place, allowed = folder, []
    if any(place == parent or parent in place.parents for parent in allowed):
        return
    where = f"It must be in {words.listed(listed)}." if listed else f"Set {FOLDERS} to allow some, or upload a zip."
    raise AppError(f"This server does not allow you to add that folder. {where}")


def check_queue(waiting: int, more: int) -> None:
    """Raise AppError if `more` runs would make the queue of `waiting` runs too long."""
    most = int(QUEUE.read())
    if waiting + more > most:
        raise AppError(
            f"The queue must have at most {words.count(most, 'run')}, got {waiting + more:,} with the new ones. Wait, "
            f"or cancel some that are waiting. {QUEUE.variable} sets the limit."
        )


def check_queue_of_person(waiting: int, more: int) -> None:
    """Raise AppError if `more` runs would be too many for a person who has `waiting` runs in the queue."""
    most = QUEUE_EACH.read()
    if waiting + more > most:
        raise AppError(
            f"You must have at most {words.count(int(most), 'run')} in the queue, got {waiting + more:,} with the new "
            f"ones. Wait, or cancel some of yours. {QUEUE_EACH.variable} sets the limit."
        )


def check_memory() -> None:
    """Raise AppError if this process takes more memory than all people together may."""
    most, used = MEMORY_GB.read() * GB, machine.memory_of_process()
    if used > most:
        raise AppError(
            f"The server has no memory left for more photos ({words.size(used)} of {words.size(most)} in use). Try "
            f"again later, or with fewer photos. {MEMORY_GB.variable} sets the limit."
        )


def check_disk(need: float = 0) -> None:
    """Raise AppError if `need` more bytes would overfill the workspace or its disk."""
    if need + SPARE > cache.free():
        raise AppError(
            f"The disk is nearly full ({words.size(cache.free())} free). Delete unused files on Data, under Disk, or "
            "models and runs that you no longer need."
        )
    most = DISK_GB.read() * GB
    if most == math.inf:
        return
    total = sum(part.bytes for part in disk.usage()) + need
    if total > most:
        raise AppError(
            f"The workspace must take at most {words.size(most)}, got {words.size(total)}. Delete datasets, models or "
            f"runs that you no longer need. {DISK_GB.variable} sets the limit."
        )


def _listed(variable: str, separator: str) -> list[str]:
    return [part.strip() for part in os.environ.get(variable, "").split(separator) if part.strip()]


def _host_name(host: str) -> str:
    """The name or address in a Host header, without its port."""
    name = host.strip().lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return (name.rpartition(":")[0] if name.count(":") == 1 else name).rstrip(".")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
