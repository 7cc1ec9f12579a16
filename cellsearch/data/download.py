"""Published files: downloaded once, checked by digest, kept in the cache."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import BinaryIO
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from cellsearch.data.cache import written_whole
from cellsearch.data.source import Notify
from cellsearch.errors import DataError

_ATTEMPTS = 3
_TIMEOUT = 30.0
_BLOCK = 1 << 20
_LARGEST = 1 << 30


@dataclass(frozen=True)
class Remote:
    """A published file.

    Attributes:
        url: where it is.
        file: its name in the cache.
        sha256: digest of the text; None: whatever comes first is pinned, and held from then on.
        member: the text's name inside a zip archive; None: the file is the text.
    """

    url: str
    file: str
    sha256: str | None
    member: str | None = None


def fetch(remote: Remote, folder: Path, notify: Notify) -> bytes:
    """The text of a remote file, from `folder` where it is there.

    Raises:
        DataError: it is not there and cannot be downloaded, or is not what was published.
    """
    path = folder / remote.file
    if not path.exists():
        _download(remote, path, notify)
    data = _content(path, remote.member, str(path))
    _check(data, remote.sha256 or _pinned(path, data), str(path))
    return data


def _download(remote: Remote, path: Path, notify: Notify) -> None:
    with written_whole(path) as file:
        try:
            _transfer(remote.url, file, notify)
            # What does not hold never gets the file's name.
            file.flush()
            data = _content(Path(file.name), remote.member, remote.url)
            if remote.sha256:
                _check(data, remote.sha256, remote.url)
        except DataError as error:
            raise DataError(f"{error}\n{_by_hand(remote, path)}") from error


def _by_hand(remote: Remote, path: Path) -> str:
    return f"to do without the network, put the file of {remote.url} at {path}"


def _transfer(url: str, file: BinaryIO, notify: Notify) -> None:
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
    """Goes on where the file ends. Returns the bytes that there should be, where it is known."""
    with _open(url, file.tell()) as response:
        # A server that ignores the range sends everything again.
        if response.status != 206:
            file.seek(0)
            file.truncate()
        length = response.headers.get("Content-Length")
        expected = file.tell() + int(length) if length and length.isdigit() else None
        _copy(response, file, expected, notify)
    return expected


def _open(url: str, start: int) -> HTTPResponse:
    headers = {"User-Agent": "cellsearch", **({"Range": f"bytes={start}-"} if start else {})}
    try:
        response: HTTPResponse = urlopen(Request(url, headers=headers), timeout=_TIMEOUT)
    except HTTPError as error:
        error.close()
        raise DataError(f"cannot download {url}: HTTP {error.code} {error.reason}") from error
    except (URLError, HTTPException, OSError) as error:
        reason = getattr(error, "reason", None) or error
        raise DataError(f"cannot download {url}: {reason}") from error
    return response


def _copy(response: HTTPResponse, file: BinaryIO, expected: int | None, notify: Notify) -> None:
    shown = 0
    while block := _block(response):
        file.write(block)
        if file.tell() > _LARGEST:
            raise DataError(f"got more than {_LARGEST:,} bytes from {response.url}")
        tenths = file.tell() * 10 // expected if expected else file.tell() // (10 * _BLOCK)
        if tenths > shown:
            shown = tenths
            notify(_progress(file.tell(), expected))


def _block(response: HTTPResponse) -> bytes:
    # A connection that breaks ends the transfer as one that closes early does: see `_transfer`.
    try:
        return response.read(_BLOCK)
    except (HTTPException, OSError):
        return b""


def _progress(got: int, expected: int | None) -> str:
    of = f" of {expected / 1e6:.1f}" if expected else ""
    return f"downloaded {got / 1e6:.1f}{of} MB"


def _content(path: Path, member: str | None, name: str) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot read '{path}': {error.strerror or error}") from error
    return data if member is None else _unzip(data, member, name)


def _unzip(data: bytes, member: str, name: str) -> bytes:
    # Read in memory by name: no path of the archive is ever written to.
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = archive.getinfo(member).file_size
            if size > _LARGEST:
                raise DataError(f"'{member}' in {name} has {size:,} bytes, more than {_LARGEST:,}")
            return archive.read(member)
    except (zipfile.BadZipFile, KeyError, EOFError, NotImplementedError, RuntimeError) as error:
        raise DataError(f"{name} is no zip archive with '{member}' in it") from error


def _pinned(path: Path, data: bytes) -> str:
    """The digest that was pinned for a file without a published one; pinned now if none was."""
    pin = path.with_name(f"{path.name}.sha256")
    if not pin.exists():
        with written_whole(pin) as file:
            file.write(f"{hashlib.sha256(data).hexdigest()}\n".encode())
    return pin.read_text().strip()


def _check(data: bytes, expected: str, name: str) -> None:
    got = hashlib.sha256(data).hexdigest()
    if got != expected:
        raise DataError(
            f"{name} is not the text that was published: sha256 {got}, expected {expected}; "
            "a copy in the cache that is damaged can be removed, it will be downloaded anew"
        )
