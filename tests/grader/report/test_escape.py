"""Text of a submission is harmless to a terminal, a log and a CI service; honest text stays."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.report.escape import BIDIRECTIONAL, plain

MARK = "\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "two\nlines",
        "Straße, naïve, “quoted” – ∂L/∂x ≤ 1e-9 · 日本語 🙂",
        "x[::2] and a::b, std::vector",
        "# a heading, ## another",
    ],
)
def test_honest_text_stays_as_it_is(text: str) -> None:
    assert plain(text) == text


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("\x1b[31mred", MARK + "[31mred"),
        ("\x1b]0;title\x07", MARK + "]0;title" + MARK),
        ("over\rwritten", "over" + MARK + "written"),
        ("back\x08space", "back" + MARK + "space"),
        ("nul\x00", "nul" + MARK),
        ("\x9b2J", MARK + "2J"),
        ("half \ud800 pair", f"half {MARK} pair"),
        ("private \ue000", "private " + MARK),
        ("a\u2028b\u2029c", f"a{MARK}b{MARK}c"),
    ],
)
def test_control_characters_are_replaced(text: str, made: str) -> None:
    assert plain(text) == made


@pytest.mark.parametrize("character", sorted(BIDIRECTIONAL))
def test_direction_characters_are_replaced(character: str) -> None:
    assert plain(f"a{character}b") == f"a{MARK}b"


def test_every_character_that_turns_the_direction_is_known() -> None:
    turning = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    found = {
        character
        for character in map(chr, range(0x110000))
        if unicodedata.bidirectional(character) in turning
    }
    assert found <= BIDIRECTIONAL
    assert len(found) == len(turning)


def test_a_tab_becomes_spaces() -> None:
    assert plain("a\tb") == "a    b"


def test_a_long_text_is_cut_and_says_so() -> None:
    assert plain("x" * 10, 10) == "x" * 10
    assert plain("x" * 11, 10) == "x" * 10 + " …"


def is_command(line: str) -> bool:
    """Whether a CI service would obey: GitHub trims the line first, and finds `##[` anywhere."""
    return line.strip().startswith("::") or "##[" in line


COMMANDS = [
    "::error::x",
    "  ::error file=a::x",
    "\t::warning::x",
    "fine\n::set-output name=a::b",
    "fine\n   \n \u00a0::stop-commands::x",
    "##[error]x",
    "in the middle ##[group]x",
    "###[error]x",
    "a\u2028::error::x",
    "a\r::error::x",
    "::::error::x",
]


@pytest.mark.parametrize("text", COMMANDS)
def test_what_a_ci_service_would_obey_is_broken_apart(text: str) -> None:
    assert any(map(is_command, text.splitlines()))
    made = plain(text)
    assert not any(map(is_command, made.splitlines()))
    assert made.strip()[-1] == text.strip()[-1], "but it can still be read"


hostile = st.text(st.sampled_from(":# []\n\r\t\x1b\x85\u2028\u202e\ud800ax") | st.characters())


@given(hostile)
def test_no_text_stays_dangerous(text: str) -> None:
    made = plain(text)
    assert not any(map(is_command, made.splitlines()))
    assert not any(
        unicodedata.category(character) in ("Cc", "Cs") and character != "\n" for character in made
    )
    assert not set(made) & BIDIRECTIONAL
    made.encode("utf-8")


@given(hostile, st.integers(1, 20))
def test_the_limit_holds_for_what_is_kept(text: str, limit: int) -> None:
    assert plain(text, limit).count("x") <= limit
