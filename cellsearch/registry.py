"""Parts of one kind by name: our own, and those that other packages offer as entry points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from cellsearch.errors import CellsearchError, ConfigError, nearest_or_all


class Registry:
    """Names, and what is loaded for each when it is first asked for."""

    def __init__(self, what: str, group: str, ours: Mapping[str, str]) -> None:
        """The parts of one kind.

        Args:
            what: what one is called in a message: `executor`.
            group: the group of entry points under which other packages offer theirs.
            ours: our own, by name, each as `module:attribute`.
        """
        self.what, self.group = what, group
        self._ours = {name: EntryPoint(name, value, group) for name, value in ours.items()}

    def names(self) -> tuple[str, ...]:
        """Every name, sorted. Nothing is imported for it."""
        return tuple(sorted({*self._ours, *self._others()}))

    def check(self, name: str) -> None:
        """Refuse a name that nothing has.

        Raises:
            ConfigError: there is none of this name.
        """
        self._point(name)

    def load(self, name: str) -> Any:
        """What bears the name.

        Raises:
            ConfigError: there is none of this name, or it is another package's and fails.
        """
        with self._blamed(name, "cannot be loaded"):
            return self._point(name).load()

    def load_class(self, name: str, base: type) -> Any:
        """The class that bears the name.

        Raises:
            ConfigError: as for `load`, or it is no subclass of `base`.
        """
        found = self.load(name)
        if not (isinstance(found, type) and issubclass(found, base)):
            raise ConfigError(
                f"{self.what} '{name}': got {found!r}, expected a subclass of {base.__name__}"
            )
        return found

    def make(self, name: str, *args: object) -> Any:
        """What bears the name, called with these arguments.

        Raises:
            ConfigError: as for `load`, or it is another package's and cannot be made.
        """
        factory = self.load(name)
        with self._blamed(name, "cannot be made"):
            return factory(*args)

    def _point(self, name: str) -> EntryPoint:
        found = self._ours.get(name) or self._others().get(name)
        if found is None:
            near = nearest_or_all(str(name), self.names())
            raise ConfigError(f"unknown {self.what} '{name}'{near}")
        return found

    def _others(self) -> dict[str, EntryPoint]:
        return {point.name: point for point in entry_points(group=self.group)}

    @contextmanager
    def _blamed(self, name: str, did: str) -> Iterator[None]:
        """Whatever another package's code raises is its fault, and is said so by name."""
        try:
            yield
        except Exception as error:
            if name in self._ours or isinstance(error, CellsearchError):
                raise
            value = self._point(name).value
            raise ConfigError(f"{self.what} '{name}' ({value}) {did}: {error}") from error
