"""The Lambda function in an exported service: what it answers, and which addresses it does not ask."""

import base64
import json

import pytest

from tests.conftest import encoded
from tests.fabricated import LABELS, flat
from tests.loopback import LoopbackServer, QuietRequest, without_proxies


class Photos(QuietRequest):
    """Answers with a red photo, with redirects, or with more bytes than anybody wants."""

    red = encoded(flat(250, 0, 0), "PNG")

    def respond(self) -> None:
        kind, _, rest = self.path.partition("?")[0].strip("/").partition("/")
        if kind == "to":
            self.send_response(302)
            self.send_header("Location", rest)
            self.end_headers()
        elif kind == "again":
            self.send_response(301)
            self.send_header("Location", self.path)
            self.end_headers()
        elif kind == "endless":
            self.send_response(200)
            self.end_headers()
            for _ in range(40):
                try:
                    self.wfile.write(bytes(1_000_000))
                except OSError:  # the other side has enough
                    return
        else:
            self.send_response(200 if kind == "red.png" else 404)
            self.end_headers()
            self.wfile.write(self.red if kind == "red.png" else b"nothing")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch):
    without_proxies(monkeypatch)
    server = LoopbackServer(Photos)
    with server.running():
        yield server


def anywhere(address: str) -> bool:
    return True


def test_lambda_answers_a_photo(colours, load):
    function = load(colours, "lambda_function")
    photo = base64.b64encode(Photos.red).decode()
    answer = function.lambda_handler({"photo": photo}, None)
    assert answer["label"] == "red"
    assert [each["label"] for each in answer["answers"]] == ["red", *(LABELS[1:])]
    request = {"requestContext": {}, "headers": {"content-type": "image/png"}, "body": photo, "isBase64Encoded": True}
    response = function.lambda_handler(request, None)
    assert (response["statusCode"], response["headers"]) == (200, {"Content-Type": "application/json"})
    assert json.loads(response["body"]) == answer
    as_json = function.lambda_handler({"body": json.dumps({"photo": photo}), "isBase64Encoded": False}, None)
    assert json.loads(as_json["body"]) == answer


REFUSED = [
    ({}, 'must have a "url" or a "photo"'),
    ([], 'must have a "url" or a "photo"'),
    ({"url": 7}, 'must have a "url" or a "photo"'),
    ({"photo": "%%%"}, "valid base64"),
    ({"photo": "aGVsbG8="}, "must be JPEG"),
    ({"url": "file:///etc/passwd"}, "must begin with http"),
    ({"url": "ftp://example.org/a.jpg"}, "must begin with http"),
    ({"url": "/etc/passwd"}, "must begin with http"),
    ({"url": "http://"}, "must begin with http"),
    ({"url": "http://[::1"}, "could not be downloaded"),
    ({"url": "http://127.0.0.1/a.jpg"}, "must be a public one"),
    ({"url": "http://localhost:9000/2018-06-01/runtime/invocation/next"}, "must be a public one"),
    ({"url": "http://169.254.169.254/latest/meta-data/"}, "must be a public one"),
    ({"url": "http://2852039166/latest/meta-data/"}, "must be a public one"),
    ({"url": "http://10.0.0.7/a.jpg"}, "must be a public one"),
    ({"url": "http://192.168.1.1/a.jpg"}, "must be a public one"),
    ({"url": "http://100.64.0.1/a.jpg"}, "must be a public one"),
    ({"url": "http://0.0.0.0/a.jpg"}, "must be a public one"),
    ({"url": "http://224.0.0.1/a.jpg"}, "must be a public one"),
    ({"url": "http://[::ffff:127.0.0.1]/a.jpg"}, "The photo"),
    ({"url": "http://[fd00:ec2::254]/latest/meta-data/"}, "could not be downloaded"),
]


def test_lambda_refuses_what_it_should_not_read(colours, load):
    function = load(colours, "lambda_function")
    for event, words in REFUSED:
        assert words in function.lambda_handler(event, None)["error"], event
        if isinstance(event, dict):
            response = function.lambda_handler({"body": json.dumps(event)}, None)
            assert response["statusCode"] == 400, event
            assert words in json.loads(response["body"])["error"], event


def test_lambda_refuses_a_request_without_a_photo(colours, load):
    function = load(colours, "lambda_function")
    for body, words in ((None, "is empty"), ("{", "neither a photo nor valid JSON"), ("hello", "must be JPEG")):
        response = function.lambda_handler({"body": body, "requestContext": {}}, None)
        assert response["statusCode"] == 400
        assert words in json.loads(response["body"])["error"]


def test_lambda_downloads_a_photo_from_a_permitted_address(colours, load, server):
    function = load(colours, "lambda_function")
    for path in ("/red.png", "/red.png?width=7 px#part", f"/to/{server.url('/red.png')}"):
        assert function.lambda_handler({"url": server.url(path)}, None, anywhere)["label"] == "red"
    for path, words in (
        ("/missing.png", "must answer with 200, got 404"),
        ("/again", "within 3 redirects"),
        ("/endless", "at most 20 MB"),
        ("/to/file:///etc/passwd", "must begin with http"),
    ):
        assert words in function.lambda_handler({"url": server.url(path)}, None, anywhere)["error"]


def test_lambda_checks_where_a_redirect_leads(colours, load, server):
    function = load(colours, "lambda_function")
    asked = []

    def only_the_first(address: str) -> bool:
        asked.append(address)
        return len(asked) == 1

    event = {"url": server.url(f"/to/{server.url('/red.png')}")}
    assert "must be a public one" in function.lambda_handler(event, None, only_the_first)["error"]
    assert asked == ["127.0.0.1"] * 2
    assert "must be a public one" in function.lambda_handler(event, None)["error"]


def test_a_download_takes_a_limited_time(colours, load, server, monkeypatch):
    download = load(colours, "download")
    monkeypatch.setattr(download, "SECONDS", -1)
    with pytest.raises(download.PhotoError, match="must arrive within"):
        download.fetch(server.url("/red.png"), anywhere)
