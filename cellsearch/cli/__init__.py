"""The command line: one file per command. What a command needs is imported when it runs."""

from __future__ import annotations


def main() -> None:
    """Run the command that the process was called with, and end with its exit code.

    0: done. 1: the work failed. 2: the call was wrong. 130: stopped by Ctrl-C.
    """
    import sys
    from io import TextIOWrapper

    from cellsearch.cli.app import app

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal that lacks a letter (α, −) gets a question mark, not a traceback.
            stream.reconfigure(errors="replace")
    app(prog_name="cellsearch")
