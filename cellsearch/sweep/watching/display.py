"""What a sweep tells whoever watches it."""

from __future__ import annotations

from typing import Protocol

from cellsearch.record import ChoiceLine, TrialLine
from cellsearch.sweep.watching.status import View

__all__ = ["Display", "Silent", "View"]


class Display(Protocol):
    """Draws a sweep, prints it, or keeps silent. Called from the driver's own thread."""

    def note(self, text: str) -> None:
        """Something worth a line: what is loaded, a worker that was lost, what was found torn."""

    def show(self, view: View) -> None:
        """The sweep as it is now; a few times a second."""

    def finished(self, line: TrialLine) -> None:
        """A trial is on record."""

    def chosen(self, line: ChoiceLine) -> None:
        """The tuning has chosen for a variant."""


class Silent:
    """Says nothing."""

    def note(self, text: str) -> None:
        """Nothing."""

    def show(self, view: View) -> None:
        """Nothing."""

    def finished(self, line: TrialLine) -> None:
        """Nothing."""

    def chosen(self, line: ChoiceLine) -> None:
        """Nothing."""
