"""One trial: from its config to its outcome."""

from cellsearch.train.errors import Cancelled
from cellsearch.train.trial import train

__all__ = ["Cancelled", "train"]
