"""The bundled text is the one its README describes: small, plain, with nobody's marks."""

import hashlib
import re

from grader.catalog import ROOT

FOLDER = ROOT / "exercises" / "texts"
README = (FOLDER / "README.md").read_text(encoding="utf-8")
SHAKESPEARE = FOLDER / "shakespeare.txt"


def test_the_readme_gives_the_digest_and_the_size_of_the_text() -> None:
    content = SHAKESPEARE.read_bytes()
    assert hashlib.sha256(content).hexdigest() in README
    assert f"{len(content):,} bytes" in README


def test_every_text_is_described_and_all_of_them_are_at_most_one_megabyte() -> None:
    texts = [path for path in FOLDER.iterdir() if path.name != "README.md"]
    assert all(f"## {path.name}\n" in README for path in texts)
    assert sum(path.stat().st_size for path in texts) <= 1_000_000


def test_the_readme_states_licence_source_and_changes() -> None:
    described = README.split("## shakespeare.txt")[1]
    for word in ("**Licence.** Public domain", "**Source.**", "**Changed.**"):
        assert word in described


def test_the_plays_stand_in_the_order_that_the_readme_gives() -> None:
    text = SHAKESPEARE.read_text(encoding="ascii")
    named = re.findall(r"\*([A-Z][A-Za-z ]+)\*", " ".join(README.split()))
    starts = [text.index(f"{title.upper()}\n\nACT I.") for title in named]
    assert len(named) == 7
    assert starts == sorted(starts)
    assert starts[0] == 0


def test_the_text_holds_words_of_the_plays_alone() -> None:
    text = SHAKESPEARE.read_text(encoding="ascii")
    for mark in ("[", "]", "_", "\r", "\t", "Gutenberg", "Copyright", "THE END", "http"):
        assert mark not in text
    assert not re.search(r"[ \t]+$| {2}", text, re.MULTILINE)
    assert len(re.findall(r"\n\n\n", text)) == 6
