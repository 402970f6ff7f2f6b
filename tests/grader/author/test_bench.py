from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.author.bench import Bench
from grader.judge.launch import RunnerPool
from grader.judge.library import Library
from grader.judge.observe import Outcome
from grader.judge.replay import Replay
from grader.judge.tape import TapeCase
from grader.result import Status
from grader.spec.checks import Check

SUM = "xp.sum(share[:, None] * x, axis=0)"


@pytest.fixture(scope="module")
def bench(miniature_library: Library, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with RunnerPool() as pool:
        made = Bench(miniature_library, tmp_path_factory.mktemp("tapes"), pool.start)
        yield made
        made.close()


def changed(bench: Bench, old: str, new: str) -> str:
    text = bench.library.text("solution")
    assert old in text
    return text.replace(old, new)


def composed(bench: Bench, name: str) -> str:
    (entry,) = (entry for entry in bench.library.misconceptions if entry.name == name)
    return bench.library.source(entry)


def test_the_reference_passes_and_is_not_named(bench: Bench) -> None:
    judged = bench.judge(bench.library.text("solution"))
    assert (judged.status, judged.failed, judged.comparable) == (Status.PASSED, (), False)
    assert bench.named(judged) == {}


def test_every_misconception_is_named_for_its_check(bench: Bench) -> None:
    for entry in bench.library.misconceptions:
        judged = bench.judge(bench.library.source(entry))
        assert judged.status is Status.FAILED and judged.comparable
        assert {named.name for named in bench.named(judged).values()} == {entry.name}
        assert entry.caught_by in bench.named(judged)


def test_names_are_those_of_the_report(bench: Bench, tmp_path: Path) -> None:
    from grader.author.law import Trial

    for entry in bench.library.misconceptions:
        source = bench.library.source(entry)
        result = Trial(bench.library, tmp_path).grade(source)
        named = bench.named(bench.judge(source))
        assert {name: found.name for name, found in named.items()} == {
            check.name: check.misconception for check in result.checks if check.misconception
        }


def test_an_exception_is_nothing_to_compare(bench: Bench) -> None:
    judged = bench.judge(changed(bench, SUM, "None.sum()"))
    assert judged.status is Status.FAILED and judged.failed
    assert not judged.comparable


def test_a_wrong_number_is_something_to_compare(bench: Bench) -> None:
    judged = bench.judge(changed(bench, SUM, f"{SUM} + 1"))
    assert judged.failed == ("mean_values",)
    assert judged.comparable


def test_what_does_not_load_has_failed_no_check(bench: Bench) -> None:
    judged = bench.judge("1 / 0\n")
    assert (judged.status, judged.failed, judged.comparable) == (Status.FAILED, (), False)


def test_equal_answers_agree_on_other_seeds_and_unequal_ones_do_not(bench: Bench) -> None:
    (entry,) = (e for e in bench.library.misconceptions if e.name == "returns_the_sum")
    claims = {"mean_values": entry}
    other = bench.at(1)
    assert other.agree(bench.library.source(entry), claims)
    assert not other.agree(changed(bench, SUM, f"{SUM} + 1"), claims)
    assert not other.agree("1 / 0\n", claims)


def test_benches_of_other_seeds_have_other_inputs_and_are_kept(bench: Bench) -> None:
    mine, other = bench.tape["mean_values"].cases[0], bench.at(2).tape["mean_values"].cases[0]
    assert (
        mine.fields["x"].shape != other.fields["x"].shape
        or (mine.fields["x"] != other.fields["x"]).any()
    )
    assert bench.at(2) is bench.at(2)


def test_a_misconception_runs_once_per_case(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    judged = bench.judge(changed(bench, SUM, f"{SUM} + 2"))
    bench.candidates(judged)

    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("it was run again")

    monkeypatch.setattr("grader.judge.diagnose.observe", forbidden)
    bench.candidates(judged)
    bench.candidates(bench.judge(changed(bench, SUM, f"{SUM} + 3")))


def test_accepting_says_what_judging_says_and_stops_at_the_first_wrong_answer(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    outcome = Replay.outcome

    def counted(self: Replay, check: Check, case: TapeCase) -> Outcome:
        calls.append(check.name)
        return outcome(self, check, case)

    monkeypatch.setattr(Replay, "outcome", counted)
    wrong = changed(bench, SUM, f"2 * {SUM}")
    first = bench.library.checks[0].name
    assert bench.accepts(bench.library.text("solution"))
    assert set(calls) == {check.name for check in bench.library.checks}
    calls.clear()
    assert not bench.accepts(wrong)
    assert calls == [first]
    assert not bench.accepts("raise ValueError")
    assert bench.judge(wrong).status is Status.FAILED
    assert len(calls) > 2
