"""How every command ends: exit codes, and what a user did wrong said without a traceback."""

from __future__ import annotations

import sys
from typing import Any

import typer
from typer.core import TyperGroup

from cellsearch.errors import CellsearchError, ConfigError, LanguageError, ShapeError

FAILED, WRONG_CALL, SOME_FAILED, STOPPED = 1, 2, 3, 130


class Commands(TyperGroup):
    """The commands, in the order in which they are used; a bug shows its traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            found = super().invoke(ctx)
            # Here, where a full disk can still be said.
            sys.stdout.flush()
            return found
        except CellsearchError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(exit_code(error)) from None
        except KeyboardInterrupt:
            typer.echo("stopped", err=True)
            raise typer.Exit(STOPPED) from None

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.commands)


def exit_code(error: CellsearchError) -> int:
    """2 where a name, a key, a cell or a size was wrong; 1 where the work could not be done."""
    is_wrong_call = isinstance(error, ConfigError | LanguageError | ShapeError)
    return WRONG_CALL if is_wrong_call else FAILED
