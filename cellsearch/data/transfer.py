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
        cut = _receive(url, file, notify)
        if cut is None:
            return
    raise DataError(f"cannot download {url}: cut off at {cut} bytes, {_ATTEMPTS} times")


def _receive(url: str, file: BinaryIO, notify: Notify) -> str | None:
    """One request. Returns None where all has come, else where it was cut off."""
    with _open(url, file.tell()) as response:
        # A server that ignores the range sends everything again.
        if response.status != 206:
            file.seek(0)
            file.truncate()
        length = response.headers.get("Content-Length", "")
        expected = file.tell() + int(length) if length.isdecimal() else None
        ended = _copy(response, file, expected, notify)
    if file.tell() == expected or (expected is None and ended):
        return None
    return f"{file.tell():,}" + (f" of {expected:,}" if expected is not None else "")


def _open(url: str, start: int) -> HTTPResponse:
    headers = {"User-Agent": "cellsearch", **({"Range": f"bytes={start}-"} if start else {})}
    try:
        response: HTTPResponse = urlopen(Request(url, headers=headers), timeout=_TIMEOUT)
    except HTTPError as error:
        error.close()
        raise DataError(f"cannot download {url}: HTTP {error.code} {error.reason}") from error
    except URLError as error:
        raise DataError(f"cannot download {url}: {error.reason}") from error
    # A ValueError is an address that is none, perhaps one that a server sent us on to.
    except (HTTPException, OSError, ValueError) as error:
        raise DataError(f"cannot download {url}: {error}") from error
    return response


def _copy(response: HTTPResponse, file: BinaryIO, expected: int | None, notify: Notify) -> bool:
    """Whether the transfer came to an end by itself, and not by a connection that broke."""
    shown = 0
    while block := _block(response):
        file.write(block)
        if file.tell() > LARGEST:
            raise DataError(f"cannot download {response.url}: more than {LARGEST:,} bytes")
        tenths = file.tell() * 10 // expected if expected else file.tell() // (10 * _BLOCK)
        if tenths > shown:
            shown = tenths
            notify(_progress(file.tell(), expected))
    return block is not None


def _block(response: HTTPResponse) -> bytes | None:
    """What has come, nothing at the end, and None where the connection broke."""
    try:
        # `read` would lose what came before the break.
        return response.read1(_BLOCK)
    except (HTTPException, OSError):
        return None


def _progress(got: int, expected: int | None) -> str:
    of = f" of {expected / 1e6:.1f}" if expected else ""
    return f"downloaded {got / 1e6:.1f}{of} MB"
