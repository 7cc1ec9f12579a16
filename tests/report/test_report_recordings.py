"""Recordings are read as they were written, or it is said why not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cellsearch.errors import StoreError
from cellsearch.report.data.recordings import Recordings, all_of
from cellsearch.store import read
from cellsearch.testing.journals import write_journal
from cellsearch.testing.recordings import LAGS, POINTS, add_recordings
from cellsearch.testing.simulation import Simulation


@pytest.fixture
def study(tmp_path: Path) -> Path:
    folder = write_journal(Simulation(seeds=2), tmp_path)
    return add_recordings(folder, {"base": 0.9, "variant": 0.5})


def of_base(study: Path) -> Recordings:
    return all_of(read(study))["base"][0]


def file_of(study: Path) -> Path:
    trial = next(t for t in read(study).trials if t.sidecars)
    return study / next(iter(trial.sidecars))


def test_all_is_read_as_it_was_written(study: Path) -> None:
    found = of_base(study)
    assert found.points == POINTS
    assert found.flow is not None
    np.testing.assert_allclose(found.flow.total[-1], 0.9 ** np.arange(LAGS + 1), rtol=1e-6)
    assert [g.name for g in found.gates] == ["i", "f"]
    assert [(s.name, s.low, s.high) for s in found.states] == [
        ("h", -1, 1),
        ("c", -np.inf, np.inf),
    ]
    assert [len(t.values) for t in found.units] == [len(t.target.text) for t in found.units]
    assert found.samples is not None


def test_the_lag_is_the_first_that_stays_below(study: Path) -> None:
    flow = of_base(study).flow
    assert flow is not None
    # 0.9 ** 43 = 0.0108, 0.9 ** 44 = 0.0097
    assert flow.reaches(-1) == 44
    assert flow.reaches(-1, 1e-9) is None


def test_seeds_and_variants_without_recordings_are_not_there(study: Path) -> None:
    found = all_of(read(study))
    assert {name: list(seeds) for name, seeds in found.items()} == {"base": [0], "variant": [0]}
    file_of(study).unlink()
    assert len(all_of(read(study))) == 1


def test_a_file_that_is_not_the_one_on_record_is_refused(study: Path) -> None:
    file = file_of(study)
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(StoreError, match=r"recordings/.*: got sha256 .* expected .* journal"):
        of_base(study)


@pytest.mark.parametrize("damage", ["cut", "no header", "no facts", "no array"])
def test_a_damaged_file_is_said_to_be_one(study: Path, damage: str) -> None:
    import hashlib

    from cellsearch import recorded

    file = file_of(study)
    content = file.read_bytes()
    arrays, facts = recorded.from_bytes(content)
    damaged = {
        "cut": content[:5000],
        "no header": b"not a file of tensors at all",
        "no facts": content.replace(b"cellsearch", b"cellsaerch", 1),
        "no array": recorded.to_bytes({k: arrays[k] for k in list(arrays)[:2]}, facts),
    }[damage]
    file.write_bytes(damaged)
    journal = study / "journal.jsonl"
    old, new = (hashlib.sha256(c).hexdigest() for c in (content, damaged))
    journal.write_text(journal.read_text().replace(old, new))
    with pytest.raises(StoreError, match=r"base, seed 0: damaged recordings: "):
        of_base(study)
