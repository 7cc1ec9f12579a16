"""One file over HTTP: bounded in requests, in time without a byte, and in size."""

from __future__ import annotations

from http.client import HTTPException, HTTPResponse
from typing import BinaryIO
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from cellsearch.data.source import Notify
from cellsearch.errors import DataError

# No published text is larger; what is, is not what was asked for.
LARGEST = 1 << 30
_ATTEMPTS = 3
_TIMEOUT = 30.0
_BLOCK = 1 << 20


def transfer(url: str, file: BinaryIO, notify: Notify) -> None:
    """Writes what is at `url` to `file`, and goes on where a transfer was cut off.

    Raises:
        DataError: it cannot be had; the message names the URL and the reason.
    """
    notify(f"downloading {url}")
    for _ in range(_ATTEMPTS):
        expected = _receive(url, file, notify)
        if expected is None or file.tell() == expected:
            return
    raise DataError(
        f"cannot download {url}: cut off at {file.tell():,} of {expected:,} bytes, "
        f"{_ATTEMPTS} times"
    )


def _receive(url: str, file: BinaryIO, notify: Notify) -> int | None:
    """One request. Returns the bytes that there should be in the end, where that is known."""
    with _open(url, file.tell()) as response:
        # A server that ignores the range sends everything again.
        if response.status != 206:
            file.seek(0)
            file.truncate()
        length = response.headers.get("Content-Length", "")
        expected = file.tell() + int(length) if length.isdigit() else None
        _copy(response, file, expected, notify)
    return expected


def _open(url: str, start: int) -> HTTPResponse:
    headers = {"User-Agent": "cellsearch", **({"Range": f"bytes={start}-"} if start else {})}
    try:
        response: HTTPResponse = urlopen(Request(url, headers=headers), timeout=_TIMEOUT)
    except HTTPError as error:
        error.close()
        raise DataError(f"cannot download {url}: HTTP {error.code} {error.reason}") from error
    except URLError as error:
        raise DataError(f"cannot download {url}: {error.reason}") from error
    except (HTTPException, OSError) as error:
        raise DataError(f"cannot download {url}: {error}") from error
    return response


def _copy(response: HTTPResponse, file: BinaryIO, expected: int | None, notify: Notify) -> None:
    shown = 0
    while block := _block(response):
        file.write(block)
        if file.tell() > LARGEST:
            raise DataError(f"cannot download {response.url}: more than {LARGEST:,} bytes")
        tenths = file.tell() * 10 // expected if expected else file.tell() // (10 * _BLOCK)
        if tenths > shown:
            shown = tenths
            notify(_progress(file.tell(), expected))


def _block(response: HTTPResponse) -> bytes:
    # A connection that breaks ends a transfer just as one that closes too early.
    try:
        return response.read(_BLOCK)
    except (HTTPException, OSError):
        return b""


def _progress(got: int, expected: int | None) -> str:
    of = f" of {expected / 1e6:.1f}" if expected else ""
    return f"downloaded {got / 1e6:.1f}{of} MB"
