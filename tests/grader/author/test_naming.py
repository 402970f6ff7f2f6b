from __future__ import annotations

from collections.abc import Iterator

import pytest

from grader.author import naming
from grader.author.bench import Bench
from grader.author.naming import Naming, of_misconception, of_mutant, of_variant, share
from grader.judge.launch import RunnerPool
from grader.judge.library import Library

SUM = "xp.sum(share[:, None] * x, axis=0)"
#: Like `returns_the_sum` wherever the default seed looks, and nowhere else.
ONLY_THERE = "xp.sum(share[:, None] * x, axis=0) * (x.shape[0] if {} else 1)"


@pytest.fixture(scope="module")
def bench(miniature_library: Library, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with RunnerPool() as pool:
        made = Bench(miniature_library, tmp_path_factory.mktemp("tapes"), pool.start)
        yield made
        made.close()


def counted(bench: Bench, new: str) -> Naming:
    source = bench.library.text("solution").replace(SUM, new)
    return of_mutant(bench, source, bench.judge(source))


def test_a_misconceptions_own_name_is_right_and_another_is_not() -> None:
    assert of_misconception("a", ["a"]) == Naming(names=1, right=1)
    assert of_misconception("a", ["a", "b"]) == Naming(names=2, right=1)
    assert of_misconception("a", ["b"]).precision == 0
    assert of_misconception("a", []) == Naming()


def test_no_name_is_right_for_a_variant() -> None:
    assert of_variant(["a"]) == Naming(names=1)
    assert of_variant([]) == Naming()


def test_counts_add_up_and_nothing_has_no_share() -> None:
    both = Naming(2, 1, 4, 1, 3) + Naming(1, 1, 0, 0, 0)
    assert both == Naming(3, 2, 4, 1, 3)
    assert (both.precision, both.coverage) == (0.6667, 0.75)
    assert (Naming().precision, Naming().coverage) == (None, None)
    assert share(0, 3) == 0


def test_a_mutant_that_is_a_misconception_is_named_rightly(bench: Bench) -> None:
    assert counted(bench, f"{SUM} * x.shape[0]") == Naming(1, 1, 1, 1, 1)


def test_a_name_that_other_seeds_contradict_is_wrong(bench: Bench) -> None:
    seen = {float(case.fields["x"].ravel()[0]).hex() for case in bench.tape["mean_values"].cases}
    shifted = {
        float(case.fields["x"].ravel()[0] + 1).hex() for case in bench.tape["mean_values"].cases
    }
    condition = f"float(x.ravel()[0]).hex() in {sorted(seen | shifted)!r}"
    found = counted(bench, ONLY_THERE.format(condition))
    assert (found.names, found.right) == (1, 0)
    assert found.precision == 0


def test_a_wrong_number_without_a_name_may_have_a_pattern(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(naming, "find_patterns", lambda check, evidence: ["a pattern"])
    assert counted(bench, f"{SUM} * 3") == Naming(comparable=1, explained=1)
    monkeypatch.setattr(naming, "find_patterns", lambda check, evidence: [])
    assert counted(bench, f"{SUM} * 3") == Naming(comparable=1)


def test_a_known_pattern_is_found(bench: Bench) -> None:
    assert counted(bench, f"-{SUM}").explained == 1


def test_patterns_are_looked_for_only_where_no_name_is(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(naming, "find_patterns", forbidden)
    assert counted(bench, f"{SUM} * x.shape[0]").recognised == 1


def test_an_exception_is_not_counted(bench: Bench) -> None:
    assert counted(bench, "None.sum()") == Naming()
