"""What a shared server allows: who may open it by which name, which folders, how many runs and how much disk."""

import time
from pathlib import Path

import pytest

from core import workspace
from core.datasets import adding
from core.errors import AppError, SettingsError
from core.runs import people, queue
from core.runs.config import config
from core.serving import limits, login


@pytest.mark.parametrize(
    ("address", "shared"),
    [
        ("127.0.0.1", False), ("127.0.0.53", False), ("::1", False), ("localhost", False), ("LOCALHOST.", False),
        (None, True), ("0.0.0.0", True), ("::", True), ("192.168.0.7", True), ("wardrobe", True), ("", True),
    ],
)  # fmt: skip
def test_a_server_is_shared_if_others_can_reach_it(address: str | None, shared: bool) -> None:
    assert limits.is_shared(address) is shared


@pytest.mark.parametrize("variable", [limits.PASSWORD, limits.HOSTS, limits.USER_HEADER])
def test_a_server_behind_a_proxy_is_shared(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "something")
    assert limits.is_shared("127.0.0.1")


@pytest.mark.parametrize(
    "host", ["localhost:8501", "127.0.0.1", "[::1]:8501", "192.168.0.7:8501", "LocalHost", "[fe80::1]", None, ""]
)
def test_own_names_and_addresses_are_taken(host: str | None) -> None:
    limits.check_host(host)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:80",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "xn--lcalhost-57a",
        "a:b:c",
    ],
)
def test_a_foreign_name_is_refused(host: str) -> None:
    with pytest.raises(AppError, match="not a name of this machine"):
        limits.check_host(host)


def test_a_name_that_was_allowed_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(limits.HOSTS, "wardrobe.example, other.example:443")
    limits.check_host("WARDROBE.example:8501")
    limits.check_host("other.example")
    with pytest.raises(AppError):
        limits.check_host("evil.example")


def test_any_folder_may_be_added_on_ones_own_machine(tmp_path: Path) -> None:
    limits.check_folder(tmp_path, shared=False)


def test_a_shared_server_allows_no_folder(tmp_path: Path) -> None:
    with pytest.raises(AppError, match="does not allow") as caught:
        limits.check_folder(tmp_path / "secret", shared=True)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("shared", [True, False])
def test_only_listed_folders_are_allowed(tmp_path: Path, shared: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "photos" / "2024").mkdir(parents=True)
    (tmp_path / "secret").mkdir()
    (tmp_path / "photos" / "way-out").symlink_to(tmp_path / "secret")
    monkeypatch.setenv(limits.FOLDERS, str(tmp_path / "photos"))
    for allowed in ("photos", "photos/2024", "photos/2024/../2024"):
        limits.check_folder(tmp_path / allowed, shared)
    for refused in ("secret", "photos/../secret", "photos/way-out", "photos-of-others", "\0"):
        with pytest.raises(AppError, match="must be in"):
            limits.check_folder(tmp_path / refused, shared)


def test_the_queue_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    limits.check_queue(436, 64)
    with pytest.raises(AppError, match="at most 500 runs, got 501"):
        limits.check_queue(437, 64)
    monkeypatch.setenv("FITTING_ROOM_QUEUE", "2")
    with pytest.raises(AppError, match="at most 2 runs, got 3"):
        limits.check_queue(2, 1)


def test_the_queue_has_an_end_for_each_person(monkeypatch: pytest.MonkeyPatch) -> None:
    limits.check_queue_of_person(10**6, 1)  # no limit by default
    monkeypatch.setenv("FITTING_ROOM_QUEUE_EACH", "2")
    limits.check_queue_of_person(1, 1)
    with pytest.raises(AppError, match="You must have at most 2 runs in the queue, got 3"):
        limits.check_queue_of_person(2, 1)


def test_a_person_s_runs_count_while_they_wait(home: Path, tiny_dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FITTING_ROOM_QUEUE_EACH", "2")
    monkeypatch.setattr(people, "_queued", {})
    adding.add_folder("tiny", tiny_dataset)
    runs = [queue.put(config(dataset="tiny")) for _ in range(3)]
    people.note("ann", runs[:2])
    people.note("bob", runs[2:])
    people.check_queue("bob", 1)
    people.check_queue("cy", 2)
    with pytest.raises(AppError, match="at most 2 runs in the queue, got 3"):
        people.check_queue("ann", 1)
    queue.delete(runs[0])
    people.check_queue("ann", 1)
    monkeypatch.setenv("FITTING_ROOM_QUEUE", "2")
    with pytest.raises(AppError, match="The queue must have at most 2 runs, got 3"):
        people.check_queue("cy", 1)


@pytest.mark.parametrize(
    ("address", "headers", "user"),
    [
        ("127.0.0.1", {"X-Forwarded-User": " ann "}, "ann"),
        ("localhost", {"X-Forwarded-User": "ann"}, "ann"),
        ("127.0.0.1", {"X-Other": "ann"}, ""),
        ("127.0.0.1", {"X-Forwarded-User": "  "}, ""),
        ("127.0.0.1", {"X-Forwarded-User": "a" * 10_000}, "a" * 200),
        ("0.0.0.0", {"X-Forwarded-User": "ann"}, ""),  # anybody could send it
        (None, {"X-Forwarded-User": "ann"}, ""),
    ],
)
def test_a_proxy_on_this_machine_names_the_person(
    address: str | None, headers: dict[str, str], user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert limits.user(headers, address) == ""
    monkeypatch.setenv(limits.USER_HEADER, "X-Forwarded-User")
    assert limits.user(headers, address) == user


@pytest.fixture
def used(home: Path) -> int:
    """The bytes that the workspace takes."""
    file = workspace.datasets() / "mine" / "a.jpg"
    file.parent.mkdir(parents=True)
    file.write_bytes(bytes(900_000))
    return 900_000


def test_the_workspace_has_an_end(used: int, monkeypatch: pytest.MonkeyPatch) -> None:
    limits.check_disk()
    monkeypatch.setenv("FITTING_ROOM_DISK_GB", "0.001")
    limits.check_disk(1_000_000 - used)
    with pytest.raises(AppError, match=r"at most 1\.0 MB, got 1\.1 MB"):
        limits.check_disk(1_100_000 - used)


def test_a_nearly_full_disk_takes_nothing_new(home: Path) -> None:
    with pytest.raises(AppError, match="disk is nearly full"):
        limits.check_disk(10**18)


def test_the_server_s_memory_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    limits.check_memory()
    monkeypatch.setenv("FITTING_ROOM_MEMORY_GB", "0.001")
    with pytest.raises(AppError, match="no memory left"):
        limits.check_memory()


@pytest.mark.parametrize("limit", limits.LIMITS, ids=lambda limit: limit.variable)
@pytest.mark.parametrize("text", ["lots", "-1", "0", "nan", "inf", "1e999", "9" * 5000])
def test_a_setting_that_is_no_number_is_named(limit: limits.Limit, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(limit.variable, text)
    with pytest.raises(SettingsError, match=limit.variable) as caught:
        limit.read()
    assert len(str(caught.value)) < 300


def test_settings_are_read_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    assert limits.BATCH_PHOTOS.read() == 1000
    monkeypatch.setenv("FITTING_ROOM_BATCH_PHOTOS", " 20 ")
    assert limits.BATCH_PHOTOS.read() == 20


def test_the_password_opens_and_its_token_stays_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(limits.PASSWORD, "tweed jacket")
    assert login.is_password("tweed jacket ")
    name = login.new_browser()
    token = login.token(name)
    assert login.browser_of(token) == name
    assert "tweed" not in token
    proof = token.partition(".")[2]
    for wrong in (None, "", ".", token[:-1], token + "0", "tweed jacket", "ä", f".{proof}", f"other.{proof}", proof):
        assert login.browser_of(wrong) == ""
    monkeypatch.setenv(limits.PASSWORD, "another")
    assert login.browser_of(token) == ""


def test_each_browser_that_gives_the_password_has_a_name_of_its_own() -> None:
    assert login.new_browser() != login.new_browser()


def test_a_wrong_password_takes_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(limits.PASSWORD, "tweed jacket")
    monkeypatch.setattr(login, "PAUSE", 0.2)
    start = time.monotonic()
    assert not login.is_password("Tweed")
    assert not login.is_password("")
    assert time.monotonic() - start >= 0.4


def test_without_a_password_one_is_made_up_and_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(limits.PASSWORD, raising=False)
    login._made_up.cache_clear()
    password = login.password()
    assert len(password) >= 12
    assert password in capsys.readouterr().out
    assert login.password() == password
    assert capsys.readouterr().out == ""
