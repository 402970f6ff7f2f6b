"""The text is cut as its docstrings say."""

from examples.text import UNKNOWN, plays, split_tokens, spoken_words


def test_there_are_seven_plays() -> None:
    assert [play.split("\n")[0] for play in plays()][::6] == [
        "ROMEO AND JULIET",
        "ANTONY AND CLEOPATRA",
    ]
    assert len(plays()) == 7


def test_speakers_are_left_out_and_what_they_say_is_not() -> None:
    words = spoken_words()
    end = words.index("coals") + 1
    assert words[end - 7 : end] == ["o", "my", "word", "we'll", "not", "carry", "coals"]
    # A name on the line of a speech stays; three hundred stand on lines of their own.
    assert words.count("ham") < 10 < 300 < "\n".join(plays()).count("\nHam.\n")


def test_the_parts_do_not_overlap_and_only_the_first_makes_the_vocabulary() -> None:
    split = split_tokens(least=2)
    assert len(split.train) > 16 * len(split.test)
    assert abs(len(split.validation) - len(split.test)) < 8
    assert split.vocabulary[0] == UNKNOWN
    assert len(set(split.vocabulary)) == len(split.vocabulary)
    assert set(split.train) == set(range(len(split.vocabulary)))
    assert max(split.test) < len(split.vocabulary)
    assert 0 in split.test
