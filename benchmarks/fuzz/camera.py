"""What arrives from the camera in the browser."""

import base64
from random import Random
from typing import Any

from benchmarks.fuzz import values
from benchmarks.fuzz.trial import Kind
from pages.photos import camera

SESSIONS = ("camera-20261128-143501", "camera-20261128-143501-x7ab", "", "../x", "x" * 51, "a\nb", "é")
TARGETS = ["disc", None]


def _shot(random: Random) -> dict[str, Any]:
    photo = random.randbytes(random.choice((0, 1, 2, 3, 100, 5000)))
    return {"instance": random.choice(("a1", "b2")), "number": random.choice((1, 2, 3, 9)),
            "session": random.choice(SESSIONS), "target": random.choice((0, 0, 1, 2, -1)),
            "photo": base64.b64encode(photo).decode()}  # fmt: skip


def _draw_state(random: Random) -> Any:
    """The state of the component, as a browser may send it."""
    state: Any = {
        "shots": [_shot(random) for _ in range(random.choice((0, 1, 1, 2, 4)))],
        "frame": {"number": values.number(random), "picture": base64.b64encode(random.randbytes(50)).decode()},
    }
    if random.random() < 0.6:
        state = values.edited(random, state)
    return values.plain(state)


def _use_state(state: Any) -> None:
    for shot in camera._together(camera._received(state), TARGETS, camera.MOST_BYTES):
        assert shot.photos
        assert all(isinstance(photo, bytes) and photo for photo in shot.photos)
        assert shot.target in TARGETS
        assert camera.NAME.fullmatch(shot.session)
    number, picture = camera._frame(state)
    assert isinstance(number, int)
    assert picture is None or isinstance(picture, bytes)


KINDS = (Kind("photos of the camera", 3, _draw_state, _use_state),)
