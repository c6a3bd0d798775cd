"""A camera in the browser that takes photos one by one or in bursts, and shows the page what it sees.

The browser keeps each photo until Python has taken it (decision 25, and `camera_shots.js`). What arrives may be
anything. Only the bytes of numbered photos get any further, if they are no larger than a camera's and their target is
one that this session's pages have named.
"""

import base64
import binascii
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from core.serving import limits
from pages.frame import component, session

SCRIPTS = ("camera_shots.js", "camera_stream.js", "camera_press.js", "camera_burst.js", "camera.js")  # one module
HTML = """
<div class="camera" role="group">
  <div class="name"></div>
  <div class="stage" hidden></div>
  <p class="problem" role="alert" hidden></p>
  <div class="buttons">
    <button type="button" class="on">Turn on the camera</button>
    <button type="button" class="shoot" hidden>Take a photo</button>
    <button type="button" class="burst" hidden>Burst</button>
    <button type="button" class="next" hidden>Switch camera</button>
    <button type="button" class="off" hidden>Turn off</button>
  </div>
  <div class="count"></div>
  <div class="hint" hidden>A burst takes up to 20 photos, four a second. Press again to stop, or hold the button.</div>
  <div class="status" role="status"></div>
</div>
"""
MOST_PHOTOS = 100  # in one message; the browser sends far fewer
MOST_BYTES = 8_000_000  # of a photo; 1280 px take about 0.3 MB
MOST_FRAME_BYTES = 300_000
MOST_CAMERAS = 20  # browser tabs and reloads whose photos are remembered; a session usually has one
MOST_NUMBER = 2**53  # beyond it, JavaScript does not count
NAME = re.compile(r"[a-z0-9-]{1,50}")
_lock = threading.Lock()  # two runs of a session may overlap


@dataclass(frozen=True)
class Shot:
    """Photos that were taken together."""

    session: str  # a name such as camera-20261128-143501-x7ab for a burst, camera-20261128-143501 for single photos
    photos: tuple[bytes, ...]  # JPEGs, says the browser
    target: object = None  # as `show` had it when they were taken


@dataclass(frozen=True)
class _Sent:
    """A photo as the browser sends it."""

    camera: str  # a random name of the camera in one browser tab
    number: int  # of the photo from this camera, from 1
    session: str
    target: int  # its place among the targets
    photo: str  # base64


_camera = component.component(
    "camera", HTML, component.text(__file__, *SCRIPTS), component.text(__file__, "camera.css")
)


def take(key: str) -> list[Shot]:
    """The photos that have arrived from the camera with this key, each returned once. Call it before drawing the page.

    Use or store them at once, before any other call of Streamlit: it may end the run, and they don't come again.
    """
    taken, targets = session.CAMERA_TAKEN.get(), session.CAMERA_TARGETS.get()
    most = min(MOST_BYTES, int(limits.BATCH_MB.read() * limits.MB))
    received = _received(session.widget_value(key))
    with _lock:
        new = [sent for sent in received if sent.number > taken.get(sent.camera, 0)]
        new.sort(key=lambda sent: sent.number)
        for sent in new:
            taken[sent.camera] = sent.number
        while len(taken) > MOST_CAMERAS:
            del taken[next(iter(taken))]
    return _together(new, targets, most)


def show(
    key: str,
    *,
    label: str,
    disabled: bool = False,
    shoots: bool = True,
    live: bool = False,
    target: object = None,
) -> None:
    """Draw the camera, which is off at first. It tells the browser which photos have been taken: call `take` first.

    `target` says what the next photos are of, and comes back with them: when they arrive, the page may be about
    something else. With `live`, small pictures of what the camera sees arrive for `frame`; one that never
    `shoots` has no buttons for photos.
    """
    number, _ = _frame(session.widget_value(key))
    _camera(
        key=key,
        data={
            "key": key,
            "label": label,
            "disabled": disabled,
            "shoots": shoots,
            "live": live,
            "target": _place(target),
            "done": dict(session.CAMERA_TAKEN.get()),
            "frame": number,
        },
        on_shots_change=_nothing,
        on_rounds_change=_nothing,
        on_frame_change=_nothing,
    )


def frame(key: str) -> bytes | None:
    """What the camera with this key sees, as a JPEG of 320 px; None while it is off. It may be a second old."""
    _, picture = _frame(session.widget_value(key))
    return picture


def _nothing() -> None:
    """The state is read by `take` and `frame`. Without a callback, Streamlit would not keep it."""


def _place(target: object) -> int:
    """The place of a target among those of this session, which the browser gets to know instead of it."""
    targets = session.CAMERA_TARGETS.get()
    if target not in targets:
        targets.append(target)
    return targets.index(target)


def _together(new: list[_Sent], targets: list[object], most: int) -> list[Shot]:
    """The photos of at most so many bytes as shots: those that follow each other and belong together are one."""
    shots: list[Shot] = []
    for sent in new:
        photo = _decoded(sent.photo, most)
        if not photo or not 0 <= sent.target < len(targets):
            continue
        shot = Shot(sent.session, (photo,), targets[sent.target])
        if shots and (shots[-1].session, shots[-1].target) == (shot.session, shot.target):
            shots[-1] = replace(shot, photos=(*shots[-1].photos, photo))
        else:
            shots.append(shot)
    return shots


def _decoded(text: str, most: int) -> bytes:
    """The bytes of a text in base64; none if it is something else, or too long."""
    if len(text) > most * 4 / 3 + 4:
        return b""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _received(value: Any) -> list[_Sent]:
    """The photos in the component's state, which comes from the browser and may be anything."""
    return list(_photos(_part(value, "shots")))


def _photos(shots: Any) -> Iterator[_Sent]:
    for shot in shots[:MOST_PHOTOS] if isinstance(shots, list) else []:
        match shot:
            case {
                "instance": str(camera),
                "number": int(number),
                "session": str(name),
                "target": int(target),
                "photo": str(photo),
            } if number < MOST_NUMBER and NAME.fullmatch(camera) and NAME.fullmatch(name):
                yield _Sent(camera, number, name, target, photo)


def _frame(value: Any) -> tuple[int, bytes | None]:
    """The number of the last frame in the component's state, and the frame; 0 and None if there is none."""
    match _part(value, "frame"):
        case {"number": int(number), "picture": str(picture)} if abs(number) < MOST_NUMBER:
            return number, _decoded(picture, MOST_FRAME_BYTES) or None
    return 0, None


def _part(value: Any, name: str) -> Any:
    return value.get(name) if hasattr(value, "get") else None
