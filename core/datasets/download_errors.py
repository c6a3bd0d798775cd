"""Why a download failed, in sentences."""

import httpx

from core import words
from core.errors import DownloadError


def instead(url: str) -> str:
    """What to do instead of downloading `url` here, as the end of a sentence."""
    return f"or open {url} in a browser and add the zip on the Data page."


def explanation(url: str, failure: Exception | None, received: int, total: int | None) -> str:
    """What happened and what to do, for somebody who has never seen a status code."""
    mend = instead(url)
    if isinstance(failure, httpx.HTTPStatusError):
        code, reason = failure.response.status_code, failure.response.reason_phrase
        hint = "try again later" if code >= 500 or code == httpx.codes.TOO_MANY_REQUESTS else "check the address"
        return f"The server answered {code} ({reason}) for {url}: {hint}, {mend}"
    if isinstance(failure, httpx.UnsupportedProtocol | httpx.InvalidURL):
        return f"{url!r} must be a web address that starts with https://: check the address."
    if isinstance(failure, httpx.TooManyRedirects):
        return f"The server redirects {url} in circles: check the address, {mend}"
    if "CERTIFICATE_VERIFY_FAILED" in str(failure):
        return f"The secure connection for {url} can't be trusted (its certificate): ask who runs the network, {mend}"
    if received:
        of_total = f" of {words.size(total)}" if total is not None else ""
        return f"The connection broke after {words.size(received)}{of_total}: try again, {mend}"
    if isinstance(failure, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError):
        return f"There is no connection to {httpx.URL(url).host}: check the internet connection and try again, {mend}"
    return f"The server was reached but sent nothing usable for {url}: try again later, {mend}"


def too_large(url: str, most: int) -> DownloadError:
    """The error for a file of more than `most` bytes, to be raised."""
    return DownloadError(
        f"{url} is larger than {words.size(most)}, the most that is downloaded: check the address, "
        "or unpack it yourself and add the folder on the Data page."
    )
