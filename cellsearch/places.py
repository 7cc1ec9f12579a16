"""Folders for checkpoints and weights: on this machine, or wherever fsspec reaches by a URL.

A place is a `Path`, or a text such as `s3://bucket/folder`. A file is written whole: by putting it
in the place of the old one, or because an object store takes an object whole or not at all.
"""

from __future__ import annotations

import os
import shutil
import socket
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from cellsearch.errors import ConfigError

Place = Path | str
_NEW = ".new"
_STORES = {"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "oss", "memory"}


def parse(text: str) -> Place:
    """The place that a text names. A path is absolute from here on, and so is a `file://` URL.

    Raises:
        ConfigError: nothing is known that reaches it.
    """
    if "://" not in text:
        return Path(text).absolute()
    if text.startswith(("file://", "local://")):
        return Path(url2pathname(urlsplit(text).path))
    try:
        _filesystem(text)
    except (ImportError, ValueError, OSError) as error:
        raise ConfigError(f"'{text}' cannot be reached: {error}") from None
    return text


def join(place: Place, *names: str) -> Place:
    """A place in a place."""
    return place.joinpath(*names) if isinstance(place, Path) else "/".join((place, *names))


def folder(place: Place) -> Folder:
    """What lies at a place."""
    return LocalFolder(place) if isinstance(place, Path) else RemoteFolder(place)


def split(file: Place) -> tuple[Folder, str]:
    """The folder that a file lies in, and its name there."""
    if isinstance(file, Path):
        return folder(file.parent), file.name
    parent, _, name = file.rpartition("/")
    return folder(parent), name


class Folder(ABC):
    """Files by name, each of them whole."""

    @abstractmethod
    def read(self, name: str) -> bytes:
        """A file's content. Raises OSError, FileNotFoundError where there is none."""

    @abstractmethod
    def write(self, name: str, content: bytes) -> None:
        """The whole content or the old file, whatever happens meanwhile. Raises OSError."""

    @abstractmethod
    def names(self) -> list[str]:
        """What lies in it, files and folders; nothing where it does not exist."""

    @abstractmethod
    def remove(self, name: str) -> None:
        """Remove a file, or a folder with all that is in it, if it is there and that is allowed."""

    @abstractmethod
    def tidy(self) -> None:
        """Remove what writers that were killed have left behind. For the only writer."""


class LocalFolder(Folder):
    """A folder on this machine."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, name: str) -> bytes:
        """See `Folder`."""
        return (self._path / name).read_bytes()

    def write(self, name: str, content: bytes) -> None:
        """See `Folder`. It is on the disk when this returns."""
        self._path.mkdir(parents=True, exist_ok=True)
        beside = self._path / f"{name}.{socket.gethostname()}-{os.getpid()}{_NEW}"
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path / name)
        _sync(self._path)

    def names(self) -> list[str]:
        """See `Folder`."""
        with suppress(FileNotFoundError):
            return [path.name for path in self._path.iterdir()]
        return []

    def remove(self, name: str) -> None:
        """See `Folder`."""
        path = self._path / name
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)

    def tidy(self) -> None:
        """See `Folder`."""
        for name in self.names():
            if name.endswith(_NEW):
                self.remove(name)


class RemoteFolder(Folder):
    """A folder that fsspec reaches."""

    def __init__(self, url: str) -> None:
        self._files, self._path = _filesystem(url)
        self._takes_whole = urlsplit(url).scheme in _STORES

    def read(self, name: str) -> bytes:
        """See `Folder`."""
        content: bytes = self._files.cat_file(f"{self._path}/{name}")
        return content

    def write(self, name: str, content: bytes) -> None:
        """See `Folder`."""
        # Where folders exist, they must; an object store takes no notice.
        self._files.makedirs(self._path, exist_ok=True)
        path = f"{self._path}/{name}"
        if self._takes_whole:
            self._files.pipe_file(path, content)
            return
        self._files.pipe_file(path + _NEW, content)
        self._files.mv(path + _NEW, path)

    def names(self) -> list[str]:
        """See `Folder`."""
        with suppress(FileNotFoundError):
            return [p.rstrip("/").rpartition("/")[2] for p in self._files.ls(self._path, False)]
        return []

    def remove(self, name: str) -> None:
        """See `Folder`."""
        with suppress(OSError):
            self._files.rm(f"{self._path}/{name}", recursive=True)

    def tidy(self) -> None:
        """See `Folder`."""
        for name in [] if self._takes_whole else self.names():
            if name.endswith(_NEW):
                self.remove(name)


def _filesystem(url: str) -> tuple[Any, str]:
    # Costs a tenth of a second, and few need it.
    from fsspec.core import url_to_fs

    # Others write there: what was listed a moment ago says nothing.
    files, path = url_to_fs(url, use_listings_cache=False)
    return files, path


def _sync(path: Path) -> None:
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
