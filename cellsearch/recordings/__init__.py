"""What happens inside the cells during training, recorded at a few points of it."""

from cellsearch.recordings.recorder import Recorder

__all__ = ["Recorder"]
