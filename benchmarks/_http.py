"""One HTTP connection to a server on loopback that stays open. It costs little, so that many fit beside the server."""

import asyncio
from collections.abc import Mapping


class Connection:
    """Sends one request at a time."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._lock = asyncio.Lock()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def request(
        self, path: str, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers (names in small letters) and content."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self._port}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        message = "\r\n".join([*lines, "", ""]).encode() + body
        async with self._lock:
            try:
                return await self._exchange(message)
            except (ConnectionError, asyncio.IncompleteReadError):  # the server closes connections that were idle
                self.close()
                return await self._exchange(message)

    async def _exchange(self, message: bytes) -> tuple[int, dict[str, str], bytes]:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(message)
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        if "content-length" in headers:
            content = await reader.readexactly(int(headers["content-length"]))
        else:
            content = await _chunks(reader) if headers.get("transfer-encoding") == "chunked" else b""
        return int(head[0].split()[1]), headers, content

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    parts = []
    while size := int((await reader.readline()).split(b";")[0], 16):
        parts.append(await reader.readexactly(size))
        await reader.readline()
    await reader.readline()
    return b"".join(parts)


def form(name: str, content: bytes, border: str = "----the-border-of-the-form") -> tuple[dict[str, str], bytes]:
    """The header and the body of a form with one file, as a browser uploads it."""
    disposition = f'Content-Disposition: form-data; name="file"; filename="{name}"'
    start = f"--{border}\r\n{disposition}\r\nContent-Type: image/jpeg\r\n\r\n"
    body = start.encode() + content + f"\r\n--{border}--\r\n".encode()
    return {"Content-Type": f"multipart/form-data; boundary={border}"}, body
