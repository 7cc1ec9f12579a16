"""How long the program takes to say its help: the median of several calls, each a new process.

    python benchmarks/cli_startup.py

Target: under 0.5 s. What takes the time: python -X importtime -c "import cellsearch.cli.app".
"""

import subprocess
import sys
import time
from statistics import median

CALLS = 7


def seconds(*arguments: str) -> float:
    began = time.perf_counter()
    command = [sys.executable, "-m", "cellsearch.cli", *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    for arguments in (("--help",), ("show", "lstm"), ("cells",)):
        taken = sorted(seconds(*arguments) for _ in range(CALLS))
        print(f"cellsearch {' '.join(arguments):<10} {median(taken):.2f} s (to {taken[-1]:.2f})")


if __name__ == "__main__":
    main()
