"""One trial in memory: the model, its optimiser, the streams' states, and the curve so far."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor

from cellsearch.config import Kind, TrialConfig
from cellsearch.errors import TrialError
from cellsearch.nn.language_model import LanguageModel
from cellsearch.nn.model import Model, Noise, States
from cellsearch.recordings import Recorder
from cellsearch.tasks import Evaluation, Split, Task, find
from cellsearch.tasks.language_model import LanguageModelTask
from cellsearch.train import optimizer
from cellsearch.train.aside import Aside
from cellsearch.train.checkpoint import Snapshot
from cellsearch.train.clock import Clock
from cellsearch.train.curve import Curve, Marks
from cellsearch.train.draws import numpy_generator, torch_generator
from cellsearch.train.errors import Diverged
from cellsearch.train.schedule import share
from cellsearch.train.states import carried, like, restarted, tensors

_RECORDINGS = "recordings."


class Trainer:
    """Makes a trial's updates one by one. Draws and reads nothing that is global.

    Attributes:
        step: updates made.
        steps: updates to make: the tokens asked for, rounded up to whole segments.
        loss: of the last update, None before the first of this run.
        valid: the last reading of the validation text, while it is that of the present weights.
        recorder: where something is to be recorded.

    Args:
        trial: all that the result depends on.
        record: kinds of recordings, which change nothing.

    Raises:
        TrialError: the task has none of them.
    """

    def __init__(self, trial: TrialConfig, record: Sequence[Kind] = ()) -> None:
        self.trial = trial
        self.task: Task = find(trial.task.name)(trial, numpy_generator(trial.seed, "order"))
        self.model = _model(self.task, trial)
        self.parameters = list(self.model.parameters())
        self.optimizer = optimizer.build(trial.train.optimizer, self.parameters)
        self.per_step = trial.train.batch * trial.train.segment
        self.steps = self.steps_for(trial.train.tokens)
        self.marks = Marks.of(self.steps, trial.train.evaluations)
        self.states = carried(self._start())
        self.step = 0
        self.loss: float | None = None
        self.valid: Evaluation | None = None
        self.curve = Curve()
        self.clock = Clock()
        self.recorder = Aside(self._recorder(record)) if record else None

    @property
    def tokens(self) -> int:
        """Training tokens read so far."""
        return self.step * self.per_step

    def steps_for(self, tokens: int) -> int:
        """Updates that read so many training tokens, rounded up to whole segments."""
        return math.ceil(tokens / self.per_step)

    def advance(self) -> None:
        """Make one update, and a point of the curve where one is due.

        Raises:
            Diverged: the loss or the gradient is not finite; the weights are left as they were.
        """
        self._look()
        with self.clock.running("train"):
            self._update()
        if self.step in self.marks.points:
            self._mark()

    def evaluate(self, split: Split, states: States | None = None) -> Evaluation:
        """Read a held-out text with the present weights."""
        with self.clock.running("evaluate"):
            return self.task.evaluate(self.model, split, states)

    def recordings(self, *, whole: bool) -> bytes | None:
        """The file of what was recorded; `whole`: with what the trained model alone has."""
        if self.recorder is None:
            return None
        self._look()
        with self.clock.running("record"):
            return self.recorder.content(whole=whole)

    def snapshot(self) -> Snapshot:
        """This moment, for a checkpoint."""
        facts = {
            "step": self.step,
            "curve": self.curve.dump(),
            "seconds": self.clock.seconds(),
        }
        return Snapshot(dict(self._tensors()), facts)

    def restore(self, snapshot: Snapshot) -> None:
        """Become the trainer that made the snapshot. Every tensor is copied."""
        held = snapshot.tensors
        with torch.no_grad():
            for name, weight in self.model.named_parameters():
                weight.copy_(held[f"model.{name}"])
        for i, weight in enumerate(self.parameters):
            self.optimizer.state[weight] = _below(held, f"optimizer.{i}.")
        parts = tuple(held[f"states.{i}"] for i in range(len(tensors(self.states))))
        self.states = carried(like(self.states, parts))
        self.step = snapshot.step
        self.curve = Curve(**snapshot.facts["curve"])
        self.clock = Clock(snapshot.facts["seconds"])
        if self.recorder is not None:
            dumped = _below(held, _RECORDINGS)
            self.recorder.restore({name: array.numpy() for name, array in dumped.items()})

    def _look(self) -> None:
        if self.recorder is not None:
            with self.clock.running("record"):
                self.recorder.look(self.step)

    def _recorder(self, kinds: Sequence[Kind]) -> Recorder:
        if not isinstance(self.task, LanguageModelTask) or not isinstance(
            self.model, LanguageModel
        ):
            name = self.trial.task.name
            raise TrialError(f"recordings are those of language models; got the task '{name}'")
        draws = numpy_generator(self.trial.seed, "samples")
        model, corpus = self.model, self.task.corpus
        return Recorder(kinds, model, corpus, self.steps, self.per_step, draws)

    def _update(self) -> None:
        self.optimizer.zero_grad(set_to_none=True)
        loss, states = self.task.loss(self.model, self.step, self._entering(), self._noise())
        torch.autograd.backward(loss)
        grads = optimizer.gradients(self.parameters)
        # The only wait for the device in an update.
        self.loss, norm = torch.stack((loss.detach().double(), optimizer.norm(grads))).tolist()
        for what, size in (("loss", self.loss), ("norm of the gradient", norm)):
            if not math.isfinite(size):
                raise Diverged(self.step + 1, what)
        self._descend(grads, norm)
        self.states = carried(states)
        self.curve.add(self.loss, norm)
        self.step += 1

    def _descend(self, grads: list[Tensor], norm: float) -> None:
        train = self.trial.train
        if train.clip is not None:
            optimizer.clip(grads, norm, train.clip)
        rate = train.optimizer.learning_rate * share(train.schedule, self.step, self.steps)
        optimizer.set_rate(self.optimizer, rate)
        self.optimizer.step()
        self.valid = None

    def _entering(self) -> States:
        # The states that the next segment begins with: some streams start anew.
        chance, seed = self.trial.train.reset, self.trial.seed
        draws = numpy_generator(seed, "reset", self.step).random(self.trial.train.batch)
        anew = torch.from_numpy(draws < chance)
        # Before the first update all are at their start, which may be learned.
        if self.step == 0:
            return self._start()
        return restarted(self.states, self._start(), anew) if anew.any() else self.states

    def _noise(self) -> Noise:
        seed, step = self.trial.seed, self.step
        return lambda part: torch_generator(seed, "noise", part, step)

    def _start(self) -> States:
        return self.model.start(self.trial.train.batch)

    def _mark(self) -> None:
        if self.step in self.marks.evaluations:
            self.valid = self.evaluate("valid")
        self.curve.point(self.tokens, self.valid.loss if self.valid else None)

    def _tensors(self) -> Iterator[tuple[str, Tensor]]:
        for name, weight in self.model.named_parameters():
            yield f"model.{name}", weight.detach().contiguous()
        for i, weight in enumerate(self.parameters):
            for name, value in self.optimizer.state[weight].items():
                if isinstance(value, Tensor):
                    yield f"optimizer.{i}.{name}", value.contiguous()
        for i, state in enumerate(tensors(self.states)):
            yield f"states.{i}", state
        for name, array in self.recorder.dump().items() if self.recorder else ():
            yield f"{_RECORDINGS}{name}", torch.from_numpy(array)


def _model(task: Task, trial: TrialConfig) -> Model:
    # Making a module draws from torch's global generator: that is given back as it was.
    with torch.random.fork_rng(devices=()):
        model = task.model()
    model.reset_parameters(lambda *key: torch_generator(trial.seed, "weights", *key))
    model.negate(trial.negate)
    return model.train()


def _below(held: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v.clone() for k, v in held.items() if k.startswith(prefix)}
