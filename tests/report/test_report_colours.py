"""Colours that readers can tell apart: on paper light or dark, and with no red or green to see."""

from __future__ import annotations

import re
from importlib.resources import files
from itertools import combinations

import numpy as np
import pytest

from cellsearch.report.figures.drawing import ROLES

Colour = np.ndarray

_CSS = files("cellsearch.report.page").joinpath("templates/page.css").read_text(encoding="utf-8")
LIGHT, DARK, PRINT = (
    dict(re.findall(r"--([\w-]+): (#\w{6})", root))
    for root in re.findall(r":root \{(.*?)\}", _CSS, re.DOTALL)
)

# Machado, Oliveira & Fernandes 2009, severity 1.
SEEN_WITHOUT = {
    "nothing": np.eye(3),
    "red": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "green": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
}
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = XYZ.sum(axis=1)


def _linear(colour: str) -> Colour:
    srgb = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def _lab(linear: Colour) -> Colour:
    share = XYZ @ np.clip(linear, 0, 1) / WHITE
    x, y, z = np.where(share > 0.008856, np.cbrt(share), 7.787 * share + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def _contrast(one: str, two: str) -> float:
    """By WCAG 2: 1 to 21."""
    dark, bright = sorted(float(XYZ[1] @ _linear(colour)) for colour in (one, two))
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("missing", SEEN_WITHOUT)
@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_classes_can_be_told_apart(palette: dict[str, str], missing: str) -> None:
    seen = {role: _lab(SEEN_WITHOUT[missing] @ _linear(palette[role])) for role in ROLES}
    for one, two in combinations(ROLES, 2):
        # CIE 1976; 2.3 is just noticeable.
        assert np.linalg.norm(seen[one] - seen[two]) > 20, (one, two)


@pytest.mark.parametrize("palette", [LIGHT, DARK, PRINT], ids=["light", "dark", "print"])
def test_points_and_text_stand_out_from_the_paper(palette: dict[str, str]) -> None:
    for role in ROLES:
        assert _contrast(palette[role], palette["paper"]) > 3, role
    for text in ("ink", "muted", "link"):
        assert _contrast(palette[text], palette["paper"]) > 4.5, text
        assert _contrast(palette[text], palette["wash"]) > 4.5, text


def test_figures_on_paper_and_the_page_agree() -> None:
    assert {role: LIGHT[role] for role in ROLES} == ROLES
    assert {role: PRINT[role] for role in ROLES if role != "base"} == {
        role: ROLES[role] for role in ROLES if role != "base"
    }
