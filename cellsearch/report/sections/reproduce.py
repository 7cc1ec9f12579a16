"""How to do it again: commands, plan, versions, place, text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import yaml

from cellsearch.report.document import Block, Code, Facts, Fold, Paragraph
from cellsearch.report.sections.summary.conditions import backends
from cellsearch.report.sections.summary.found import best
from cellsearch.report.verdicts.findings import Findings

if TYPE_CHECKING:
    from cellsearch.record import Where
    from cellsearch.store import Journal

TITLE = "How to reproduce"
ABOUT = "commands, plan, versions, machine"
ORDER = 80


class Info(NamedTuple):
    """The study's name, commands, the plan as a sweep file, and facts about what ran and where."""

    name: str
    commands: str
    spec: str
    facts: tuple[tuple[str, str], ...]


def info(findings: Findings) -> Info:
    """From the journal alone."""
    journal = findings.journal
    name = journal.study.spec.name
    return Info(name, _commands(journal), _spec(journal), tuple(_facts(findings)))


def draw(info: Info) -> Sequence[Block]:
    """Commands first."""
    return [
        Paragraph(
            f"Save the plan below as {info.name}.yaml. The commands train and measure it again, "
            "and write this report from what they put on record. The same versions on the same "
            "kind of machine give the same losses; measured times differ."
        ),
        Code(info.commands, "sh"),
        Facts(info.facts),
        Fold("The plan as a sweep file", [Code(info.spec, "yaml")]),
    ]


def _commands(journal: Journal) -> str:
    name = journal.study.spec.name
    added = [_added(journal, k) for k in range(1, len(journal.planned))]
    return "\n".join(
        [
            f"cellsearch sweep {name}.yaml --results results/{name}",
            *added,
            f"cellsearch report results/{name} --out reports/{name}",
        ]
    )


def _added(journal: Journal, k: int) -> str:
    """How seeds were added the k-th time; first of all to a tuning, of all variants or its best."""
    folder, seeds = f"results/{journal.study.spec.name}", journal.planned[k]
    if journal.planned[k - 1] == 0 and len(journal.variants) < len(journal.study.variants):
        return f"cellsearch confirm {folder} --top {len(best(journal))} --seeds {seeds}"
    return f"cellsearch resume {folder} --set seeds={seeds}"


def _spec(journal: Journal) -> str:
    plan = journal.study.spec.model_dump(mode="json", by_alias=True)
    return yaml.safe_dump(plan, sort_keys=False, allow_unicode=True, width=90)


def _facts(findings: Findings) -> list[tuple[str, str]]:
    journal = findings.journal
    places = [journal.study.where]
    places += [t.outcome.where for t in journal.trials if t.outcome.where is not None]
    places += [bench.where for bench in journal.benches]
    study = journal.study
    return [
        ("Versions", _versions(places)),
        ("Commit", _joined(place.git_commit or "unknown" for place in places)),
        ("Host", _joined(place.host for place in places)),
        ("Device", _joined(place.device for place in places)),
        ("Threads", _joined(str(place.threads) for place in places)),
        ("Backend", backends(findings)),
        ("Text", f"sha256 {study.data_sha256}"),
        ("Plan", study.study_key),
        *([("Begun", study.time)] if study.time else []),
    ]


def _versions(places: Sequence[Where]) -> str:
    found: dict[str, set[str]] = {}
    for place in places:
        for name, version in place.versions.items():
            found.setdefault(name, set()).add(version)
    return ", ".join(f"{name} {' and '.join(sorted(found[name]))}" for name in sorted(found))


def _joined(values: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(values))
