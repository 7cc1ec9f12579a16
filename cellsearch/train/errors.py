"""How a training run ends before its last update."""

from __future__ import annotations


class Cancelled(Exception):  # noqa: N818  it is asked for, no error
    """Training was asked to stop. Where it has a checkpoint folder, it can go on from there."""


class Diverged(Exception):  # noqa: N818  a result, no error
    """A loss or a gradient is no longer finite.

    Attributes:
        step: the update, from 1, that could not be made.
    """

    def __init__(self, step: int, what: str) -> None:
        self.step = step
        super().__init__(f"the {what} was no longer finite")
