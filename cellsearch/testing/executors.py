"""What every executor must do. Inherit `ExecutorContract`, say how to make one, and run pytest."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from cellsearch.config import ModelConfig, TaskConfig, TrainConfig, TrialConfig
from cellsearch.errors import StoreError
from cellsearch.record import Outcome
from cellsearch.sweep.executors.base import Event, Executor, Failed, Finished, Moved, Started
from cellsearch.sweep.executors.base import WorkItem as Item
from cellsearch.testing.trainer import train

TRAINER = "cellsearch.testing.trainer:train"


def item(folder: Path, variant: str, seed: int = 0, steps: int = 10) -> Item:
    """A work item for the trainer that only counts."""
    key = f"t1:{variant}-{seed}"
    trial = TrialConfig(
        variant=variant,
        cells={"cell": "cell rnn(x; h)"},
        task=TaskConfig(),
        model=ModelConfig(),
        train=TrainConfig(tokens=steps * 4, batch=2, segment=2),
        backend="auto",
        seed=seed,
        data_sha256="",
    )
    return Item(key, trial, folder / "checkpoints" / key, folder / "weights" / key)


class ExecutorContract(ABC):
    """Tests for one executor that trains with `TRAINER`."""

    # Trials that it may have in hand at once, those that it has only drawn among them.
    in_hand: int

    @abstractmethod
    def executor(self) -> Executor:
        """A fresh one, training by `TRAINER`."""

    def test_each_item_starts_moves_and_ends_once(self, tmp_path: Path) -> None:
        items = [item(tmp_path, "fine", seed) for seed in range(5)]
        events = list(self.executor().run(items))
        keys = {i.key for i in items}
        for kind in (Started, Finished):
            assert Counter(e.key for e in events if isinstance(e, kind)) == Counter(keys)
        assert {e.key for e in events if isinstance(e, Moved)} == keys
        for key in keys:
            kinds = [type(e) for e in events if e.key == key]
            assert kinds[0] is Started
            assert kinds[-1] is Finished

    def test_outcomes_are_the_trainers(self, tmp_path: Path) -> None:
        items = [item(tmp_path, "fine", seed) for seed in range(3)]
        found = outcomes(list(self.executor().run(items)))
        for each in items:
            expected = train(each.trial)
            assert found[each.key].metrics == expected.metrics
            assert found[each.key].curves == expected.curves

    def test_weights_lie_where_they_were_asked_for(self, tmp_path: Path) -> None:
        one = item(tmp_path, "fine")
        list(self.executor().run([one]))
        assert isinstance(one.weights, Path)
        assert one.weights.stat().st_size > 0

    def test_nothing_to_do(self) -> None:
        assert list(self.executor().run([])) == []

    def test_items_are_drawn_when_needed(self, tmp_path: Path) -> None:
        drawn = ended = 0

        def plan() -> Iterator[Item]:
            nonlocal drawn
            for seed in range(6):
                drawn += 1
                yield item(tmp_path, "fine", seed)

        for event in self.executor().run(plan()):
            ended += isinstance(event, Finished)
            assert drawn <= ended + self.in_hand
        assert ended == 6

    def test_a_trial_pauses_and_goes_on(self, tmp_path: Path) -> None:
        one = item(tmp_path, "fine")
        (paused,) = outcomes(list(self.executor().run([replace(one, until=20)]))).values()
        assert (paused.status, paused.steps) == ("pruned", 5)
        events = list(self.executor().run([one]))
        first = next(e for e in events if isinstance(e, Moved))
        assert first.progress.tokens > 20
        assert outcomes(events)[one.key].metrics == train(one.trial).metrics

    def test_what_waits_for_a_result_is_drawn_after_it(self, tmp_path: Path) -> None:
        ended: list[str] = []

        def plan() -> Iterator[Item | None]:
            for seed in range(3):
                while len(ended) < seed:
                    yield None
                yield item(tmp_path, "fine", seed)

        for event in self.executor().run(plan()):
            if isinstance(event, Finished):
                ended.append(event.key)
        assert ended == [f"t1:fine-{seed}" for seed in range(3)]

    def test_a_trial_that_raises_does_not_stop_the_others(self, tmp_path: Path) -> None:
        items = [item(tmp_path, name) for name in ("raises", "fine", "diverges")]
        found = outcomes(list(self.executor().run(items)))
        status = {key: outcome.status for key, outcome in found.items()}
        assert status == dict(
            zip((i.key for i in items), ("failed", "done", "diverged"), strict=True)
        )
        error = found[items[0].key].error
        assert error is not None
        assert "one by nothing" in error.message

    def test_what_a_trial_prints_is_no_event(self, tmp_path: Path) -> None:
        events = list(self.executor().run([item(tmp_path, "prints")]))
        assert [e.outcome.status for e in events if isinstance(e, Finished)] == ["done"]

    def test_trouble_with_files_is_met_again(self, tmp_path: Path) -> None:
        events = list(self.executor().run([item(tmp_path, "hiccup")]))
        (failed,) = (e for e in events if isinstance(e, Failed))
        (finished,) = (e for e in events if isinstance(e, Finished))
        assert (failed.again, failed.attempt) == (True, 1)
        assert "input/output error" in failed.failure.message
        assert (finished.attempt, finished.outcome.status) == (2, "done")

    def test_trouble_with_files_that_stays_ends_the_run(self, tmp_path: Path) -> None:
        """It is said of no trial that it failed."""
        self.check_ends(item(tmp_path, "unreadable"), "input/output error")

    def test_a_text_that_stays_away_ends_the_run(self, tmp_path: Path) -> None:
        """It is said of no trial that it failed."""
        self.check_ends(item(tmp_path, "textless"), "the text is not here")

    def check_ends(self, given: Item, why: str) -> None:
        """An item that is tried again and again, until the run ends."""
        events: list[Event] = []
        try:
            for event in self.executor().run([given]):
                events.append(event)
        except StoreError as error:
            assert why in str(error)
        else:
            raise AssertionError(f"went unnoticed: {why}")
        assert [e.again for e in events if isinstance(e, Failed)] == [True, True]

    def test_a_full_disk_ends_the_run(self, tmp_path: Path) -> None:
        try:
            list(self.executor().run([item(tmp_path, "full")]))
        except StoreError as error:
            assert "full" in str(error)
        else:
            raise AssertionError("a full disk went unnoticed")

    def test_stop_saves_and_the_next_run_goes_on(self, tmp_path: Path) -> None:
        items = [item(tmp_path, "slow", seed, steps=20) for seed in range(3)]
        executor = self.executor()
        before = []
        for event in executor.run(items):
            before.append(event)
            if isinstance(event, Moved) and event.progress.tokens >= 12:
                executor.stop()
        assert not any(isinstance(e, Finished | Failed) for e in before)
        after = list(self.executor().run(items))
        first = {e.key: e.progress.tokens for e in reversed(after) if isinstance(e, Moved)}
        assert max(first.values()) > 12
        found = outcomes(after)
        assert {i.key: found[i.key].metrics for i in items} == {
            i.key: train(i.trial).metrics for i in items
        }

    def test_closing_the_iterator_ends_what_runs(self, tmp_path: Path) -> None:
        one = item(tmp_path, "slow", steps=1000)
        events = self.executor().run([one])
        while not isinstance(next(events), Moved):
            pass
        events.close()
        assert isinstance(one.checkpoint, Path)
        counted = one.checkpoint / "counted.json"
        state = counted.read_bytes()
        time.sleep(0.3)
        assert counted.read_bytes() == state


def outcomes(events: list[Event]) -> dict[str, Outcome]:
    """What each finished trial came to, by key."""
    return {e.key: e.outcome for e in events if isinstance(e, Finished)}
