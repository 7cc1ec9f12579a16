"""Names of others as names of the language, and as what a message or a comment quotes."""

from __future__ import annotations

import re

from cellsearch.lang.tokens import LETTER

# So much of a name is shown.
_SHOWN = 60


def legal(name: str) -> str:
    """The name with what the language lacks replaced: `node.1` is `node_1`, `0` is `n0`."""
    clean = re.sub(f"[^{LETTER}0-9_]", "_", name)
    return clean if re.match(f"[{LETTER}]", clean) else f"n{clean}"


def shown(value: object) -> str:
    """What was found in a text of others, on one line and not too long."""
    text = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in str(value)[: _SHOWN + 1])
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
