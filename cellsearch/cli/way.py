"""How trials are run: the options that every command which runs trials has."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

if TYPE_CHECKING:
    from cellsearch.sweep.run import Means
    from cellsearch.sweep.watching.display import Display


@dataclass(frozen=True)
class Way:
    """How trials are run; nothing of it changes a result. A field is an option."""

    executor: Annotated[str, typer.Option(help="What runs the trials: process, ray or inline.")] = (
        "process"
    )
    workers: Annotated[
        int | None,
        typer.Option(
            min=1, help="Trials side by side; as many as there is room for where left out."
        ),
    ] = None
    gpus_per_trial: Annotated[
        float,
        typer.Option(metavar="N", help="GPUs kept for a trial, such as 0.25; with --executor ray."),
    ] = 0.0
    address: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="A Ray cluster to join, or `auto`; one of its own on this machine where left out.",
        ),
    ] = None
    storage: Annotated[
        str | None,
        typer.Option(
            metavar="PLACE",
            help="Where workers write checkpoints: a folder or a URL (fsspec) that all of them"
            " reach; the study's folder where left out.",
        ),
    ] = None
    max_hours: Annotated[
        float | None,
        typer.Option(metavar="H", min=0.0, help="Stop cleanly after so many hours."),
    ] = None
    tensorboard: Annotated[
        bool, typer.Option("--tensorboard", help="Write the curves for TensorBoard, too.")
    ] = False

    @property
    def said(self) -> list[str]:
        """What was said of it: the words of its options."""
        words = []
        for field in fields(self):
            value = getattr(self, field.name)
            if value != field.default:
                words.append(f"--{field.name.replace('_', '-')}")
                words += [] if value is True else [str(value)]
        return words

    def means(self, display: Display) -> Means:
        """The same with a display, for what runs studies."""
        from cellsearch import places
        from cellsearch.sweep.run import Means

        return Means(
            executor=self.executor,
            workers=self.workers,
            gpus_per_trial=self.gpus_per_trial,
            address=self.address,
            storage=None if self.storage is None else places.parse(self.storage),
            display=display,
            max_hours=self.max_hours,
            tensorboard=self.tensorboard,
        )


def with_way(command: Callable[..., None]) -> Callable[..., None]:
    """The command with the fields of a `Way` as options, where it has the parameter `way`."""
    names = [field.name for field in fields(Way)]

    @wraps(command)
    def run(**given: Any) -> None:
        way = Way(**{name: given.pop(name) for name in names})
        command(way=way, **given)

    own = inspect.signature(command, eval_str=True).parameters.values()
    each = [option for p in own for option in (_options() if p.name == "way" else [p])]
    run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [option.replace(kind=inspect.Parameter.KEYWORD_ONLY) for option in each]
    )
    # All is said in the signature, with nothing left to be looked up.
    run.__annotations__ = {}
    return run


def _options() -> list[inspect.Parameter]:
    hints = get_type_hints(Way, include_extras=True)
    return [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=field.default,
            annotation=hints[field.name],
        )
        for field in fields(Way)
    ]
