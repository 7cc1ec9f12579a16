"""The journal: one JSON line for each thing that happened, the only truth about a study.

Anyone may `read`; only the driver of a sweep, which holds the study, appends (`Writer`). A line is
written, flushed and synced before the next thing happens. What a crash can leave is a torn last
line: it is reported, and set aside in `journal.torn` before the next line is written.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, TypeVar

from pydantic import TypeAdapter, ValidationError

from cellsearch.errors import StoreError
from cellsearch.record import (
    SCHEMA,
    BenchLine,
    ChoiceLine,
    ConfirmLine,
    JournalLine,
    Line,
    LookLine,
    RungLine,
    StudyLine,
    TrialLine,
    Variant,
)

NAME = "journal.jsonl"
TORN = "journal.torn"

L = TypeVar("L", bound=Line)

_LINE: TypeAdapter[JournalLine] = TypeAdapter(JournalLine)


@dataclass(frozen=True)
class Journal:
    """What a study's journal says.

    Attributes:
        study: the frozen plan.
        planned: how many seeds were planned, at first and each time that some were added; 0 while
            there is only a tuning.
        variants: those that are compared, at the settings that were chosen for them.
        trials: the finished trials in order of finishing; of several attempts the last.
        tuning: the finished trials of the tuning, likewise.
        rungs: how far the paused trials of the tuning are.
        choices: what was chosen, by variant; empty until the tuning is over.
        benches: measured costs; of several measurements of a variant the last.
        problems: what a reader should know about the file, such as a torn last line.
        folder: the study's folder.
    """

    study: StudyLine
    planned: tuple[int, ...]
    variants: tuple[Variant, ...]
    trials: tuple[TrialLine, ...]
    tuning: tuple[TrialLine, ...]
    rungs: tuple[RungLine, ...]
    choices: dict[str, ChoiceLine]
    benches: tuple[BenchLine, ...]
    problems: tuple[str, ...]
    folder: Path

    @property
    def seeds(self) -> int:
        """How many seeds are planned by now."""
        return self.planned[-1]

    @property
    def looks(self) -> int:
        """How often the data could be looked at: once, and once more whenever seeds were added."""
        return max(1, sum(count > 0 for count in self.planned))


def read(study: Path) -> Journal:
    """The journal of the study in the folder `study`.

    Raises:
        StoreError: there is none, it has no plan, or a line other than a torn last one is damaged.
    """
    path = study / NAME
    lines, problems = _parse(path)
    if not lines or not isinstance(lines[0], StudyLine):
        raise StoreError(f"{path}: the first line should be the study's plan; there is none")
    second = next((n for n, a in enumerate(lines[1:], 2) if isinstance(a, StudyLine)), None)
    if second is not None:
        raise StoreError(f"{path}: line {second} is damaged: a second plan; one study, one plan")
    return _journal(lines[0], lines[1:], tuple(problems), study)


def about(study: Path, trial_key: str) -> list[TrialLine | RungLine]:
    """The lines about the trials with this key, without reading the others into memory."""
    path, key = study / NAME, trial_key.encode()
    with _opened(path) as file:
        found = [_parse_line(path, n, text) for n, text in enumerate(file, 1) if key in text]
    kinds = (line for line in found if isinstance(line, TrialLine | RungLine))
    return [line for line in kinds if line.trial_key == trial_key]


def lines(study: Path) -> list[JournalLine]:
    """Every line of the journal in its order, but for a torn last one.

    Raises:
        StoreError: there is none, or another line is damaged.
    """
    return _parse(study / NAME)[0]


def attempts(study: Path) -> Iterator[TrialLine]:
    """Every attempt at a trial that is on record, one after the other, in their order."""
    path = study / NAME
    with _opened(path) as file:
        for number, text, last in _numbered(file):
            if b'"trial"' in text and not (last and not _is_json(text)):
                line = _parse_line(path, number, text)
                if isinstance(line, TrialLine):
                    yield line


def begun(study: Path) -> bool:
    """Whether the folder holds a journal with more in it than a plan that a crash tore.

    Raises:
        StoreError: what bears the journal's name cannot be read.
    """
    path = study / NAME
    if not path.exists():
        return False
    with _opened(path) as file:
        # Of several lines none was torn by a crash: a damaged first one is for `read` to say.
        return _is_json(file.readline()) or bool(file.read(1))


def sidecar(study: Path, trial: TrialLine, kind: str) -> bytes | None:
    """A file of a trial beside the journal; None where it has none, or it is not there.

    Args:
        study: the study's folder.
        trial: as it is on record.
        kind: `weights` or `recordings`.

    Raises:
        StoreError: it cannot be read, or is not the one on record.
    """
    for name, sha256 in trial.sidecars.items():
        if name.startswith(f"{kind}/"):
            return _checked(study / name, sha256)
    return None


def _checked(path: Path, sha256: str) -> bytes | None:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(f"{path}: cannot be read: {error.strerror or error}") from None
    got = hashlib.sha256(content).hexdigest()
    if got != sha256:
        raise StoreError(f"{path}: got sha256 {got[:12]}…, expected {sha256[:12]}… of the journal")
    return content


class Writer:
    """Appends to a journal. For the one process that holds the study."""

    def __init__(self, study: Path) -> None:
        self.path = study / NAME
        try:
            _mend(self.path)
            self._file = _open(self.path)
        except OSError as error:
            raise _unwritable(self.path, error) from None

    def append(self, line: L) -> L:
        """Write one line, with the time, and return it as it is on the disk.

        Raises:
            StoreError: the disk is full or gone; the journal is as it was before.
        """
        stamped = line.model_copy(update={"time": datetime.now(UTC).isoformat(timespec="seconds")})
        data = stamped.model_dump_json(by_alias=True).encode() + b"\n"
        size = os.fstat(self._file).st_size
        try:
            _write_through(self._file, data)
        except OSError as error:
            os.ftruncate(self._file, size)
            raise _unwritable(self.path, error) from None
        return stamped

    def close(self) -> None:
        """Close the file. Nothing is left to write."""
        os.close(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        self.close()


def write_atomically(path: Path, data: bytes) -> None:
    """Replace a small file as a whole: readers see the old one or the new one, never a piece.

    Raises:
        StoreError: it cannot be written; the old file is as it was.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise _unwritable(path, error) from None


def _parse(path: Path) -> tuple[list[JournalLine], list[str]]:
    lines: list[JournalLine] = []
    problems: list[str] = []
    with _opened(path) as file, _collector_paused():
        for number, text, last in _numbered(file):
            if last and not _is_json(text):
                problems.append(f"{path}: line {number}, the last, is torn and does not count")
            else:
                lines.append(_parse_line(path, number, text))
    return lines, problems


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise StoreError(f"{path.parent}: no study here; '{NAME}' is missing") from None
    except OSError as error:
        raise StoreError(f"{path}: cannot be read: {error.strerror}") from None


def _numbered(file: BinaryIO) -> Iterator[tuple[int, bytes, bool]]:
    """Each line with its number from 1, and whether it is the last."""
    left = os.fstat(file.fileno()).st_size
    for number, text in enumerate(file, start=1):
        left -= len(text)
        yield number, text, left <= 0


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


@contextmanager
def _collector_paused() -> Iterator[None]:
    """A long journal makes millions of objects and no garbage; looking for it is most work."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _parse_line(path: Path, number: int, text: bytes) -> JournalLine:
    try:
        return _LINE.validate_json(text)
    except ValidationError as error:
        raise StoreError(f"{path}: line {number} is damaged: {_reason(text, error)}") from None


def _reason(text: bytes, error: ValidationError) -> str:
    version = _schema_version(text)
    if version not in (SCHEMA, None):
        return f"schema {version}; this version of cellsearch reads schema {SCHEMA}"
    first = error.errors(include_url=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{first['msg'].lower()}{f' at {place}' if place else ''}"


def _schema_version(text: bytes) -> object:
    try:
        line = json.loads(text)
    except ValueError:
        return None
    return line.get("schema") if isinstance(line, dict) else None


def _journal(
    study: StudyLine, lines: list[JournalLine], problems: tuple[str, ...], folder: Path
) -> Journal:
    looks = [line for line in lines if isinstance(line, LookLine)]
    confirms = [line for line in lines if isinstance(line, ConfirmLine)]
    ended, rungs = _ended(lines), _rungs(lines)
    benches = {b.variant: b for b in lines if isinstance(b, BenchLine)}
    choices = {c.variant.name: c for c in lines if isinstance(c, ChoiceLine)}
    return Journal(
        study=study,
        planned=(study.spec.seeds, *(c.seeds for c in confirms), *(ln.seeds for ln in looks)),
        variants=_compared(study, confirms, choices),
        trials=tuple(t for t in ended.values() if t.number is None),
        tuning=tuple(t for t in ended.values() if t.number is not None),
        rungs=rungs,
        choices=choices,
        benches=tuple(benches.values()),
        problems=problems,
        folder=folder,
    )


def _ended(lines: list[JournalLine]) -> dict[tuple[str, int | None, int | None], TrialLine]:
    """The trials that are over. One that failed and has since got to a rung is not."""
    found: dict[tuple[str, int | None, int | None], TrialLine] = {}
    for line in lines:
        if isinstance(line, TrialLine):
            seed = line.seed if line.number is None else None
            found[line.variant, line.number, seed] = line
        elif isinstance(line, RungLine):
            found.pop((line.variant, line.number, None), None)
    return found


def _rungs(lines: list[JournalLine]) -> tuple[RungLine, ...]:
    last = {(r.variant, r.number, r.rung): r for r in lines if isinstance(r, RungLine)}
    return tuple(last.values())


def _compared(
    study: StudyLine, confirms: list[ConfirmLine], choices: dict[str, ChoiceLine]
) -> tuple[Variant, ...]:
    names = confirms[-1].variants if confirms else [v.name for v in study.variants]
    settled = (choices[v.name].variant if v.name in choices else v for v in study.variants)
    return tuple(v for v in settled if v.name in names)


def _open(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)


def _write_through(file: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]
    os.fsync(file)


def _mend(path: Path) -> None:
    """Set a torn last line aside, so that the next line does not stick to it."""
    whole, tail = _tail(path)
    if not tail:
        return
    if _is_json(tail):
        _append_bytes(path, b"" if tail.endswith(b"\n") else b"\n")
    else:
        _append_bytes(path.with_name(TORN), tail.removesuffix(b"\n") + b"\n")
        os.truncate(path, whole)


def _tail(path: Path) -> tuple[int, bytes]:
    """Where the last line begins, and the line; torn or whole."""
    if not path.exists():
        return 0, b""
    content = path.read_bytes()
    start = content.rfind(b"\n", 0, len(content) - 1) + 1
    return start, content[start:]


def _append_bytes(path: Path, data: bytes) -> None:
    with path.open("ab", buffering=0) as file:
        _write_through(file.fileno(), data)


def _unwritable(path: Path, error: OSError) -> StoreError:
    why = error.strerror or str(error)
    return StoreError(f"{path}: cannot be written: {why.lower()}; nothing that was there is lost")
