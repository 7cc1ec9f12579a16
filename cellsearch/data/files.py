"""Any text files, by path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cellsearch.data.source import SPLITS, Request, Split, Texts
from cellsearch.data.splits import by_share
from cellsearch.errors import DataError, UnknownCorpusError


@dataclass(frozen=True)
class TextFile:
    """One file, split 80/10/10 by contiguous characters; between words at the word level."""

    path: Path
    options: tuple[str, ...] = ()

    def read(self, request: Request) -> Texts:
        """The three parts of the file."""
        parts = by_share(read_text(self.path), request.level)
        return Texts(parts, about="a text file", split="contiguous, 80/10/10")


@dataclass(frozen=True)
class SplitFiles:
    """A file for each split."""

    train: Path
    valid: Path
    test: Path
    options: tuple[str, ...] = ()

    @classmethod
    def of(cls, paths: Mapping[Split, str]) -> SplitFiles:
        """From the task's mapping.

        Raises:
            DataError: a split has no file.
        """
        lacking = [split for split in SPLITS if split not in paths]
        if lacking:
            got = ", ".join(paths) or "none"
            raise DataError(f"corpus needs a file for train, valid and test; got {got}")
        return cls(Path(paths["train"]), Path(paths["valid"]), Path(paths["test"]))

    def read(self, request: Request) -> Texts:
        """The three files."""
        parts = read_text(self.train), read_text(self.valid), read_text(self.test)
        return Texts(parts, about="text files", split="a file each")


def read_text(path: Path) -> str:
    """The text of a UTF-8 file; lines end in a newline alone, whatever they ended in.

    Raises:
        DataError: the file is missing, cannot be read, is empty or is not UTF-8.
    """
    try:
        return decode(path.read_bytes(), str(path))
    except (FileNotFoundError, ValueError) as error:
        raise UnknownCorpusError(f"no such file: '{path}'") from error
    except IsADirectoryError as error:
        raise DataError(
            f"'{path}' is a folder; expected a text file, or a file each for train, valid and test"
        ) from error
    except OSError as error:
        raise DataError(f"cannot read '{path}': {error.strerror or error}") from error


def decode(data: bytes, name: str) -> str:
    """Bytes of a UTF-8 file as text. `name` stands in the errors."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        byte = data[error.start]
        raise DataError(
            f"'{name}' is not UTF-8 text: byte 0x{byte:02x} at offset {error.start:,}"
        ) from error
    if not text.strip():
        raise DataError(f"'{name}' is empty")
    return text.replace("\r\n", "\n").replace("\r", "\n")
