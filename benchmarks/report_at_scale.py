"""Times a report on simulated trials: load, judge, build, and the page in a browser.

python benchmarks/report_at_scale.py                                       10 x 1,000 seeds
python benchmarks/report_at_scale.py --variants 20 --seeds 10 --recorded   all that a page has
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TypeVar

from cellsearch.report import build, verdict
from cellsearch.store import read
from cellsearch.testing.journals import write_journal
from cellsearch.testing.recordings import add_recordings
from cellsearch.testing.simulation import Arm, Simulation

Result = TypeVar("Result")

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
# The page's own policy lets in no script but its own. This one says when all is loaded.
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
TELL = '<script>addEventListener("load", () => document.title = performance.now())</script></head>'


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        study = write_journal(_simulation(options.variants, options.seeds), Path(folder) / "study")
        if options.recorded:
            names = [v.name for v in read(study).variants]
            add_recordings(study, dict.fromkeys(names, 0.9))
        size = (study / "journal.jsonl").stat().st_size / 1e6
        print(f"{options.variants} variants x {options.seeds} seeds, journal of {size:.0f} MB")
        journal = _timed("load", lambda: read(study))
        _timed("verdict", lambda: verdict(journal))
        built = _timed("build (loads again)", lambda: build(study, Path(folder) / "report"))
        print(f"page: {built.index.stat().st_size / 1e6:.2f} MB; figures: {len(built.figures)}")
        if CHROMIUM:
            print(f"opened in Chromium after {_opened(built.index, CHROMIUM):.2f} s")


def _simulation(variants: int, seeds: int) -> Simulation:
    others = (Arm(f"variant_{k}", effect=0.004 * k - 0.012) for k in range(1, variants))
    return Simulation(arms=(Arm("base"), *others), seeds=seeds, name="at_scale")


def _opened(page: Path, chromium: str) -> float:
    """Seconds from the call of the page to the end of its loading: the median of five times."""
    text = POLICY.sub("", page.read_text("utf-8")).replace("</head>", TELL, 1)
    told = page.with_name("told.html")
    told.write_text(text, "utf-8")
    command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", told.as_uri()]
    seen = [subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(5)]
    titles = [re.search(r"<title>([\d.]+)</title>", one.stdout) for one in seen]
    return median(float(title[1]) / 1000 for title in titles if title)


def _timed(what: str, work: Callable[[], Result]) -> Result:
    start = time.perf_counter()
    result = work()
    print(f"{what:>20}: {time.perf_counter() - start:6.2f} s")
    return result


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--variants", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--recorded", action="store_true", help="with recordings of seed 0")
    return parser.parse_args()


if __name__ == "__main__":
    main()
