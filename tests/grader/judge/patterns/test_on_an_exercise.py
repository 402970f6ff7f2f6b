"""The misconceptions of one exercise, as if nobody had named them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.catalog import Catalog
from grader.judge.library import Library
from grader.judge.local_runner import LocalRunner
from grader.judge.observe import observe
from grader.judge.patterns import find_patterns
from grader.judge.submitted import Submitted
from grader.judge.tape import load_or_build


@pytest.fixture(scope="module")
def library(catalog: Catalog) -> Library:
    return Library(catalog.find("7"))


def patterns(library: Library, cache: Path, source: str) -> Iterator[tuple[str, str, str]]:
    tape = load_or_build(library, 0, cache)
    runner = LocalRunner()
    runner.ask({"op": "load", "source": source.encode(), "module": "patterned"})
    for check in library.checks:
        found: list[Any] = [
            (case, observe(check, Submitted(runner, case.transcript), case.fields))
            for case in tape[check.name].cases
        ]
        for pattern in find_patterns(check, found):
            yield check.name, pattern.kind, pattern.statement
    runner.close()


@pytest.mark.parametrize(
    ("misconception", "check", "kind", "words"),
    [
        ("leaves_out_the_bias", "affine_forward_values", "input_difference", "is −b repeated"),
        (
            "averages_parameter_gradients_again",
            "affine_backward_gradients",
            "factor",
            "Your gradients for w and b are 1/N times the expected values in all 5 cases",
        ),
        (
            "overwrites_the_bias_gradient",
            "affine_backward_gradients",
            "part_of_input",
            "the last slice of the input dout along axis 0",
        ),
        (
            "takes_the_absolute_value",
            "relu_forward_values",
            "confined",
            "differs only where x is negative, in every entry there,",
        ),
        (
            "ignores_the_incoming_gradient",
            "relu_backward_gradients",
            "input_factor",
            "times dout, entry by entry, is the expected value",
        ),
    ],
)
def test_a_misconception_is_described(
    library: Library, cache: Path, misconception: str, check: str, kind: str, words: str
) -> None:
    entry = next(e for e in library.misconceptions if e.name == misconception)
    found = [p for p in patterns(library, cache, library.source(entry)) if p[0] == check]
    assert [entry[1] for entry in found] == [kind]
    assert words in found[0][2]


def test_the_reference_has_no_pattern(library: Library, cache: Path) -> None:
    assert list(patterns(library, cache, library.text("solution"))) == []
