"""A Ray cluster as a device for runs: its address, and whether it can be reached. Only models/cluster/ imports Ray."""

import os
import re
import socket
from importlib import util

from core.errors import ClusterError, SettingsError
from core.words import quoted

VARIABLE = "FITTING_ROOM_CLUSTER"  # the address of the cluster that Train offers
PREFIX = "cluster:"  # of the device, before the address
SECONDS = 3.0  # to wait for an answer of the address
HIGHEST_PORT = 65535
_ADDRESS = re.compile(r"(?P<host>[A-Za-z0-9][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\]):(?P<port>[0-9]{1,5})")


def device_of(address: str) -> str:
    """The device that stands for the cluster at an address, as notes.json names it."""
    return f"{PREFIX}{address.strip()}"


def address_of(device: str) -> str:
    """The address of the cluster that a device stands for; empty for every other device."""
    address = device.removeprefix(PREFIX)
    return address if address != device and _parsed(address) else ""


def offered() -> str:
    """The device of the cluster in `$FITTING_ROOM_CLUSTER`; empty if none is set."""
    address = os.environ.get(VARIABLE, "").strip()
    return device_of(address) if address else ""


def check(address: str) -> None:
    """Raise SettingsError for an address of another form or without Ray, ClusterError if nothing answers there."""
    place = _parsed(address)
    if place is None:
        raise SettingsError(
            f"The address of the cluster must be HOST:PORT, such as 192.168.0.7:6379, got {quoted(address)}. "
            "`ray start --head` prints the address."
        )
    if util.find_spec("ray") is None:
        raise SettingsError(
            "Training on a cluster needs the package ray, which is missing. "
            "Install it: pip install -r requirements-cluster.txt"
        )
    try:
        socket.create_connection(place, SECONDS).close()
    except OSError as error:
        raise ClusterError(
            f"The cluster at {address} can't be reached ({error.strerror or error}). Check the address, and start its "
            "first machine with `ray start --head`."
        ) from None


def _parsed(address: str) -> tuple[str, int] | None:
    """The host and the port of an address; None if it has another form."""
    fits = _ADDRESS.fullmatch(address)
    if not fits or not 0 < int(fits["port"]) <= HIGHEST_PORT:
        return None
    return fits["host"].strip("[]"), int(fits["port"])
