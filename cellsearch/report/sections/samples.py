"""Samples: what every variant writes after the same prompt, and how varied it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from cellsearch.report.document import Block, Code, Column, Fold, Heading, Paragraph, Table
from cellsearch.report.figures import inside

if TYPE_CHECKING:
    from cellsearch.recorded import Sample, SamplesFacts
    from cellsearch.report.data.recordings import Recordings
    from cellsearch.report.figures.inside import Rows, Shown
    from cellsearch.report.verdicts.findings import Findings

TITLE = "Samples"
ABOUT = "what every variant writes after the same words, and how varied it is"
ORDER = 56


class Info(NamedTuple):
    """Those that wrote something, and how varied it is, of every variant and seed."""

    lines: tuple[Shown, ...]
    diversity: pd.DataFrame


def info(findings: Findings) -> Info:
    """From the recordings."""
    lines = tuple(line for line in inside.shown(findings) if line.found.samples)
    return Info(lines, inside.frame(findings, _rows))


def draw(info: Info) -> Sequence[Block]:
    """Diversity in a table, then the texts of each variant."""
    if not info.lines:
        return []
    texts = [Fold(f"What {line.name} writes", _texts(_samples(line))) for line in info.lines]
    return [Paragraph(f"{_ABOUT} Shown: {inside.of_seeds(info.lines)}."), _table(info), *texts]


_ABOUT = (
    "Texts after a prompt from the validation text, with the final weights. Distinct 4-grams (Li "
    "et al. 2016) are a share of all; repeated is what stands in a run of 16 that stood before, as "
    "where a model goes round in circles. Both are best near those of the text itself. One text "
    "each is an impression and no test: the verdicts rest on perplexity alone."
)


def _samples(line: Shown) -> SamplesFacts:
    assert line.found.samples is not None
    return line.found.samples


def _each(facts: SamplesFacts) -> Iterator[tuple[str, Sample]]:
    """Each text that was written, with how it was chosen; last, the text itself."""
    for sample in facts.samples:
        warm = sample.temperature is not None
        yield f"temperature {sample.temperature:g}" if warm else "most probable", sample
    yield "the text itself", facts.held_out


def _rows(found: Recordings) -> Rows:
    if found.samples is None:
        return
    for chosen, sample in _each(found.samples):
        yield {
            "chosen": chosen,
            "temperature": sample.temperature,
            "distinct_4_grams": sample.distinct,
            "repeated": sample.repeated,
            "text": sample.text,
        }


def _table(info: Info) -> Table:
    first = _samples(info.lines[0])
    ways = [name for name, _ in _each(first)][:-1]
    return Table(
        name="samples",
        caption="How varied the texts are: distinct 4-grams, and what is repeated",
        columns=[
            Column("Variant", numeric=False),
            *(Column(way.capitalize(), "distinct") for way in ways),
            *(Column(way.capitalize(), "repeated") for way in ways),
        ],
        rows=[
            *(_cells(line.name, _samples(line).samples) for line in info.lines),
            _cells("the text itself", [first.held_out] * len(ways)),
        ],
        data=info.diversity,
    )


def _cells(name: str, samples: Sequence[Sample]) -> list[str]:
    distinct = [inside.percent(sample.distinct) for sample in samples]
    return [name, *distinct, *(inside.percent(sample.repeated) for sample in samples)]


def _texts(facts: SamplesFacts) -> list[Block]:
    blocks: list[Block] = [Paragraph("The prompt:"), Code(facts.prompt, "sample")]
    for chosen, sample in _each(facts):
        blocks += [Heading(f"{chosen.capitalize()}: {_said(sample)}"), Code(sample.text, "sample")]
    return blocks


def _said(sample: Sample) -> str:
    return f"{inside.percent(sample.distinct)} distinct, {inside.percent(sample.repeated)} repeated"
