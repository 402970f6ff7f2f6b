"""`quiz check`: what can be wrong with a bank although it can be read.

Every complaint names file and line. Numeric questions are drawn with many seeds, code is run, and
the examples of short answers are tried.
"""

from __future__ import annotations

import math
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from quizzes.bank import lines_of, load
from quizzes.concepts import MOST_WORDS, look, words
from quizzes.generators import Drawn, Generator, registered
from quizzes.numbers import close, shown, written
from quizzes.output import printed
from quizzes.question import (
    LANGUAGES,
    PLACEHOLDER,
    AnyQuestion,
    Bank,
    Choice,
    Code,
    Multi,
    Numeric,
    Short,
    texts,
)

SEEDS = 500
#: Shares of the seeds.
DISTINCT, TOLD_APART, GIVEN_AWAY = 0.1, 0.95, 0.05
#: Of the single-choice questions of a bank, how many may have the longest option for an answer.
LONGEST, FEWEST = 0.5, 6
#: Up to here a number may be written as a word.
WORDED = 12
HANGUL = re.compile(r"[가-힣]")
Complaint = tuple[str, str]


def check(paths: Sequence[Path], seeds: int = SEEDS) -> list[str]:
    """Every complaint about these banks as `file:line: id: complaint`.

    Raises:
        BankError: one of them cannot be read.
    """
    banks = [(path, load(path)) for path in paths]
    known = Counter(question.id for _, bank in banks for question in bank.questions)
    topics = Counter(bank.topic for _, bank in banks)
    found = []
    for path, bank in banks:
        lines = lines_of(path)
        if topics[bank.topic] > 1:
            found.append(f"{path.name}:1: the topic {bank.topic} is in another bank as well")
        for identifier, complaint in _about(bank, known, seeds):
            line = lines.get(identifier, 1)
            found.append(f"{path.name}:{line}: {identifier}: {complaint}")
    return found


def _about(bank: Bank, known: Mapping[str, int], seeds: int) -> Iterator[Complaint]:
    for question in bank.questions:
        for rule in RULES:
            for complaint in rule(question):
                yield question.id, complaint
        for complaint in [*_references(question, known), *_numbers(question, seeds)]:
            yield question.id, complaint
    yield from _longest(bank)


def _references(question: AnyQuestion, known: Mapping[str, int]) -> Iterator[str]:
    if known[question.id] > 1:
        yield "this id is there more than once"
    for wanted in question.prerequisites:
        if wanted not in known or wanted == question.id:
            yield f"the prerequisite {wanted} is no other question"
    for exercise in question.proves:
        if exercise not in _exercises():
            yield f"there is no {exercise}"


@cache
def _exercises() -> Collection[str]:
    from grader.catalog import Catalog

    return {exercise.id for exercise in Catalog().exercises}


def _languages(question: AnyQuestion) -> Iterator[str]:
    """Both languages say the same, as far as a machine can see."""
    for text in texts(question):
        start = text.en.strip().replace("\n", " ")[:40]
        for what, pattern in COMMON.items():
            left, right = (Counter(pattern(text[language])) for language in LANGUAGES)
            if left != right:
                only = ", ".join(sorted((left - right) + (right - left)))
                yield f"“{start}”: {what} differ between the languages: {only}"
        if HANGUL.search(text.en):
            yield f"“{start}”: the English has Korean letters"
    if not any(HANGUL.search(text.ko) for text in (question.prompt, question.explain)):
        yield "neither prompt nor explanation is in Korean"


def _code_spans(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def _formulas(text: str) -> list[str]:
    return [re.sub(r"\s+", "", found) for found in re.findall(r"\$([^$]+)\$", text)]


def _digits(text: str) -> set[str]:
    """Numbers outside code and formulas, once each; small ones may be words in one language."""
    rest = re.sub(r"`[^`]*`|\$[^$]*\$", " ", text)
    found = re.findall(r"\d+(?:\.\d+)?", rest.replace(",", ""))
    return {number for number in found if "." in number or int(number) > WORDED}


def _placeholders(text: str) -> set[str]:
    return set(PLACEHOLDER.findall(text))


COMMON: Mapping[str, Callable[[str], Collection[str]]] = {
    "code spans": lambda text: set(_code_spans(text)),
    "formulas": lambda text: set(_formulas(text)),
    "numbers": _digits,
    "placeholders": _placeholders,
}


def _written(question: AnyQuestion) -> Iterator[str]:
    """Marks are closed, and nothing invisible is in the text."""
    for text in texts(question):
        for language in LANGUAGES:
            said = text[language]
            start = said.strip().replace("\n", " ")[:40]
            if any(ord(letter) < 32 and letter != "\n" for letter in said):
                yield f"“{start}”: a control character; formulas belong into a block after |"
            if said.count("`") % 2 or said.replace(r"\$", "").count("$") % 2:
                yield f"“{start}”: a ` or $ is not closed"


def _options(question: AnyQuestion) -> Iterator[str]:
    if isinstance(question, Choice | Multi):
        for language in LANGUAGES:
            seen = Counter(option.text[language].strip() for option in question.options)
            if max(seen.values()) > 1:
                yield "two options are the same"


def _examples(question: AnyQuestion) -> Iterator[str]:
    if not isinstance(question, Short):
        return
    everything = tuple(range(1, len(question.concepts) + 1))
    for language in LANGUAGES:
        model = look(question, question.model[language], language)
        if model.concepts != everything or model.traps:
            yield f"{language}: in the model answer {_told(model.concepts, model.traps)} were found"
        for example in question.examples:
            answer = example.ko if language == "ko" else example.en
            found = look(question, answer, language)
            if len(words(answer)) > MOST_WORDS:
                yield f"{language}: an example has more than {MOST_WORDS} words"
            if (found.concepts, found.traps) != (example.finds, example.traps):
                wanted = _told(example.finds, example.traps)
                told = _told(found.concepts, found.traps)
                yield f"{language}: “{answer[:40]}” should hold {wanted}; {told} were found"


def _told(concepts: Sequence[int], traps: Sequence[int]) -> str:
    return f"concepts {list(concepts)} and traps {list(traps)}"


def _runs(question: AnyQuestion) -> Iterator[str]:
    if isinstance(question, Code):
        try:
            if not printed(question.code).strip():
                yield "the code prints nothing"
        except (subprocess.SubprocessError, OSError) as error:
            yield f"the code does not run: {_last_line(error)}"


def _last_line(error: Exception) -> str:
    said = str(getattr(error, "stderr", "") or error).strip().splitlines()
    return said[-1] if said else type(error).__name__


def _numbers(question: AnyQuestion, seeds: int) -> Iterator[str]:
    if not isinstance(question, Numeric):
        return
    generator = registered().get(question.generator)
    if generator is None:
        yield f"there is no generator {question.generator}"
        return
    if set(generator.mistakes) != set(question.mistakes):
        odd = ", ".join(sorted(set(generator.mistakes) ^ set(question.mistakes)))
        yield f"mistakes that only the generator or only the question has: {odd}"
    if f"exercise-{generator.exercise}" not in question.proves:
        yield f"its truth is that of exercise-{generator.exercise}, which `proves` does not name"
    try:
        variants = [generator.variant(f"{question.id}:{seed}") for seed in range(seeds)]
    except Exception as error:
        yield f"the generator fails: {type(error).__name__}: {error}"
        return
    yield from _filled(question, variants[0])
    yield from _drawn(question, generator, variants)


def _filled(question: Numeric, variant: Drawn) -> Iterator[str]:
    used = _placeholders(question.prompt.en)
    for name in sorted(used ^ set(variant.params)):
        yield f"{{{name}}} is in the prompt or among the drawn numbers, and not in both"
    for name in sorted(_placeholders(question.explain.en) - set(variant.params) - {"answer"}):
        yield f"{{{name}}} in the explanation is not drawn"


def _drawn(question: Numeric, generator: Generator, variants: Sequence[Drawn]) -> Iterator[str]:
    for variant in variants:
        if not all(math.isfinite(found) for found in (variant.truth, *variant.mistakes.values())):
            yield f"not finite for {dict(variant.params)}"
            return
    distinct = len({shown(variant.truth) for variant in variants}) / len(variants)
    if distinct < DISTINCT:
        yield f"only {distinct:.0%} of the answers are different ones"
    for name in generator.mistakes:
        apart = [not close(v.mistakes[name], v.truth, question.tolerance) for v in variants]
        if sum(apart) < TOLD_APART * len(apart):
            yield f"{name} gives the right answer in {1 - sum(apart) / len(apart):.0%} of the draws"
    given = [shown(v.truth) in map(written, v.params.values()) for v in variants]
    if sum(given) > GIVEN_AWAY * len(given):
        yield f"the answer stands in the prompt in {sum(given) / len(given):.0%} of the draws"


def _longest(bank: Bank) -> Iterator[Complaint]:
    choices = [question for question in bank.questions if isinstance(question, Choice)]
    if len(choices) < FEWEST:
        return
    for language in LANGUAGES:
        longest = [q for q in choices if _stands_out(q, language)]
        if len(longest) > LONGEST * len(choices):
            names = ", ".join(question.id for question in longest[:5])
            share = len(longest) / len(choices)
            complaint = f"{language}: in {share:.0%} of the choices the right option is the longest"
            yield choices[0].id, f"{complaint} ({names}, …)"


def _stands_out(question: Choice, language: str) -> bool:
    lengths = {option.correct: 0 for option in question.options}
    for option in question.options:
        lengths[option.correct] = max(lengths[option.correct], len(option.text[language]))
    return lengths[True] > lengths[False]


def covered(banks: Sequence[Bank], least: int = 4) -> list[str]:
    """Exercises with fewer than `least` questions that name them."""
    counted = Counter(e for bank in banks for question in bank.questions for e in question.proves)
    return [
        f"{exercise} has {counted[exercise]} of {least} questions"
        for exercise in sorted(_exercises())
        if counted[exercise] < least
    ]


Rule = Callable[[AnyQuestion], Iterator[str]]
RULES: Sequence[Rule] = (_languages, _written, _options, _examples, _runs)
