"""An exported service as somebody else runs it: its requirements in a fresh environment, on loopback."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from benchmarks import _service, serve
from benchmarks._service import Running, Service
from core.answering import shelf
from core.answering.shelf import Model
from core.exporting import making, service
from core.exporting.forms import SERVICE
from tests.conftest import encoded, picture

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
STARTER = ROOT / "models/saved/starter"
COMPARED = 50  # photos
CLIENTS, SECONDS = 30, 3.0


@pytest.fixture(scope="module")
def starter() -> Model:
    return shelf.read(STARTER)


@pytest.fixture(scope="module")
def installed(_session_home: None, starter: Model, tmp_path_factory: pytest.TempPathFactory) -> Service:
    """The starter's service, unzipped, with its requirements in an environment of its own."""
    folder = tmp_path_factory.mktemp("service")
    making.make(starter, SERVICE.key, folder / "starter.zip")
    try:
        return _service.install(folder / "starter.zip", folder)
    except _service.NoIndexError as error:
        pytest.skip(f"the package index can't be reached: {error}")


@pytest.fixture(scope="module")
def running(installed: Service) -> Iterator[Running]:
    with _service.running(installed) as running:
        yield running
        assert "Traceback" not in running.log.read_text(encoding="utf-8", errors="replace")


@pytest.fixture
def client(running: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.address, trust_env=False, timeout=60) as client:
        yield client


def test_its_answers_to_real_photos_are_those_of_the_saved_model(running: Running, starter: Model, shared: Path):
    files = sorted((shared / "clothing-dataset-small" / "test").rglob("*.jpg"))
    photos = [path.read_bytes() for path in files[:: len(files) // COMPARED]][:COMPARED]
    assert len(photos) == COMPARED
    assert max(serve.differences(running, starter, photos)) < serve.MOST_DIFFERENCE


def test_it_takes_about_the_room_that_its_readme_says(installed: Service):
    assert installed.megabytes == pytest.approx(service.LIBRARIES_MB, rel=0.25)  # systems and Pythons differ
    names = {path.name for path in installed.packages.iterdir()}
    assert {"fastapi", "onnxruntime", "numpy", "PIL"} <= names
    assert not names & {"tensorflow", "keras", "cv2"}


@pytest.mark.skipif(shutil.which("sh") is None, reason="there is no POSIX shell")
def test_its_own_test_passes_and_fails(installed: Service, tmp_path: Path):
    def tested(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
        environment = {**os.environ, "PYTHON": str(installed.python)}
        command = ["sh", str(folder / "test.sh"), *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)

    photo = tmp_path / "a photo.jpg"
    photo.write_bytes(encoded(picture(300, 400), "JPEG"))
    for arguments in ((), (str(photo),)):
        done = tested(installed.folder, *arguments)
        assert done.returncode == 0, done.stderr
        assert "The service works" in done.stdout
    broken = shutil.copytree(installed.folder, tmp_path / "broken")
    (broken / "labels.txt").write_text("others\n")
    done = tested(broken)
    assert done.returncode != 0
    assert "AssertionError" in done.stderr


def test_health_has_the_labels(client: httpx.Client, starter: Model):
    health = client.get("/health").json()
    assert health == {"status": "ok", "model": "starter", "labels": list(starter.labels)}


def test_a_photo_comes_as_a_body_or_as_a_form(client: httpx.Client):
    data = encoded(picture(300, 400), "JPEG")
    answer = client.post("/predict", content=data).json()
    assert set(answer) == {"label", "unsure", "reason", "answers"}
    assert answer == client.post("/predict", files={"photo": ("été.jpg", data, "image/jpeg")}).json()
    assert answer == client.post("/predict", data={"note": "any"}, files={"file": ("a", data)}).json()
    assert "requestBody" in client.get("/openapi.json").json()["paths"]["/predict"]["post"]


@pytest.mark.parametrize(
    ("request_", "status", "words"),
    [
        ({"content": b""}, 400, "is empty"),
        ({"content": b"hello"}, 400, "must be JPEG, PNG, WebP or GIF"),
        ({"content": bytes(20_000_001)}, 413, "at most 20 MB"),
        ({"content": iter([b"in pieces"])}, 411, "Content-Length"),
        ({"files": {"note": (None, b"no file")}}, 400, "must have a file with the photo"),
        ({"files": [("a", ("a", b"1")), ("b", ("b", b"2"))]}, 400, "Too many files"),
        ({"content": b"--", "headers": {"Content-Type": "multipart/form-data"}}, 400, "boundary"),
        ({"content": b"x", "headers": {"Content-Type": "multipart/form-data; boundary=a"}}, 400, ""),
    ],
)
def test_what_is_no_photo_is_an_error_in_json(client: httpx.Client, request_: dict, status: int, words: str):
    response = client.post("/predict", **request_)
    assert response.status_code == status
    assert words in response.json()["error"]


def test_a_wrong_address_is_an_error_in_json(client: httpx.Client):
    for response, status in ((client.get("/predict"), 405), (client.get("/nowhere"), 404)):
        assert response.status_code == status
        assert response.json()["error"]


def test_a_sender_that_hangs_up_harms_nobody(client: httpx.Client, running: Running):
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", running.port)) as sender:
            sender.sendall(b"POST /predict HTTP/1.1\r\nHost: here\r\nContent-Length: 1000\r\n\r\nabc")
    assert client.post("/predict", content=encoded(picture(30, 40), "PNG")).status_code == 200


def test_thirty_clients_at_once_get_no_error(running: Running):
    outcome = serve.load(running, [encoded(picture(300, 400, seed), "JPEG") for seed in range(1, 6)], CLIENTS, SECONDS)
    assert outcome.errors == 0
    assert len(outcome.waits) > CLIENTS


def test_too_many_at_once_are_told_to_come_again(running: Running, client: httpx.Client):
    """More requests than it takes at a time: each is answered, or told when to try again."""
    outcome = serve.load(running, [encoded(picture(1500, 2000), "JPEG")], 150, 1.0)
    assert set(outcome.statuses) == {200, 503}
    assert outcome.retry_after == {"1"}
    assert client.post("/predict", content=encoded(picture(30, 40), "PNG")).status_code == 200
