"""The letters of figures: DejaVu Sans, cut down to what reports write.

A PDF takes its letters out of the font's file, out of a small one in a fraction of the time. A
letter that was cut off comes from the whole font.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from fontTools import subset
from matplotlib.font_manager import FontProperties, findfont, fontManager

WHOLE = "DejaVu Sans"
CUT = "Report Sans"

# Latin and Greek letters, punctuation, arrows, signs of mathematics.
_KEPT = (*range(0x20, 0x250), *range(0x370, 0x400), *range(0x2000, 0x2300))
# Of a font's name table: family, whole name, family as typographers say.
_NAMES = (1, 4, 16)


@cache
def cut() -> None:
    """Make the fonts known to matplotlib, once in a process."""
    folder = Path(tempfile.mkdtemp(prefix="cellsearch-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for weight in ("normal", "bold"):
        path = folder / f"{weight}.ttf"
        _cut(findfont(FontProperties(family=WHOLE, weight=weight)), path)
        fontManager.addfont(path)


def _cut(whole: str, to: Path) -> None:
    # No features but the distances of letters: all others are for scripts that are not kept.
    options = subset.Options(layout_features=["kern"], drop_tables=["FFTM", "MATH"])
    with subset.load_font(whole, options) as font:
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=_KEPT)
        cutter.subset(font)
        for name in font["name"].names:
            if name.nameID in _NAMES:
                name.string = CUT
        subset.save_font(font, str(to), options)
