"""Every type is asked, answered rightly with its own key, and marked for what is wrong."""

from __future__ import annotations

import pytest

from quizzes.instance import draw
from quizzes.marking import Mark, NotAnAnswer, key, mark
from quizzes.question import Numeric, Short

MARKED = [
    "attention-why-scale",
    "attention-masks-true",
    "attention-weight-of-two",
    "attention-order-of-steps",
    "attention-shapes-of-heads",
    "attention-who-reads-whom",
]


@pytest.mark.parametrize("name", MARKED)
@pytest.mark.parametrize("seed", range(5))
def test_the_key_is_right(attention, name: str, seed: int) -> None:
    instance = draw(attention[name], seed)
    assert mark(instance, key(instance)) == Mark(True, 1.0)
    assert instance == draw(attention[name], seed)


def test_seeds_give_other_orders_and_numbers(attention) -> None:
    for name in ("attention-why-scale", "attention-order-of-steps"):
        assert len({draw(attention[name], seed).order for seed in range(20)}) > 5
    prompts = {draw(attention["attention-weight-of-two"], seed).prompt("ko") for seed in range(20)}
    assert len(prompts) > 15 and not any("{" in prompt for prompt in prompts)


def test_an_order_never_stands_right_from_the_start(attention) -> None:
    orders = {draw(attention["attention-order-of-steps"], seed).order for seed in range(300)}
    assert tuple(range(5)) not in orders


def test_a_wrong_option_says_why(attention) -> None:
    instance = draw(attention["attention-why-scale"], 1)
    wrong = next(letter for letter in "abcd" if letter != key(instance))
    found = mark(instance, wrong.upper())
    assert (found.right, found.share, len(found.told)) == (False, 0.0, 1)
    chosen = instance.question.options[instance.order["abcd".index(wrong)]]
    assert found.told[0] == chosen.why


def test_part_of_a_multi_is_worth_something(attention) -> None:
    instance = draw(attention["attention-masks-true"], 0)
    found = mark(instance, key(instance)[0])
    assert (found.right, found.share) == (False, 0.75)


def test_a_number_is_recognised_by_its_mistake(attention) -> None:
    question = attention["attention-weight-of-two"]
    assert isinstance(question, Numeric)
    for seed in range(30):
        instance = draw(question, seed)
        for name, wrong in instance.drawn.mistakes.items():
            found = mark(instance, repr(wrong))
            if found.right is False:
                assert question.mistakes[name] in found.told
    assert mark(draw(question, 0), "-5").told == ()


def test_the_explanation_holds_the_answer(attention) -> None:
    instance = draw(attention["attention-weight-of-two"], 3)
    assert f"{instance.drawn.truth:.6g}" in instance.explanation("en")
    assert "{" not in instance.explanation("ko")


@pytest.mark.parametrize(
    ("name", "answer", "said"),
    [
        ("attention-why-scale", "e", "letters from a to d"),
        ("attention-why-scale", "ab", "one letter from a to d"),
        ("attention-why-scale", "", "letters from a to d"),
        ("attention-masks-true", "aa", "at most once"),
        ("attention-order-of-steps", "abc", "all 5 letters"),
        ("attention-weight-of-two", "many", "is no number"),
        ("attention-what-it-does", "  ", "nothing to look at"),
    ],
)
def test_what_is_no_answer_is_not_marked(attention, name: str, answer: str, said: str) -> None:
    with pytest.raises(NotAnAnswer, match=said):
        mark(draw(attention[name], 0), answer)


def test_a_short_answer_is_looked_at_and_not_decided(attention) -> None:
    question = attention["attention-what-it-does"]
    assert isinstance(question, Short)
    instance = draw(question, 0)
    said = "It compares the query with keys and picks the most similar."
    found = mark(instance, said)
    assert (found.right, found.found) == (None, (1,))
    assert [trap.en for trap in found.told] == [
        "Attention is a soft lookup; it does not pick a single value."
    ]
    assert mark(instance, question.model.ko, "ko").found == (1, 2, 3)
    assert mark(draw(attention["attention-multi-head-why"], 0), "I knew").right is None
