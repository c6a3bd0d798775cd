"""The password of a shared server, and the proof that a browser has given it.

A server that other machines can reach always asks for a password: `$FITTING_ROOM_PASSWORD`, or one that it makes up and
prints when it is first opened.
"""

import hashlib
import hmac
import os
import secrets
import threading
import time
from functools import lru_cache

from core.serving import limits

COOKIE = "fitting-room"
PAUSE = 1.0  # s after a wrong password before the next one is looked at, for all browsers together
_secret = secrets.token_bytes(32)  # a new start asks again
_lock = threading.Lock()


@lru_cache(maxsize=1)
def _made_up() -> str:
    """A password for this start, printed once for whoever started the server."""
    password = "-".join(secrets.token_hex(2) for _ in range(3))
    print(f"\n  Password for this server: {password}\n  ({limits.PASSWORD} sets one of your own.)\n", flush=True)
    return password


def password() -> str:
    """The password that opens the server."""
    return os.environ.get(limits.PASSWORD, "").strip() or _made_up()


def new_browser() -> str:
    """A name for a browser that has given the right password."""
    return secrets.token_hex(8)


def token(browser: str) -> str:
    """What that browser shows from then on, until the server or the password changes: its name, and a proof of it."""
    return f"{browser}.{hmac.new(_secret, f'{browser} {password()}'.encode(), hashlib.sha256).hexdigest()}"


def browser_of(value: str | None) -> str:
    """The name of the browser that shows this token; empty if it has not given the password."""
    browser = (value or "").partition(".")[0]
    return browser if browser and hmac.compare_digest((value or "").encode(), token(browser).encode()) else ""


def is_password(value: str) -> bool:
    """Whether this is the password. A wrong one takes a second, and others wait meanwhile: nobody guesses it."""
    with _lock:
        is_right = hmac.compare_digest(value.strip().encode(), password().encode())
        if not is_right:
            time.sleep(PAUSE)
    return is_right
