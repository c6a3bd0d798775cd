"""The classifier as an AWS Lambda function: an event with a photo, or with its address, in; the answer out."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from classifier import MOST_BYTES, Classifier, PhotoError
from download import fetch, is_public

classifier = Classifier(Path(__file__).with_name("model.onnx"))


def lambda_handler(event: Any, context: object, permitted: Callable[[str], bool] = is_public) -> Any:
    """The answer for `{"url": …}` or `{"photo": …}` (base64), or an HTTP response if the event is an HTTP request.

    The body of a request is the photo itself (base64, as API Gateway and function URLs send it), or one of the two as
    JSON. `permitted` says which addresses a URL may lead to; Lambda itself leaves it out.
    """
    is_request = isinstance(event, dict) and ("requestContext" in event or "body" in event)
    photo = body_of if is_request else photo_of
    try:
        status, answer = 200, classifier.answer(photo(event, permitted))
    except PhotoError as error:
        status, answer = 400, {"error": str(error)}
    if not is_request:
        return answer
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": json.dumps(answer)}


def photo_of(event: Any, permitted: Callable[[str], bool]) -> bytes:
    """The photo that an event names or holds. Raises PhotoError."""
    fields = event if isinstance(event, dict) else {}
    if isinstance(fields.get("url"), str):
        return fetch(fields["url"], permitted)
    if isinstance(fields.get("photo"), str):
        return from_base64(fields["photo"])
    raise PhotoError('The event must have a "url" or a "photo" in base64.')


def body_of(event: dict[str, Any], permitted: Callable[[str], bool]) -> bytes:
    """The photo in the body of an HTTP request. Raises PhotoError."""
    body = event.get("body") or ""
    data = from_base64(body) if event.get("isBase64Encoded") else body.encode()
    if not data.lstrip().startswith(b"{"):
        return data
    try:
        return photo_of(json.loads(data), permitted)
    except (ValueError, RecursionError):
        raise PhotoError("The body is neither a photo nor valid JSON.") from None


def from_base64(text: str) -> bytes:
    """The bytes. Raises PhotoError."""
    if len(text) > MOST_BYTES * 4 // 3 + 4:
        raise PhotoError(f"The photo must have at most {MOST_BYTES / 1e6:.0f} MB.")
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise PhotoError("The photo must be valid base64.") from None
