"""Tables that are measured, in documents that are written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from cellsearch.store import write_atomically

DOCS = Path(__file__).parent.parent / "docs"
STATISTICS = DOCS / "statistics.md"


def put_table(
    name: str, columns: Sequence[str], rows: Iterable[str], words: int = 1, file: Path = STATISTICS
) -> None:
    """Put a table between the marks of that name; the first `words` columns are no numbers."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    before, rest = file.read_text("utf-8").split(begin)
    after = rest.split(end)[1]
    head = [f"| {' | '.join(columns)} |", f"|{'---|' * words}{'---:|' * (len(columns) - words)}"]
    table = "\n".join([*head, *rows, ""])
    write_atomically(file, f"{before}{begin}{table}{end}{after}".encode())
