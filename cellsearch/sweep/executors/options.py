"""What can be said about how trials are run. Nothing of it changes a result."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cellsearch.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Options:
    """What an executor is made of.

    Attributes:
        workers: how many trials run side by side; None for as many as the executor has room for.
        threads: of each trial.
        gpus_per_trial: a part of one GPU, or a number of them.
        address: of a cluster that is there.
        log: a file for what the executor's own machinery prints.
    """

    workers: int | None = None
    threads: int = 1
    gpus_per_trial: float = 0.0
    address: str | None = None
    log: Path | None = None

    def room(self) -> int:
        """How many trials run side by side on this machine: as said, or one for each processor."""
        if self.workers is not None:
            return self.workers
        # A container often may use less than its machine has.
        from joblib import cpu_count

        return max(1, int(cpu_count()) // self.threads)

    def check(self) -> None:
        """Raise ConfigError for a number that cannot be meant."""
        if self.workers is not None and self.workers < 1:
            raise ConfigError(f"workers: got {self.workers}, expected 1 or more")
        gpus = self.gpus_per_trial
        if not (0 <= gpus < 1 or (gpus >= 1 and float(gpus).is_integer())):
            raise ConfigError(f"GPUs per trial: got {gpus:g}, expected less than 1 or whole GPUs")
        if (self.address or "").startswith("ray://"):
            text = "expected HOST:PORT or 'auto', on a machine of that cluster"
            raise ConfigError(f"address: got '{self.address}', {text}")

    def on_this_machine_only(self, executor: str) -> None:
        """Raise ConfigError for what means nothing to an executor without a cluster."""
        for name, value in (("--gpus-per-trial", self.gpus_per_trial), ("--address", self.address)):
            if value:
                raise ConfigError(f"executor '{executor}' knows no {name}; 'ray' does")
