"""Every hostile submission of the list gets its due, and leaves nothing behind."""

from __future__ import annotations

import os
import re
from typing import Any

import pytest

from grader.judge import bubblewrap
from grader.judge.launch import RunnerPool
from grader.report import as_json
from grader.report import text as as_text

from .answers import ANSWERS
from .arena import MEMORY, PROMPT, Arena, Verdict, descendants
from .endings import ENDINGS
from .intake import INTAKE
from .reaching_out import REACHING_OUT
from .resources import RESOURCES
from .submission import RIGHT, Hostile, unenforced
from .texts import TEXTS
from .wire import WIRE

HOSTILE = sorted(
    [*ENDINGS, *RESOURCES, *REACHING_OUT, *ANSWERS, *WIRE, *TEXTS], key=lambda entry: entry.number
)
#: What runs up against more than a process of its own.
REACHING = [entry for entry in REACHING_OUT if entry.needs - {"process", "rlimits", "judge"}]
OUTPUT_LIMIT = 64 << 10
#: A busy machine may be late once; a judge that does not keep its limits is late every time.
TRIES = 3


@pytest.mark.parametrize("hostile", HOSTILE, ids=str)
def test_a_hostile_submission_gets_its_due_and_leaves_nothing_behind(
    hostile: Hostile, arena: Arena, isolation: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    _contain(hostile, arena, isolation, request)


@pytest.mark.parametrize("hostile", REACHING, ids=str)
def test_no_outer_wall_is_needed_to_contain_it(
    hostile: Hostile,
    bare_pool: RunnerPool,
    arena: Arena,
    isolation: dict[str, Any],
    request: pytest.FixtureRequest,
) -> None:
    if bubblewrap.LAYER not in isolation["layers"]:
        pytest.skip("there is no outer wall here")
    arena.pool = bare_pool
    arena.running |= descendants(os.getpid())
    bare = arena.grade(RIGHT).result.isolation
    assert bubblewrap.LAYER not in bare["layers"]
    _contain(hostile, arena, bare, request)


def _contain(
    hostile: Hostile, arena: Arena, isolation: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    weak = unenforced(isolation, hostile.needs)
    if weak is not None:
        pytest.skip(f"{weak} is not enforced here")
    if "@TABLE@" in hostile.source:
        arena.marks["TABLE"] = request.getfixturevalue("public_answers")
    before = arena.snapshot()

    verdict = arena.grade(arena.fill(hostile.source), seconds=hostile.seconds, **hostile.options)

    assert verdict.result.status.value in hostile.outcome, _shown(verdict)
    assert re.search(hostile.says, verdict.report, re.DOTALL), _shown(verdict)
    assert_nothing_leaked(verdict, arena)
    assert arena.noticed(before) == []
    assert verdict.growth < MEMORY, f"the judge grew by {verdict.growth >> 20} MiB"
    assert_on_time(verdict, arena, hostile)
    if hostile.proof is not None:
        hostile.proof(verdict, arena)
        assert arena.noticed(before) == []
    assert arena.grade(RIGHT).result.status.value == "passed"


def test_the_list_of_seventy_is_complete() -> None:
    assert {entry.number for entry in [*HOSTILE, *INTAKE]} == set(range(1, 71))


def test_no_two_submissions_go_by_one_name() -> None:
    names = [str(entry) for entry in HOSTILE]
    assert len(names) == len(set(names))


def assert_nothing_leaked(verdict: Verdict, arena: Arena) -> None:
    for name, secret in arena.secrets.items():
        leaked = [text[:500] for text in verdict.texts if secret in text]
        assert not leaked, f"the {name} secret got out: {leaked}"
    assert len(verdict.result.output) <= OUTPUT_LIMIT
    assert as_text.render(verdict.result)
    assert as_json.render(verdict.result).encode()


def assert_on_time(verdict: Verdict, arena: Arena, hostile: Hostile) -> None:
    for _ in range(TRIES - 1):
        if verdict.lateness <= PROMPT:
            return
        verdict = arena.grade(verdict.source, seconds=hostile.seconds)
    assert verdict.lateness <= PROMPT, f"ended {verdict.lateness:.2f} s after the limit"


def _shown(verdict: Verdict) -> str:
    return f"{verdict.result.status}: {verdict.report[:3000]}\n{verdict.result.output[:2000]}"
