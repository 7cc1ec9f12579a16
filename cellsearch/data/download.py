"""Published files: downloaded once, checked by digest, kept in the cache."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

from cellsearch.data.cache import written_whole
from cellsearch.data.source import Notify
from cellsearch.data.transfer import LARGEST, transfer
from cellsearch.errors import DataError


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
    try:
        digest, kept = remote.sha256 or _pinned(path), path.exists()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read '{path}' or its sha256: {error}") from error
    if not kept:
        return _download(remote, path, digest, notify)
    try:
        return _text(path, remote.member, digest)
    except DataError as error:
        raise DataError(f"'{path}' {error}; remove it to download it anew") from error


def _download(remote: Remote, path: Path, digest: str | None, notify: Notify) -> bytes:
    by_hand = f"to do without the network, put the file of {remote.url} at {path}"
    try:
        with written_whole(path) as file:
            transfer(remote.url, file, notify)
            file.flush()
            # What does not hold never gets the file's name, nor is there a file without its pin.
            data = _downloaded(remote, Path(file.name), digest)
            if digest is None:
                _pin(path, data)
    except DataError as error:
        raise DataError(f"{error}\n{by_hand}") from error
    return data


def _downloaded(remote: Remote, part: Path, digest: str | None) -> bytes:
    try:
        return _text(part, remote.member, digest)
    except DataError as error:
        raise DataError(f"what came from {remote.url} {error}") from error


def _text(path: Path, member: str | None, digest: str | None) -> bytes:
    """The text in a file. Errors are what can be said of the file, without its name."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}") from error
    text = data if member is None else _unzip(data, member)
    got = hashlib.sha256(text).hexdigest()
    if digest and got != digest:
        raise DataError(f"is not the text that was published: sha256 {got}, expected {digest}")
    return text


def _unzip(data: bytes, member: str) -> bytes:
    # Read in memory and by name: no path that an archive names is ever written to.
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = archive.getinfo(member).file_size
            if size <= LARGEST:
                return archive.read(member)
    # Damaged bytes make `zipfile` raise almost anything, from ValueError to LZMAError.
    except Exception as error:
        raise DataError(f"is no zip archive with '{member}' in it") from error
    raise DataError(f"holds {size:,} bytes of '{member}', more than {LARGEST:,}")


def _pin_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def _pinned(path: Path) -> str | None:
    pin = _pin_file(path)
    return pin.read_text().strip() if pin.exists() else None


def _pin(path: Path, text: bytes) -> None:
    with written_whole(_pin_file(path)) as file:
        file.write(f"{hashlib.sha256(text).hexdigest()}\n".encode())
