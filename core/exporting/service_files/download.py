"""Photos from addresses that strangers name: public ones only, of a limited size, within a limited time."""

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable
from urllib.parse import SplitResult, quote, urljoin, urlsplit, urlunsplit

from classifier import MOST_BYTES, PhotoError

SECONDS = 10  # for the whole download
PAUSE = 5  # s at most between two pieces
MOST_REDIRECTS = 3
REDIRECTS = (301, 302, 303, 307, 308)


def is_public(address: str) -> bool:
    """Whether an IPv4 address is one of the internet: not this machine, a private network or a cloud's metadata."""
    known = ipaddress.IPv4Address(address)
    return known.is_global and not known.is_multicast


def fetch(url: str, permitted: Callable[[str], bool] = is_public) -> bytes:
    """The content of an http or https address. Raises PhotoError.

    `permitted` says which IPv4 addresses may be asked. The connection goes to the address that it was shown, so a name
    that leads elsewhere the next time gains nothing. Redirects are followed after the same checks.
    """
    until = time.monotonic() + SECONDS
    try:
        for _ in range(MOST_REDIRECTS + 1):
            target = urlsplit(url)
            connection = _connected(target, permitted)
            try:
                response = _response(connection, target)
                if response.status not in REDIRECTS:
                    return _content(response, until)
                url = urljoin(url, response.getheader("Location", ""))
            finally:
                connection.close()
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise PhotoError(f"The photo could not be downloaded ({reason}). Check its address.") from error
    raise PhotoError(f"The photo's address must lead to it within {MOST_REDIRECTS} redirects.")


def _connected(target: SplitResult, permitted: Callable[[str], bool]) -> http.client.HTTPConnection:
    if target.scheme not in ("http", "https") or not target.hostname:
        raise PhotoError("The photo's address must begin with http:// or https://.")
    port = target.port or (443 if target.scheme == "https" else 80)
    found = socket.getaddrinfo(target.hostname, port, socket.AF_INET, socket.SOCK_STREAM)
    address = str(found[0][4][0])
    if not permitted(address):
        raise PhotoError("The photo's address must be a public one of the internet.")
    connection = http.client.HTTPConnection(target.hostname, port)
    connection.sock = socket.create_connection((address, port), PAUSE)
    if target.scheme == "https":
        context = ssl.create_default_context()
        connection.sock = context.wrap_socket(connection.sock, server_hostname=target.hostname)
    return connection


def _response(connection: http.client.HTTPConnection, target: SplitResult) -> http.client.HTTPResponse:
    path = quote(urlunsplit(("", "", target.path or "/", target.query, "")), safe="%/?:@!$&'()*+,;=~")
    connection.request("GET", path, headers={"User-Agent": "photo-classifier", "Accept": "image/*"})
    return connection.getresponse()


def _content(response: http.client.HTTPResponse, until: float) -> bytes:
    if response.status != 200:
        raise PhotoError(f"The photo's address must answer with 200, got {response.status}.")
    data = bytearray()
    while piece := response.read1(1 << 16):
        data += piece
        if len(data) > MOST_BYTES:
            raise PhotoError(f"The photo must have at most {MOST_BYTES / 1e6:.0f} MB, and this one has more.")
        if time.monotonic() > until:
            raise PhotoError(f"The photo must arrive within {SECONDS} s. Use a smaller one.")
    return bytes(data)
