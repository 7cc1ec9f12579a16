"""Recipes that NAS-Bench-NLP has published, with what it says of each."""

import json
from pathlib import Path

import pytest

PUBLISHED = json.loads((Path(__file__).parent / "nas_bench_nlp_samples.json").read_text("utf-8"))


def pytest_generate_tests(metafunc):
    if "sample" in metafunc.fixturenames:
        metafunc.parametrize("sample", PUBLISHED["samples"].values(), ids=PUBLISHED["samples"])


@pytest.fixture(scope="session")
def published():
    return PUBLISHED
