"""The table of training steps as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns


def draw(rows: list[dict[str, Any]], path: Path) -> None:
    """Each way's time as a multiple of torch.nn's: a column for each cell, a row for threads."""
    frame = pd.DataFrame(rows)
    frame["T, B, H"] = ["{}, {}, {}".format(*shape) for shape in frame["shape"]]
    frame["threads"] = [f"{n} thread" + "s" * (n > 1) for n in frame["threads"]]
    frame = frame.rename(columns={"ratio": "time, torch.nn = 1"})
    is_floor = frame["way"].str.startswith("floor")
    grid = sns.catplot(
        frame[(frame["way"] != "torch.nn") & ~is_floor],
        x="time, torch.nn = 1",
        y="T, B, H",
        hue="way",
        col="cell",
        row="threads",
        kind="strip",
        jitter=False,
        size=6,
        height=2.6,
        aspect=1.5,
        palette="colorblind",
    )
    for (threads, cell), axis in grid.axes_dict.items():
        own = frame[is_floor & (frame["threads"] == threads) & (frame["cell"] == cell)]
        axis.plot(own["time, torch.nn = 1"], own["T, B, H"], "k|", ms=14, label="products alone")
    ticks = [0.25, 0.5, 1, 2, 4]
    grid.set(xscale="log", xticks=ticks, xticklabels=[f"{t:g}" for t in ticks])
    grid.set_titles("{col_name}, {row_name}")
    for axis in grid.axes.flat:
        axis.minorticks_off()
        axis.margins(y=0.1)
        axis.axvline(1, color="0.6", linewidth=1, zorder=0)
    grid.legend.remove()
    grid.add_legend(dict(zip(*reversed(axis.get_legend_handles_labels()), strict=True)))
    grid.savefig(path)
    plt.close(grid.figure)
