"""Every rule of `quiz check` finds the defect that it is for, and nothing in a good bank."""

from __future__ import annotations

import pytest

from quizzes import generators, lint
from quizzes.bank import BANKS, load
from quizzes.generators import Drawn, Generator, GeneratorError, numeric, registered
from quizzes.lint import check, covered

PLANTED = {
    "a code span that is missing": ("`2`는", "2는", "code spans differ"),
    "another formula": ("ko: 세는 것이다.", "ko: $2$를 센다.", "formulas differ"),
    "another number": (
        "ko: 세는 것이다.",
        "ko: 40까지 센다.",
        "numbers differ between the languages: 40",
    ),
    "a placeholder": ("ko: 세는 것이다.", "ko: '{n}을 센다.'", "placeholders differ"),
    "Korean in the English": ("en: A letter", "en: A letter 가", "the English has Korean letters"),
    "no Korean": (
        'ko: "`2`는 무엇인가?"}',
        "ko: What is `2`?}",
        "neither prompt nor explanation is in Korean",
    ),
    "two options alike": ("en: A letter,", "en: A number,", "two options are the same"),
    "a formula that is not closed": ("en: A letter,", "en: A $letter,", "a ` or $ is not closed"),
    "a control character": ("{en: It counts.,", '{en: "It\\fcounts.",', "a control character"),
    "an exercise that is not there": (
        "source: none",
        "source: none\n    proves: [exercise-99]",
        "there is no exercise-99",
    ),
    "a prerequisite that is not there": (
        "source: none",
        "source: none\n    prerequisites: [b]",
        "the prerequisite b is no other question",
    ),
    "a question that needs itself": (
        "source: none",
        "source: none\n    prerequisites: [a-choice]",
        "the prerequisite a-choice is no other question",
    ),
}
NO_KOREAN = {"no Korean": ("ko: 세는 것이다.", "ko: It counts.")}
NUMERIC = """
  - id: a-number
    type: numeric
    difficulty: 1
    prompt: {en: 'Add {a} and {b}', ko: '{a} 더하기 {b}'}
    generator: GENERATOR
    mistakes:
      forgets_one: {en: One was forgotten, ko: 하나를 빠뜨렸다}
    explain: {en: 'It is {answer}', ko: '답은 {answer}'}
    source: none
    proves: [exercise-35]
"""
SHORT = """
  - id: a-short
    type: short
    difficulty: 1
    prompt: {en: Why?, ko: 왜?}
    concepts:
      - any: {en: [first], ko: [첫째]}
        shown: {en: One, ko: 하나}
      - any: {en: [second], ko: [둘째]}
        shown: {en: Two, ko: 둘}
    model: {en: first and second, ko: 첫째와 둘째}
    examples:
      - {en: second then first, ko: 둘째 첫째, finds: [1, 2]}
      - {en: the first, ko: 첫째만, finds: [1]}
    explain: {en: So, ko: 그래서}
    source: none
"""


def test_the_model_bank_has_no_defect() -> None:
    assert check([BANKS / "attention.yaml"], seeds=100) == []


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_defect_is_found_with_its_line(write, choice: str, name: str) -> None:
    old, new, said = PLANTED[name]
    text = choice.replace(old, new)
    assert text != choice
    found = check([write(text.replace(*NO_KOREAN.get(name, ("", ""))))])
    assert any(line.startswith("small.yaml:4: a-choice: ") and said in line for line in found), (
        found
    )
    assert check([write()]) == []


def test_ids_and_topics_are_unique_over_all_banks(write) -> None:
    found = check([write(name="one.yaml"), write(name="two.yaml")])
    assert sum("this id is there more than once" in line for line in found) == 2
    assert sum("the topic small is in another bank" in line for line in found) == 2


def test_the_right_option_is_not_always_the_longest(write, choice: str) -> None:
    longer = choice.replace("en: A number", "en: A number by which things are counted")
    many = "".join(longer.replace("a-choice", f"a-choice-{n}") for n in range(6))
    assert any("en: in 100% of the choices" in line for line in check([write(many)]))
    few = "".join(longer.replace("a-choice", f"a-choice-{n}") for n in range(5))
    assert check([write(few)]) == []


def drawn_from(monkeypatch: pytest.MonkeyPatch, draw, truth, wrong, exercise: str = "35") -> None:
    made = Generator("planted", exercise, draw, truth, {"forgets_one": wrong})
    monkeypatch.setattr(lint, "registered", lambda: {"planted": made})


def pair(random):
    return {"a": random.randint(13, 99), "b": random.randint(100, 900)}


GOOD = (pair, lambda code, a, b: a + b, lambda a, b: a)
DEFECTS = {
    "fails": (pair, lambda code, a, b: a / 0, GOOD[2], "ZeroDivisionError"),
    "not finite": (pair, lambda code, a, b: float("nan"), GOOD[2], "not finite"),
    "always the same": (pair, lambda code, a, b: 7, GOOD[2], "of the answers are different ones"),
    "a mistake that is right": (*GOOD[:2], lambda a, b: a + b, "gives the right answer in 100%"),
    "given away": (pair, lambda code, a, b: a, lambda a, b: b, "stands in the prompt in 100%"),
    "another placeholder": (
        lambda random: {**pair(random), "c": 1},
        lambda code, a, b, c: a + b,
        lambda a, b, c: a,
        "{c} is in the prompt or among the drawn numbers, and not in both",
    ),
}


@pytest.mark.parametrize("name", DEFECTS)
def test_a_generator_with_a_defect_is_found(write, monkeypatch, name: str) -> None:
    path = write(NUMERIC.replace("GENERATOR", "planted"))
    drawn_from(monkeypatch, *GOOD)
    assert check([path], seeds=100) == []
    *parts, said = DEFECTS[name]
    drawn_from(monkeypatch, *parts)
    assert any(said in line for line in check([path], seeds=100))


def test_a_generator_is_there_and_its_truth_is_an_exercise_of_the_question(
    write, monkeypatch
) -> None:
    path = write(NUMERIC.replace("GENERATOR", "planted"))
    drawn_from(monkeypatch, *GOOD, exercise="36")
    assert any("its truth is that of exercise-36" in line for line in check([path], seeds=20))
    monkeypatch.undo()
    assert any("there is no generator planted" in line for line in check([path]))


SHORT_DEFECTS = {
    "a model that lacks one": ("model: {en: first and second", "model: {en: first", "model answer"),
    "an example with too much": ("{en: the first, ko", "{en: first second, ko", "should hold"),
    "a Korean example with too little": ("ko: 둘째 첫째,", "ko: 첫째,", "ko: “첫째” should hold"),
    "a long example": ("en: the first", "en: the first " + "so " * 60, "more than 60 words"),
}


@pytest.mark.parametrize("name", SHORT_DEFECTS)
def test_the_examples_of_a_short_answer_are_tried(write, name: str) -> None:
    old, new, said = SHORT_DEFECTS[name]
    assert check([write(SHORT)]) == []
    assert any(said in line for line in check([write(SHORT.replace(old, new))]))


@pytest.mark.parametrize(
    ("code", "said"),
    [("print(1)", None), ("pass", "the code prints nothing"), ("1/0", "ZeroDivisionError")],
)
def test_code_is_run(write, code: str, said: str | None) -> None:
    text = f"""
  - id: a-code
    type: code
    difficulty: 1
    prompt: {{en: What?, ko: 무엇?}}
    code: "{code}"
    explain: {{en: That, ko: 그것}}
    source: none
"""
    found = check([write(text)])
    assert found == [] if said is None else said in found[0]


def test_generators_are_written_whole() -> None:
    def draw(random):
        return {}

    with pytest.raises(GeneratorError, match="has no 'truth'"):
        numeric(exercise="35")(type("half", (), {"draw": draw}))
    with pytest.raises(GeneratorError, match="names no mistake"):
        numeric(exercise="35")(type("blind", (), {"draw": draw, "truth": draw}))
    registered()
    whole = {"draw": draw, "truth": draw, "wrong": draw}
    with pytest.raises(GeneratorError, match="is there twice"):
        numeric(exercise="35")(type("attention_weight", (), whole))
    assert "half" not in generators.REGISTERED


def test_a_variant_belongs_to_its_seed() -> None:
    generator = registered()["attention_weight"]
    assert generator.variant("x") == generator.variant("x")
    assert isinstance(generator.variant("x"), Drawn)
    assert len({generator.variant(str(seed)).truth for seed in range(50)}) > 25


def test_exercises_without_questions_are_counted() -> None:
    missing = covered([load(BANKS / "attention.yaml")])
    assert "exercise-01 has 0 of 4 questions" in missing
    assert not any(line.startswith("exercise-35 ") for line in missing)
