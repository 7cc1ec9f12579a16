"""Numbers and verdicts in plain words: one source for page, Markdown, tables and terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cellsearch.report.statistics import Interval, percent
from cellsearch.report.statistics.power import MOST_SEEDS, Settle
from cellsearch.report.verdicts.findings import Class, Estimate, Findings, Rules, Verdict

MISSING = "–"
MINUS = "−"


def change(effect: float | None) -> str:
    """A difference of losses as a signed change of perplexity: `+1.83%`."""
    if effect is None:
        return MISSING
    value = percent(effect)
    if value > 1000:
        return "over +1000%"
    if abs(value) < 0.005:
        return f"{value:+.4f}%".replace("-", MINUS) if abs(value) >= 5e-5 else "0.00%"
    text = f"{value:+.1f}" if abs(value) >= 10 else f"{value:+.2f}"
    return text.replace("-", MINUS) + "%"


def size(effect: float | None) -> str:
    """A change of perplexity without its sign."""
    return change(effect).replace("+", "").replace(MINUS, "")


def interval(low_high: Interval | None) -> str:
    """An interval as changes of perplexity: `−0.40% to +1.20%`."""
    return MISSING if low_high is None else f"{change(low_high.low)} to {change(low_high.high)}"


def share(low_high: Interval) -> str:
    """An interval of a proportion: `23% to 88%`."""
    return f"{100 * low_high.low:.0f}% to {100 * low_high.high:.0f}%"


def p_value(p: float | None) -> str:
    """A p-value, never as zero."""
    if p is None:
        return MISSING
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def p_equals(p: float) -> str:
    """`p = 0.031`, `p < 0.001`."""
    return f"p = {p_value(p)}".replace("= <", "<")


def whole(number: float | None) -> str:
    """A count with separators: `66,048`."""
    return MISSING if number is None else f"{number:,.0f}"


def decimal(number: float | None, places: int = 2) -> str:
    """A number with a fixed count of decimals."""
    if number is None:
        return MISSING
    return f"{number:,.{places}f}".replace("-", MINUS)


def significant(number: float | None, digits: int = 3) -> str:
    """A number with so many digits that count."""
    if number is None:
        return MISSING
    if number == 0 or not math.isfinite(number):
        return f"{number:g}"
    if abs(number) < 1e-4:
        return "< 0.0001"
    places = max(0, digits - 1 - math.floor(math.log10(abs(number))))
    return decimal(number, places)


def estimated(verdict: Verdict) -> str:
    """The change; in [brackets] where it does not stand for all seeds."""
    if verdict.estimate is None:
        return MISSING
    shown = change(verdict.estimate.mean)
    return shown if verdict.whole else f"[{shown}]"


def seeds(verdict: Verdict) -> str:
    """How many seeds the numbers are of: `5`, or `4 of 5` where some are missing.

    Those of a change are pairs, which lack what the base lacks.
    """
    found, planned = verdict.estimate, verdict.sample.planned
    number = verdict.sample.finished
    if found is not None and not found.survivors:
        number = len(found.seeds)
    return f"{number} of {planned}" if number < planned else f"{number}"


def settle(found: Settle | None) -> str:
    """The seeds that would settle an inconclusive variant."""
    if found is None:
        return MISSING
    total = f"over {MOST_SEEDS:,}" if found.seeds is None else f"{found.seeds:,}"
    return f"{total} (as {found.as_what})"


def count(number: int, noun: str) -> str:
    """`1 seed`, `2 seeds`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def key(path: str) -> str:
    """A tuned key without the section of the sweep file that it stands in: `dropout.output`."""
    return path.partition(".")[2] or path


def listed(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def label(verdict: Verdict) -> str:
    """The class; an unstable one with its count of seeds that diverged or straggled."""
    if verdict.kind is not Class.UNSTABLE:
        return str(verdict.kind)
    if far := stragglers(verdict):
        return f"{verdict.kind} {len(far)}/{len(_estimate(verdict).seeds)}"
    return f"{verdict.kind} {len(verdict.sample.diverged)}/{verdict.sample.finished}"


def stragglers(verdict: Verdict) -> tuple[int, ...]:
    """The seeds for which a variant is called unstable though none diverged."""
    unstable = verdict.kind is Class.UNSTABLE and not verdict.sample.diverged
    return _estimate(verdict).stragglers if unstable else ()


def sentence(verdict: Verdict, findings: Findings) -> str:
    """What the class means for this variant, in one plain sentence or two."""
    sample = verdict.sample
    said = [] if findings.alone else [_SENTENCES[verdict.kind](verdict, findings.rules)]
    if sample.diverged and verdict.kind not in (Class.BASE, Class.UNSTABLE):
        said.append(f"{len(sample.diverged)} of {sample.finished} seeds diverged.")
    if sample.missing:
        said.append(f"{count(sample.missing, 'seed')} of {sample.planned} without a result.")
    return " ".join(said)


def _base(verdict: Verdict, rules: Rules) -> str:
    diverged = len(verdict.sample.diverged)
    if diverged:
        return f"The base diverged on {diverged} of {verdict.sample.finished} seeds: no verdicts."
    return "What the others are compared with."


def _identical(verdict: Verdict, rules: Rules) -> str:
    return f"The same cell as {verdict.variant.identical_to}, written anew."


def _mirror(verdict: Verdict, rules: Rules) -> str:
    law = f"Same law of training as {verdict.variant.mirror_of}"
    return f"{law} (proved): any difference should be chance{_twin(verdict)}."


def _placebo(verdict: Verdict, rules: Rules) -> str:
    return f"Declared to change nothing: any difference should be chance{_twin(verdict)}."


def _twin(verdict: Verdict) -> str:
    """How likely chance alone is to part it so far from its twin."""
    return "" if verdict.twin_p is None else f" ({p_equals(verdict.twin_p)})"


def _unstable(verdict: Verdict, rules: Rules) -> str:
    found, far = verdict.stability, stragglers(verdict)
    assert found is not None
    if far:
        others = count(len(_estimate(verdict).seeds) - len(far), "other")
        ended = f"Against the base, {seed_names(far)} ended further off than the {others} allow."
        return f"{ended} A mean says little of such a law, and is not tested."
    said = f"{found.diverged} of {found.of} seeds diverged (95%: {share(found.interval)})."
    lucky = " The survivors are the lucky ones and are not tested."
    return said + (lucky if found.diverged < found.of else "")


def seed_names(seeds: Sequence[int]) -> str:
    """`seed 3`, `seeds 1 and 4`."""
    return f"seed{'s' if len(seeds) > 1 else ''} {listed([str(s) for s in seeds])}"


def _better(verdict: Verdict, rules: Rules) -> str:
    return f"Lower perplexity than the base by {_size(verdict)}{_small(verdict, rules)}."


def _worse(verdict: Verdict, rules: Rules) -> str:
    return f"Higher perplexity than the base by {_size(verdict)}{_small(verdict, rules)}."


def within(verdict: Verdict, rules: Rules) -> bool:
    """Whether the change is shown to be within the margin, whatever else it is shown to be."""
    return verdict.adjusted is not None and verdict.adjusted.equivalence <= rules.alpha


def _small(verdict: Verdict, rules: Rules) -> str:
    """A difference can be real and still too small to matter; then both are said."""
    small = f"; real, but shown to be within the margin of {_margin(rules)}"
    return small if within(verdict, rules) else ""


def _equivalent(verdict: Verdict, rules: Rules) -> str:
    return f"Within {_margin(rules)} of the base, either way."


def _not_worse(verdict: Verdict, rules: Rules) -> str:
    return f"At most {_margin(rules)} worse than the base; it may be as good, or better."


def _inconclusive(verdict: Verdict, rules: Rules) -> str:
    said = f"{count(len(_estimate(verdict).seeds), 'seed')} cannot tell."
    if verdict.settle is None or verdict.settle.seeds is None:
        return f"{said} Nor would {MOST_SEEDS:,} in 80 of 100 studies, if the estimates hold."
    return (
        f"{said} About {verdict.settle.seeds:,} would, in 80 of 100 studies, if the estimates hold."
    )


def _none(verdict: Verdict, rules: Rules) -> str:
    return f"{verdict.reason[:1].upper()}{verdict.reason[1:]}."


def _margin(rules: Rules) -> str:
    return f"{percent(rules.margin):.3g}%"


def _size(verdict: Verdict) -> str:
    return size(_estimate(verdict).mean)


def _estimate(verdict: Verdict) -> Estimate:
    assert verdict.estimate is not None
    return verdict.estimate


_SENTENCES = {
    Class.BASE: _base,
    Class.IDENTICAL: _identical,
    Class.MIRROR: _mirror,
    Class.PLACEBO: _placebo,
    Class.UNSTABLE: _unstable,
    Class.BETTER: _better,
    Class.WORSE: _worse,
    Class.EQUIVALENT: _equivalent,
    Class.NOT_WORSE: _not_worse,
    Class.INCONCLUSIVE: _inconclusive,
    Class.NONE: _none,
}
