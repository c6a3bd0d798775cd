"""A browser's tab without a browser: one session of the app over Streamlit's own websocket.

It keeps the elements that the server sends, as the browser does (a run drops what it did not draw again), sends the
values of all widgets with each message, runs fragments again at the interval that the server asks for, and fetches
each picture once.
"""

import asyncio
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from benchmarks import _http
from benchmarks._http import Connection
from benchmarks._widgets import Drawn, state

CONNECTIONS = 3  # for pictures; a browser opens at most six
LARGEST = 256 * 1024 * 1024  # bytes of a message
XSRF = "_streamlit_xsrf"


class LateError(Exception):
    """Something did not appear in time."""


@dataclass
class Tab:
    """One open tab. `on_message` sees every message of the server as bytes."""

    port: int
    on_message: Callable[[bytes], None] = lambda data: None
    elements: dict[tuple[int, ...], Drawn] = field(default_factory=dict)
    values: dict[str, WidgetState] = field(default_factory=dict)
    ticks: dict[str, tuple[float, asyncio.Task[None]]] = field(default_factory=dict)
    query: str = ""
    exceptions: list[str] = field(default_factory=list)
    pages: dict[str, str] = field(default_factory=dict)  # hash by name in the address
    whole_runs: int = 0  # of the script, without those of fragments
    fragment_runs: int = 0
    script_hash: str = ""
    session_id: str = ""

    async def connect(self) -> None:
        self._waiting: list[tuple[Callable[[], bool], asyncio.Future[float]]] = []
        self._run, self._run_fragments, self._registered = "", [], set[str]()
        self._pictures: set[str] = set()
        self._fetching: set[asyncio.Task[Any]] = set()
        self._uploads: dict[str, asyncio.Future[Any]] = {}
        self._connections = [Connection(self.port) for _ in range(CONNECTIONS)]
        _, headers, _ = await self._connections[0].request("/_stcore/health")
        found = re.search(rf"{XSRF}=([^;]+)", headers.get("set-cookie", ""))
        self._token = found[1] if found else ""
        self._cookie = {"Cookie": f"{XSRF}={self._token}"} if self._token else {}
        protocols = [websockets.Subprotocol("streamlit"), websockets.Subprotocol(self._token or "none")]
        self._socket = await websockets.connect(
            f"ws://127.0.0.1:{self.port}/_stcore/stream",
            origin=websockets.Origin(f"http://127.0.0.1:{self.port}"),
            subprotocols=protocols,
            additional_headers=self._cookie,
            max_size=LARGEST,
            ping_interval=None,
        )
        self._receiver = asyncio.create_task(self._receive())

    async def close(self) -> None:
        for task in (self._receiver, *self._fetching, *(tick for _, tick in self.ticks.values())):
            task.cancel()
        with suppress(Exception):
            await asyncio.wait_for(self._socket.close(), 5)
        for connection in self._connections:
            connection.close()

    # What a person does

    async def open(self, page: str, query: str = "", patience: float = 60.0) -> float:
        """Open a page by its name in the address ("" is Home) and return the seconds until it is complete."""
        self._stop_ticks(list(self.ticks))
        self.query, before, started = query, self.whole_runs, time.perf_counter()
        await self._send(page_name="" if self.pages else page, page_hash=self.pages.get(page, ""))
        return await self.until(lambda: self.whole_runs > before, patience, f"the page {page}") - started

    async def set(self, key: str, value: Any) -> None:
        """Set the widget whose key is this, as a click does. The answer comes later; see `until`."""
        drawn = self.widget(key)
        self.values[drawn.id] = state(drawn, value)
        await self._send(fragment=drawn.fragment)
        if self.values[drawn.id].WhichOneof("value") == "trigger_value":
            del self.values[drawn.id]

    async def upload(self, key: str, files: dict[str, bytes]) -> None:
        """Upload files (content by name) through the uploader with this key, one after another as a browser does."""
        drawn = self.widget(key)
        request = BackMsg()
        request.file_urls_request.request_id = f"{key}-{time.monotonic_ns()}"
        request.file_urls_request.file_names.extend(files)
        request.file_urls_request.session_id = self.session_id
        answer = asyncio.get_running_loop().create_future()
        self._uploads[request.file_urls_request.request_id] = answer
        await self._socket.send(request.SerializeToString())
        places = await asyncio.wait_for(answer, 60)
        files_state = WidgetState(id=drawn.id)
        files_state.file_uploader_state_value.SetInParent()
        for place, (name, content) in zip(places, files.items(), strict=True):
            form, body = _http.form(name, content)
            headers = {**self._cookie, **form, "X-Xsrftoken": self._token}
            status, _, text = await self._connections[0].request(place.upload_url, "PUT", headers, body)
            if status >= 300:
                raise LateError(f"the upload of {name} got status {status}: {text[:200]!r}")
            entry = files_state.file_uploader_state_value.uploaded_file_info.add(
                file_id=place.file_id, name=name, size=len(content)
            )
            entry.file_urls.CopyFrom(place)
            self.values[drawn.id] = files_state
            await self._send(fragment=drawn.fragment)

    async def until(self, holds: Callable[[], bool], patience: float = 60.0, what: str = "the answer") -> float:
        """Wait until this holds at the end of a run, and return when that was (time.perf_counter). Raises LateError."""
        if holds():
            return time.perf_counter()
        answer: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._waiting.append((holds, answer))
        await asyncio.wait((answer, self._receiver), timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        self._waiting.remove((holds, answer))
        if not answer.done():
            lost = f"; the connection ended: {self._receiver.exception()!r}" if self._receiver.done() else ""
            raise LateError(f"{what} did not come within {patience:.0f} s{lost}")
        return answer.result()

    async def pictures(self) -> None:
        """Wait until all pictures on the page are here."""
        while self._fetching:
            await asyncio.gather(*self._fetching, return_exceptions=True)

    async def picture(self, url: str) -> bytes:
        """The content of a picture."""
        status, _, content = await self._connections[-1].request(url, headers=self._cookie)
        if status != 200:
            raise LateError(f"{url} got status {status}")
        return content

    # What is on the page

    def widget(self, key: str) -> Drawn:
        """The widget with this key. Raises LateError."""
        if not self.has(key):
            raise LateError(f"there is no widget {key}")
        return next(drawn for drawn in self.elements.values() if drawn.id.endswith(f"-{key}"))

    def has(self, key: str) -> bool:
        return any(drawn.id.endswith(f"-{key}") for drawn in self.elements.values())

    def images(self) -> Iterator[Any]:
        for drawn in self.elements.values():
            if drawn.kind == "imgs":
                yield from drawn.content.imgs

    def components(self) -> Iterator[dict[str, Any]]:
        """The data of the page's own components."""
        for drawn in self.elements.values():
            if drawn.kind == "bidi_component" and drawn.content.json:
                data = json.loads(drawn.content.json)
                if isinstance(data, dict):
                    yield data

    def shows(self, text: str) -> bool:
        """Whether a text of the page contains this."""
        return any(
            text in str(getattr(drawn.content, "body", "")) for drawn in self.elements.values() if drawn.kind != "block"
        )

    def parameter(self, name: str) -> str:
        """A parameter of the address."""
        return parse_qs(self.query).get(name, [""])[0]

    def json_parameter(self, name: str) -> Any:
        return json.loads(self.parameter(name) or "null")

    # Messages

    async def _send(self, fragment: str = "", tick: bool = False, page_name: str = "", page_hash: str = "") -> None:
        message = BackMsg()
        rerun = message.rerun_script
        rerun.query_string, rerun.fragment_id, rerun.is_auto_rerun = self.query, fragment, tick
        rerun.page_script_hash = page_hash or self.script_hash
        if page_name:
            rerun.page_name, rerun.page_script_hash = page_name, ""
        rerun.context_info.timezone, rerun.context_info.locale = "Europe/Berlin", "en-GB"
        rerun.context_info.url = f"http://127.0.0.1:{self.port}/"
        rerun.context_info.color_scheme = "light"
        rerun.widget_states.widgets.extend(self.values.values())
        await self._socket.send(message.SerializeToString())

    async def _receive(self) -> None:
        async for data in self._socket:
            assert isinstance(data, bytes)
            self.on_message(data)
            message = ForwardMsg.FromString(data)
            kind = message.WhichOneof("type")
            if kind == "delta":
                self._draw(message)
            elif kind == "new_session":
                self._begin(message)
            elif kind == "script_finished":
                if message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:  # another run of it follows
                    self._finish()
            elif kind == "page_info_changed":
                self.query = message.page_info_changed.query_string
            elif kind == "navigation":
                pages = message.navigation.app_pages
                self.pages = {"" if page.is_default else page.url_pathname: page.page_script_hash for page in pages}
                self.script_hash = message.navigation.page_script_hash
            elif kind == "auto_rerun":
                self._tick_every(message.auto_rerun.fragment_id, message.auto_rerun.interval)
            elif kind == "stop_auto_rerun":
                self._stop_ticks(list(message.stop_auto_rerun.fragment_ids))
            elif kind == "file_urls_response":
                answer = self._uploads.pop(message.file_urls_response.response_id)
                answer.set_result(list(message.file_urls_response.file_urls))

    def _begin(self, message: ForwardMsg) -> None:
        self._run = message.metadata.run.script_run_id
        self._run_fragments = list(message.metadata.run.fragment_ids)
        self._registered = set()
        self.session_id = message.new_session.initialize.session_id or self.session_id
        if not self._run_fragments:
            self.script_hash = message.new_session.page_script_hash or self.script_hash

    def _finish(self) -> None:
        fragments = set(self._run_fragments)
        for path, drawn in list(self.elements.items()):
            if drawn.run != self._run and (not fragments or drawn.fragment in fragments):
                del self.elements[path]
        if not fragments:
            self._stop_ticks([fragment for fragment in self.ticks if fragment not in self._registered])
        ids = {drawn.id for drawn in self.elements.values()}
        for old in [widget for widget in self.values if widget not in ids]:
            del self.values[old]
        self.whole_runs += not fragments
        self.fragment_runs += bool(fragments)
        for holds, answer in self._waiting:
            if not answer.done() and holds():
                answer.set_result(time.perf_counter())

    def _draw(self, message: ForwardMsg) -> None:
        path, delta = tuple(message.metadata.delta_path), message.delta
        if delta.WhichOneof("type") == "add_block":
            kind = delta.add_block.WhichOneof("type") or "vertical"
            content = delta.add_block.expandable if kind == "expandable" else delta.add_block
            self.elements[path] = Drawn("block", content, self._run, delta.fragment_id)
            return
        element = delta.new_element
        kind = element.WhichOneof("type") or "empty"
        drawn = Drawn(kind, getattr(element, kind, None), self._run, delta.fragment_id)
        self.elements[path] = drawn
        if kind == "exception":
            self.exceptions.append(f"{drawn.content.type}: {drawn.content.message}"[:300])
        elif kind == "imgs":
            self._fetch(drawn.content)
        elif drawn.id:
            self._keep_value(drawn)

    def _keep_value(self, drawn: Drawn) -> None:
        """The browser sends each widget's value from its first drawing on, and takes over what the program set."""
        if drawn.id in self.values and not getattr(drawn.content, "set_value", False):
            return
        content = drawn.content
        if drawn.kind == "slider":
            ours = content.raw_value if content.options else content.value
            self.values[drawn.id] = state(drawn, list(ours if content.set_value else content.default))
        elif drawn.kind == "number_input" and content.HasField("default"):
            self.values[drawn.id] = state(drawn, content.value if content.set_value else content.default)

    def _fetch(self, pictures: Any) -> None:
        for picture in pictures.imgs:
            if picture.url.startswith("/media/") and picture.url not in self._pictures:
                self._pictures.add(picture.url)
                connection = self._connections[len(self._pictures) % CONNECTIONS]
                task = asyncio.create_task(connection.request(picture.url, headers=self._cookie))
                self._fetching.add(task)
                task.add_done_callback(self._fetching.discard)

    def _tick_every(self, fragment: str, interval: float) -> None:
        self._registered.add(fragment)
        if fragment in self.ticks and self.ticks[fragment][0] == interval:
            return
        self._stop_ticks([fragment])
        self.ticks[fragment] = interval, asyncio.create_task(self._tick(fragment, interval))

    async def _tick(self, fragment: str, interval: float) -> None:
        due = time.monotonic()
        while True:
            due += interval
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            await self._send(fragment=fragment, tick=True)

    def _stop_ticks(self, fragments: list[str]) -> None:
        for fragment in fragments:
            if fragment in self.ticks:
                self.ticks.pop(fragment)[1].cancel()
