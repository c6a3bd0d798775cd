"""The classifier as a web service: `python -m uvicorn app:app`, then POST a photo to /predict."""

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.formparsers import MultiPartParser
from starlette.requests import ClientDisconnect

from classifier import MOST_BYTES, WORKERS, Classifier, PhotoError

MOST_REQUESTS = 64  # with a photo, being received, waiting or being answered
MOST_HELD = 200_000_000  # bytes of all these photos
SECONDS = 30  # for a photo to arrive

MultiPartParser.spool_max_size = MOST_BYTES  # photos stay in memory, none is written to the disk
T = TypeVar("T")
PHOTO = {"schema": {"type": "string", "format": "binary"}}
FORM = {"schema": {"type": "object", "properties": {"photo": PHOTO["schema"]}}}
BODY = {"required": True, "content": {"multipart/form-data": FORM, "image/jpeg": PHOTO}}

classifier = Classifier(Path(__file__).with_name("model.onnx"))
app = FastAPI(title=classifier.name)
workers = CapacityLimiter(WORKERS)
held: list[int] = []  # bytes of each request that has a photo


@app.get("/health")
async def health() -> dict[str, Any]:
    """The model and its labels."""
    return {"status": "ok", "model": classifier.name, "labels": classifier.labels}


@app.post("/predict", openapi_extra={"requestBody": BODY})
async def predict(request: Request) -> dict[str, Any]:
    """The answer for a photo, as the body itself or as the file of a form."""
    size = declared_size(request)
    if len(held) >= MOST_REQUESTS or sum(held) + size > MOST_HELD:
        await arrived(passed_over(request))
        raise HTTPException(503, "Too many photos at once. Try again in a second.", {"Retry-After": "1"})
    held.append(size)
    try:
        data = await arrived(received(request))
        return await to_thread.run_sync(classifier.answer, data, limiter=workers)
    finally:
        held.remove(size)


def declared_size(request: Request) -> int:
    """The bytes of the body by its Content-Length, which the server holds it to."""
    if "content-length" not in request.headers:
        raise HTTPException(411, "The request must say its Content-Length.")
    size = int(request.headers["content-length"])
    if size > MOST_BYTES:
        raise HTTPException(413, f"The photo must have at most {MOST_BYTES / 1e6:.0f} MB, got {size / 1e6:.1f} MB.")
    return size


async def arrived(body: Awaitable[T]) -> T:
    """Wait for a body, but not for ever."""
    try:
        async with asyncio.timeout(SECONDS):
            return await body
    except TimeoutError:
        raise HTTPException(408, f"The photo must arrive within {SECONDS} s. Send it smaller.") from None
    except ClientDisconnect:
        raise HTTPException(400, "The photo was cut off on its way. Send it again.") from None


async def received(request: Request) -> bytes:
    """The bytes of the photo: the body, or the first file of a form."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await request.body()
    async with request.form(max_files=1, max_fields=10) as form:
        for value in form.values():
            if isinstance(value, UploadFile):
                return await value.read()
    raise HTTPException(400, "The form must have a file with the photo, got none.")


async def passed_over(request: Request) -> None:
    """Let the body arrive and keep nothing of it: a sender that can't finish doesn't see the answer."""
    async for _ in request.stream():
        pass


@app.exception_handler(PhotoError)
async def photo_error(request: Request, error: PhotoError) -> JSONResponse:
    return JSONResponse({"error": str(error)}, 400)


@app.exception_handler(AnyHTTPException)
async def http_error(request: Request, error: AnyHTTPException) -> JSONResponse:
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)
