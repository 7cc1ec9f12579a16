"""Simulated journals are journals, and hold the truth that they were given."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cellsearch.report.data import frames
from cellsearch.report.verdicts.samples import samples as samples_on_record
from cellsearch.store import read
from cellsearch.testing.draws import draw, samples
from cellsearch.testing.journals import write_journal
from cellsearch.testing.simulation import Arm, Simulation


@pytest.fixture
def simulation() -> Simulation:
    arms = (
        Arm("base"),
        Arm("mixed", effect=0.1, diverged=(1,), failed=(2,), waiting=(3,)),
        Arm("unmeasured", speed=None),
    )
    return Simulation(arms=arms, seeds=4, looks=(6,), key=2)


def test_same_key_same_bytes(simulation: Simulation, tmp_path: Path) -> None:
    one, two = (write_journal(simulation, tmp_path / name) for name in ("one", "two"))
    assert (one / "journal.jsonl").read_bytes() == (two / "journal.jsonl").read_bytes()


def test_what_was_given_is_what_is_read(simulation: Simulation, tmp_path: Path) -> None:
    journal = read(write_journal(simulation, tmp_path))
    assert (journal.seeds, journal.looks, journal.problems) == (6, 2, ())
    assert [bench.variant for bench in journal.benches] == ["base", "mixed"]
    trials = frames.trials(journal).set_index(["variant", "seed"])
    statuses = trials.loc["mixed"]["status"].tolist()
    assert statuses == ["done", "diverged", "failed", "missing", "done", "done"]
    losses = draw(simulation, 6).losses
    assert trials.loc["base"]["test_loss"].tolist() == losses[0].tolist()


def test_the_true_effect_is_the_mean_difference() -> None:
    arms = (Arm("base"), Arm("variant", effect=0.1))
    losses = draw(Simulation(arms=arms, noise=0.01, blocks=1), 10_000).losses
    assert np.mean(losses[1] - losses[0]) == pytest.approx(0.1, abs=5 * 0.0316 * 2**0.5 / 100)


def test_blocks_average_to_the_test_loss(simulation: Simulation, tmp_path: Path) -> None:
    journal = read(write_journal(simulation, tmp_path))
    blocks, trials = frames.blocks(journal), frames.trials(journal)
    done = trials[trials["status"] == "done"].set_index(["variant", "seed"])
    assert blocks.shape == (len(done), 100)
    assert blocks.mean(axis=1).tolist() == pytest.approx(done["test_loss"].tolist())


def test_the_short_way_to_samples_is_that_of_the_journal(tmp_path: Path) -> None:
    """Error rates are measured without writing journals."""
    arms = (Arm("base"), Arm("lossy", worst=0.3), Arm("far", straggling=0.3, text=0.01))
    simulation = Simulation(arms=arms, seeds=6, key=5)
    short, recorded = (
        samples(simulation),
        samples_on_record(read(write_journal(simulation, tmp_path))),
    )
    assert short["lossy"].diverged
    for name, sample in short.items():
        assert (sample.losses, sample.diverged) == (recorded[name].losses, recorded[name].diverged)
        for seed, blocks in sample.blocks.items():
            assert blocks.tolist() == recorded[name].blocks[seed].tolist()


def test_more_seeds_begin_with_the_same_ones() -> None:
    simulation = Simulation(arms=(Arm("base"), Arm("v", worst=0.2)), blocks=3)
    few, many = draw(simulation, 4), draw(simulation, 9)
    assert many.diverged[:, :4].tolist() == few.diverged.tolist()
