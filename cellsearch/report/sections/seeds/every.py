"""The test perplexity of every seed."""

from __future__ import annotations

from typing import Any

import pandas as pd

from cellsearch.report.data import frames
from cellsearch.report.document import Block, Column, Fold, Heading, Paragraph, Table
from cellsearch.report.verdicts import words

# Of more seeds a page shows the quantiles, and the file has them all.
SHOWN = 12


def every_seed(trials: pd.DataFrame, seeds: int) -> list[Block]:
    """A column for each seed, or quantiles over many."""
    if seeds > SHOWN:
        said = f"All {len(trials)} trials, seed by seed, are in tables/seeds.csv."
        return [Heading("Every seed"), Paragraph(said), _quantiles(trials)]
    return [Fold("Every seed: test perplexity", [_table(trials, seeds)])]


def _table(trials: pd.DataFrame, seeds: int) -> Table:
    by_variant = trials.groupby("variant", sort=False)
    return Table(
        name="seeds",
        caption="Test perplexity of every seed",
        columns=[
            Column("Variant", numeric=False),
            *(Column(f"{s}", "seed") for s in range(seeds)),
        ],
        rows=[[str(name), *map(_cell, frames.records(own))] for name, own in by_variant],
        data=trials,
    )


def _cell(trial: dict[str, Any]) -> str:
    status = str(trial["status"])
    return words.decimal(trial["test_perplexity"], 3) if status == "done" else status


def _quantiles(trials: pd.DataFrame) -> Table:
    done = trials[trials["status"] == "done"]
    found = done.groupby("variant", sort=False)["test_perplexity"].describe()
    names = ("min", "25%", "50%", "75%", "max")
    return Table(
        name="seeds",
        caption="Test perplexity over the seeds that are done",
        columns=[
            Column("Variant", numeric=False),
            Column("Done"),
            *(
                Column(name)
                for name in ("lowest", "quarter", "median", "three quarters", "highest")
            ),
        ],
        rows=[
            [str(name), words.whole(row["count"]), *(words.decimal(row[q], 3) for q in names)]
            for name, row in found.iterrows()
        ],
        data=trials,
    )
