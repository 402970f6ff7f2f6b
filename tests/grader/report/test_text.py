"""The report for people: its words, its width, and nothing in it that a submission could abuse."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import Any

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.report.text import MARKS, WIDTH, render
from grader.result import CheckResult, Diagnosis, Pattern, Result, Status

FORWARD = CheckResult("forward", "affine_forward adds the bias", Status.PASSED, 4, 4)
BACKWARD = CheckResult("backward", "affine_backward is the gradient", Status.PASSED, 6, 6)
WRONG = replace(
    BACKWARD,
    status=Status.FAILED,
    score=0,
    message="The gradient for w is wrong. At index [0, 1] yours is 2; expected 4.",
    expected="4",
    actual="2",
    counterexample="import numpy as np\nx = np.ones((1, 2))\naffine_backward(x)",
    misconception="averages_over_the_batch",
    line=12,
    hint="affine_backward",
)
AVERAGES = Diagnosis(
    "averages_over_the_batch",
    "averages over the batch",
    "It divides by N. It looks right because the loss is a mean.",
    "a forum",
    ("backward",),
)


def result(status: Status = Status.PASSED, **changes: Any) -> Result:
    made = Result(
        exercise="exercise-07",
        title="Backpropagation",
        status=status,
        score=10,
        max_score=10,
        checks=(FORWARD, BACKWARD),
        isolation={"level": "basic", "layers": [], "missing": []},
        duration_s=0.251,
        file="exercise_07_backprop/backprop.py",
    )
    return replace(made, **changes)


def failed(**changes: Any) -> Result:
    settings = {"score": 4, "checks": (FORWARD, WRONG), "misconceptions": (AVERAGES,)}
    return result(Status.FAILED, **(settings | changes))


def text_of(made: Result) -> str:
    return click.unstyle(render(made))


def lines_of(made: Result) -> list[str]:
    return text_of(made).splitlines()


# Words


def test_a_pass_is_short() -> None:
    assert lines_of(result()) == [
        "✓ exercise-07 · Backpropagation: passed",
        "  10/10 points, 2 of 2 checks",
        "",
        f"  ✓ {FORWARD.title:<70} 4/4",
        f"  ✓ {BACKWARD.title:<70} 6/6",
        "",
        "  0.25 s, seed 0",
    ]


def test_a_failure_shows_the_counterexample_the_values_and_the_cause() -> None:
    lines = lines_of(failed())
    assert lines[:2] == [
        "✗ exercise-07 · Backpropagation: not passed yet",
        "  4/10 points, 1 of 2 checks are right already",
    ]
    assert lines[lines.index("affine_backward is the gradient") :] == [
        "affine_backward is the gradient",
        "  The smallest input found that shows it:",
        "",
        "    import numpy as np",
        "    x = np.ones((1, 2))",
        "    affine_backward(x)",
        "",
        "  The gradient for w is wrong. At index [0, 1] yours is 2; expected 4.",
        "",
        "    expected  4",
        "    yours     2",
        "",
        "  Consistent with this misconception: averages over the batch",
        "  It divides by N. It looks right because the loss is a mean.",
        "",
        "  Look at: line 12 of backprop.py",
        "  Next: grade hint 07 affine_backward",
        "",
        "  0.25 s, seed 0",
    ]


def test_a_failure_claims_no_more_than_is_known() -> None:
    bare = replace(WRONG, counterexample=None, misconception=None, expected=None, hint=None)
    text = text_of(failed(checks=(FORWARD, bare), misconceptions=()))
    for absent in ("smallest input", "misconception", "expected  ", "yours   ", "Next:"):
        assert absent in text_of(failed())
        assert absent not in text
    assert "The gradient for w is wrong." in text


HALVED = Pattern("factor", "Yours is half of what is expected.", "A ½ too many.", ("backward",))


def test_a_pattern_stands_where_no_misconception_is_known() -> None:
    unnamed = replace(WRONG, misconception=None)
    other = replace(unnamed, name="other", title="the other one", message="Bad. Very bad.")
    made = failed(checks=(unnamed, other), misconceptions=(), patterns=(HALVED,))
    lines = lines_of(made)
    at = lines.index("  Yours is half of what is expected.")
    assert lines[at + 1 : at + 4] == ["  A ½ too many.", "", "  Look at: line 12 of backprop.py"]
    assert lines[lines.index("the other one") + 1] == "  Bad."
    both = replace(HALVED, checks=("backward", "other"))
    lines = lines_of(replace(made, patterns=(both,)))
    assert lines[lines.index("the other one") + 1] == "  Bad. Yours is half of what is expected."


def test_patterns_of_one_kind_share_their_explanation() -> None:
    unnamed = replace(WRONG, misconception=None)
    other = replace(HALVED, statement="Yours is a third of what is expected.")
    made = failed(checks=(unnamed,), misconceptions=(), patterns=(HALVED, other))
    lines = lines_of(made)
    at = lines.index("  Yours is half of what is expected.")
    assert lines[at + 1 : at + 3] == [
        "  Yours is a third of what is expected.",
        "  A ½ too many.",
    ]
    assert text_of(made).count("A ½ too many.") == 1


def test_what_is_known_of_a_skipped_check_is_told() -> None:
    needs = "Skipped: it needs “affine_forward adds the bias”."
    waits = replace(BACKWARD, status=Status.SKIPPED, score=0, message=needs)
    wrong = replace(WRONG, name="forward", title=FORWARD.title)
    assert "Skipped" not in text_of(failed(checks=(wrong, waits)))
    known = replace(waits, message=f"{needs} The gradient for x fits your own forward.")
    lines = lines_of(failed(checks=(wrong, known)))
    at = lines.index(BACKWARD.title)
    assert " ".join(lines[at + 1 : at + 3]).split() == known.message.split()


def test_a_line_that_the_message_names_is_not_named_twice() -> None:
    raised = replace(WRONG, message="It raised ValueError: no. See line 12, in affine_backward.")
    text = text_of(failed(checks=(FORWARD, raised)))
    assert "Look at" not in text and text.count("line 12") == 1


def test_only_the_first_failure_is_shown_in_full() -> None:
    second = replace(WRONG, name="second", title="the second is right", message="Bad. Very bad.")
    text = text_of(failed(checks=(WRONG, second)))
    assert text.count("smallest input") == 1
    short = text[text.rindex("the second is right") :].splitlines()
    assert short[1] == "  Bad. Consistent with: averages over the batch."


def test_the_first_cause_is_explained_also_where_another_failure_comes_first() -> None:
    unexplained = replace(WRONG, name="forward", misconception=None)
    text = text_of(failed(checks=(unexplained, WRONG)))
    assert text.count("It divides by N. It looks right because the loss is a mean.") == 1
    assert text.index(AVERAGES.explanation[:16]) > text.rindex(WRONG.title)
    twice = text_of(failed(checks=(unexplained, WRONG, replace(WRONG, title="another"))))
    assert twice.count("It divides by N.") == 1


def test_calls_made_again_are_not_called_the_smallest_input() -> None:
    again = replace(WRONG, message="f gave another answer when the same calls were made again.")
    text = text_of(failed(checks=(FORWARD, again)))
    assert "  The calls that were made again:" in text.splitlines()
    assert "smallest input" not in text


def test_nothing_attempted_says_where_to_begin() -> None:
    blank = tuple(replace(check, status=Status.NOT_ATTEMPTED, score=0) for check in (FORWARD,))
    made = result(
        Status.NOT_ATTEMPTED, score=0, checks=blank, message="Nothing is written yet.", seed=3
    )
    assert lines_of(made) == [
        "○ exercise-07 · Backpropagation: not attempted",
        "  0/10 points, 0 of 1 checks",
        "",
        "Nothing is written yet.",
        "",
        "Open exercise_07_backprop/backprop.py",
        "Read the README.md beside it; `grade hint 07` helps.",
    ]


def test_without_a_file_nothing_attempted_lists_the_checks() -> None:
    blank = replace(FORWARD, status=Status.NOT_ATTEMPTED, score=0)
    lines = lines_of(result(Status.NOT_ATTEMPTED, score=0, checks=(blank,), file=None))
    assert f"  ○ {FORWARD.title:<70} 0/4" in lines
    assert not [line for line in lines if line.startswith("Open")]


def test_a_special_case_is_shown_in_full_and_not_called_the_smallest() -> None:
    named = replace(WRONG, message="out is wrong. In the case “one row”.")
    text = text_of(failed(checks=(named,)))
    assert "  The case in full:" in text
    assert "smallest" not in text


@pytest.mark.parametrize("absent", ["expected", "actual"])
def test_values_are_shown_in_pairs(absent: str) -> None:
    text = text_of(failed(checks=(replace(WRONG, **{absent: None}),)))
    assert "    expected" not in text
    assert "    yours" not in text


def test_a_crash_says_what_happened() -> None:
    message = "Loading backprop.py ended your program: it was ended by SIGSEGV."
    skipped = replace(FORWARD, status=Status.SKIPPED, score=0)
    made = result(Status.CRASHED, score=0, checks=(skipped,), message=message)
    lines = lines_of(made)
    assert lines[0] == "✗ exercise-07 · Backpropagation: crashed"
    assert message in lines
    assert f"  – {FORWARD.title:<70} 0/4" in lines


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status.PASSED, "passed"),
        (Status.FAILED, "not passed yet"),
        (Status.NOT_ATTEMPTED, "not attempted"),
        (Status.CANNOT_RUN, "cannot run here"),
        (Status.TIMED_OUT, "timed out"),
        (Status.CRASHED, "crashed"),
        (Status.ERROR, "grader fault"),
    ],
)
def test_each_status_has_its_words_and_its_mark(status: Status, words: str) -> None:
    first = lines_of(result(status))[0]
    assert first == f"{MARKS[status][0]} exercise-07 · Backpropagation: {words}"


@pytest.mark.parametrize("status", [Status.TIMED_OUT, Status.CRASHED])
def test_a_check_that_did_not_come_back_is_shown_as_a_failure(status: Status) -> None:
    text = text_of(failed(checks=(replace(WRONG, status=status),)))
    assert "The gradient for w is wrong." in text


def test_a_note_on_a_passed_check_is_shown() -> None:
    noted = replace(FORWARD, message="Right to about 7 digits.")
    assert "  Note: Right to about 7 digits." in lines_of(result(checks=(noted, BACKWARD)))
    assert "Note:" not in text_of(result())


def test_printed_lines_are_counted_and_the_first_shown() -> None:
    output = "\n".join(f"line {n}" for n in range(7))
    lines = lines_of(failed(output=output))
    start = lines.index("  Your code printed 7 lines (not judged):")
    assert lines[start + 1 : start + 7] == [*(f"    line {n}" for n in range(5)), "    …"]
    assert "    …" not in lines_of(failed(output="1\n2\n3\n4\n5"))
    assert "  Your code printed 1 line (not judged):" in lines_of(failed(output="once\n"))


def test_printed_lines_do_not_spoil_a_pass() -> None:
    assert "printed" not in text_of(result(output="debugging"))
    assert "printed" not in text_of(failed(output=" \n"))
    assert "printed" in text_of(failed(output="debugging"))


# Width


def wide(made: Result) -> list[str]:
    return [line for line in lines_of(made) if len(line) > WIDTH]


WORDS = "several words about it, " * 12
UNBROKEN = "z" * 300


@pytest.mark.parametrize("long", [WORDS, UNBROKEN], ids=["words", "unbroken"])
@pytest.mark.parametrize("field", ["title", "message", "expected", "actual"])
def test_long_texts_of_a_check_keep_to_the_width(field: str, long: str) -> None:
    for position in range(2):
        checks = [WRONG, WRONG]
        checks[position] = replace(WRONG, **{field: long})
        assert wide(failed(checks=tuple(checks))) == []


@pytest.mark.parametrize("long", [WORDS, UNBROKEN], ids=["words", "unbroken"])
@pytest.mark.parametrize("field", ["title", "message", "output"])
def test_long_texts_of_a_result_keep_to_the_width(field: str, long: str) -> None:
    assert wide(failed(**{field: long})) == []
    assert wide(result(Status.NOT_ATTEMPTED, **{field: long})) == []


def test_long_explanations_and_notes_keep_to_the_width() -> None:
    assert wide(failed(misconceptions=(replace(AVERAGES, explanation=WORDS),))) == []
    assert wide(result(checks=(replace(FORWARD, message=WORDS),))) == []


def test_points_of_any_length_keep_to_the_width() -> None:
    assert wide(failed(checks=(replace(WRONG, title=WORDS, score=2.25, max_score=10.75),))) == []


def test_code_is_never_wrapped() -> None:
    code = "x = " + "[0.25, " * 30 + "]"
    made = failed(checks=(replace(WRONG, counterexample=code),))
    assert wide(made) == [f"    {code}"]


def test_long_texts_are_wrapped_and_not_lost() -> None:
    words = [f"word{n}" for n in range(60)]
    shown = " ".join(text_of(failed(message=" ".join(words))).split())
    assert " ".join(words) in shown


# Colour


def test_colour_can_be_taken_away() -> None:
    for made in (result(), failed(), result(Status.NOT_ATTEMPTED)):
        assert "\x1b[" in render(made)
        assert "\x1b" not in text_of(made)


# Hostile texts

PLACES = ["message", "check", "second", "expected", "actual", "counterexample", "output", "note"]
PLACES += ["file"]


def with_text(place: str, text: str) -> Result:
    """A result in which a submission has put its text at this place."""
    match place:
        case "message" | "output":
            return failed(**{place: text})
        case "check":
            return failed(checks=(replace(WRONG, message=text),))
        case "second":
            return failed(checks=(WRONG, replace(WRONG, message=text)))
        case "note":
            return result(checks=(replace(FORWARD, message=text),))
        case "file":
            return result(Status.NOT_ATTEMPTED, file=text)
        case _:
            return failed(checks=(replace(WRONG, **{place: text}),))


COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def is_command(line: str) -> bool:
    """Whether a CI service would obey this line: it is trimmed first, and `##[` counts anywhere."""
    return line.strip().startswith("::") or "##[" in line


def dangers(written: str) -> list[str]:
    """What a terminal or a CI service would act upon, beyond the report's own colours."""
    kept = COLOUR.sub("", written)
    found = [
        character
        for character in kept
        if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") and character != "\n"
    ]
    found += [c for c in kept if unicodedata.bidirectional(c) in ("RLO", "LRO", "RLE", "RLI")]
    found += [line for line in kept.splitlines() if is_command(line)]
    if "\x1b[35;1mEVIL" in written:
        found.append("a colour of its own")
    return found


@pytest.mark.parametrize(
    "text",
    [
        *("\x07", "\u202e", "\u2028", "\ud800", "\x1b[2J", "\x1b[35;1mEVIL", "##[error]x"),
        *("::error::x", "fine\n  ::error::x", "\x1b[1m::error::x"),
    ],
)
def test_dangers_are_seen(text: str) -> None:
    assert dangers(text)
    assert dangers(render(failed())) == []


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "text",
    [
        "\x1b[35;1mEVIL",
        "\x1b[2J\x1b[H",
        "\x1b]0;title\x07",
        "\x9b2J",
        "\u202eesrever",
        "::error::x",
        "\n::error::x",
        "\u2028::error::x",
        "##[error]x",
        "over\rwritten",
        "\ud800",
    ],
)
def test_hostile_text_is_harmless_wherever_it_stands(place: str, text: str) -> None:
    made = with_text(place, f"see {text} there")
    assert dangers(render(made)) == []
    assert "see" in text_of(made)
    assert dangers(render(with_text(place, text))) == []


BEFORE = ["", " ", "\n", "\t", "\u2028", "\xa0", "\x0b"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("command", ["::error::x", ":::error::x", "::::error::x", "##[error]x"])
def test_wherever_a_line_is_broken_it_is_no_workflow_command(place: str, command: str) -> None:
    obeyed = [
        (length, before)
        for length in (0, *range(WIDTH - 20, WIDTH + 1))
        for before in BEFORE
        if dangers(render(with_text(place, "a" * length + before + command)))
    ]
    assert obeyed == []


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "forged", ["✓ exercise-07 · Backpropagation: passed", f"  ✓ {BACKWARD.title:<70} 6/6"]
)
def test_a_submission_cannot_write_a_line_of_the_report(place: str, forged: str) -> None:
    honest = lines_of(with_text(place, "1")).count(forged)
    for text in (f"1\n{forged}", f"1\n{forged.strip()}"):
        assert lines_of(with_text(place, text)).count(forged) == honest


@pytest.mark.parametrize("place", PLACES)
@settings(deadline=None, max_examples=30)
@given(text=st.text(max_size=200))
def test_any_text_can_be_rendered(place: str, text: str) -> None:
    made = with_text(place, text)
    assert dangers(render(made)) == []
    assert text_of(made).startswith(MARKS[made.status][0])
    render(made).encode("utf-8")
