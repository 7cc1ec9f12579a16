"""What driver and workers say to each other: JSON objects, told apart by `do` and `said`."""

from __future__ import annotations

from typing import Any

from cellsearch import places
from cellsearch.config import TrialConfig
from cellsearch.places import Place
from cellsearch.recorded import Wanted
from cellsearch.sweep.executors.base import WorkItem

Message = dict[str, Any]


def of_item(item: WorkItem) -> Message:
    """A work item as it is sent. A path is sent whole: a worker may stand elsewhere."""
    return {
        "do": "train",
        "key": item.key,
        "trial": item.trial.model_dump(mode="json"),
        "checkpoint": _sent(item.checkpoint),
        "weights": _sent(item.weights) if item.weights else None,
        "recordings": _asked(item.recordings) if item.recordings else None,
        "attempt": item.attempt,
        "until": item.until,
    }


def to_item(message: Message) -> WorkItem:
    """The work item that was sent."""
    weights, recordings = message["weights"], message["recordings"]
    return WorkItem(
        key=message["key"],
        trial=TrialConfig.model_validate(message["trial"]),
        checkpoint=places.parse(message["checkpoint"]),
        weights=places.parse(weights) if weights else None,
        recordings=_wanted(recordings) if recordings else None,
        attempt=message["attempt"],
        until=message["until"],
    )


def _asked(wanted: Wanted) -> Message:
    return {"kinds": wanted.kinds, "file": _sent(wanted.file)}


def _wanted(message: Message) -> Wanted:
    return Wanted(tuple(message["kinds"]), places.parse(message["file"]))


def _sent(place: Place) -> str:
    return place if isinstance(place, str) else str(place.absolute())
