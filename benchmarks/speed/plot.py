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
    frame = frame.rename(columns={"ratio": "time, torch.nn = 1"})
    grid = sns.catplot(
        frame[frame["way"] != "torch.nn"],
        x="time, torch.nn = 1",
        y="T, B, H",
        hue="way",
        col="cell",
        row="threads",
        kind="strip",
        jitter=False,
        size=7,
        height=2.6,
        aspect=1.5,
        palette="colorblind",
    )
    grid.set(xscale="log", xticks=[0.5, 1, 2, 5, 10], xticklabels=["0.5", "1", "2", "5", "10"])
    grid.set_titles("{col_name}, {row_name} thread(s)")
    for axis in grid.axes.flat:
        axis.axvline(1, color="0.6", linewidth=1, zorder=0)
    grid.savefig(path)
    plt.close(grid.figure)
