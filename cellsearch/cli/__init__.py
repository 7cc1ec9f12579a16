"""The command line: one file per command. What a command needs is imported when it runs."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command that the process was called with, and end with its exit code.

    0: done. 1: the work failed. 2: the call was wrong. 130: stopped by Ctrl-C.
    """
    try:
        _prepare_streams()
        from cellsearch.cli.app import app

        app(prog_name="cellsearch")
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        sys.exit(_refused(error))


def _prepare_streams() -> None:
    from io import TextIOWrapper

    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            # Closed by whoever called us; the journal must not get its number.
            setattr(sys, name, open(os.devnull, "w"))  # noqa: PTH123, SIM115
        elif isinstance(stream, TextIOWrapper):
            # A terminal that lacks a letter (α, −) gets a question mark, not a traceback.
            stream.reconfigure(errors="replace")


def _refused(error: OSError) -> int:
    """Say what the system refused: a name that is too long, a full disk behind `>`."""
    where = "" if error.filename is None else f"{error.filename}: "
    print(f"{where}{(error.strerror or str(error)).lower()}", file=sys.stderr)
    # What could not be written would be tried once more at the interpreter's end.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return 1
