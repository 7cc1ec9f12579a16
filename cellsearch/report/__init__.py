"""From a journal to a verdict that can be defended, and a page that shows it.

`verdict` needs no plotting library; `build` imports what it needs when it is called.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from cellsearch.report.assembly import Built
    from cellsearch.report.verdicts.rows import Row
    from cellsearch.store import Journal


def build(study: Path, out: Path) -> Built:
    """Write the report of the study in the folder `study` into the folder `out`.

    Raises:
        StoreError: the journal cannot be read, or the report cannot be written.
    """
    from cellsearch.report.assembly import build as build_report

    return build_report(study, out)


def verdict(journal: Journal) -> list[Row]:
    """The verdict table, a row per variant, the base first, in the order of the plan."""
    from cellsearch.report.verdicts.judge import judge
    from cellsearch.report.verdicts.rows import rows

    return rows(judge(journal))


def frame(study: Path | str) -> pd.DataFrame:
    """A row for every trial of the study in the folder `study`, of its tuning and its comparison.

    Columns: `phase` (`tuning`, `comparison`), `variant`, `number` of the setting and what was tried
    there, `seed`, `status` (`missing` where a planned trial of the comparison is not on record),
    perplexities, losses in nats per token, `steps`, `seconds`, `error`.

    Raises:
        StoreError: the journal cannot be read.
    """
    from cellsearch.report.data.frames import everything
    from cellsearch.store import read

    return everything(read(Path(study)))
