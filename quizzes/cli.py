"""The command `quiz`."""

from __future__ import annotations

import json
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quizzes.history import Answer, History
    from quizzes.interview import Outcome
    from quizzes.question import AnyQuestion, Bank
    from quizzes.sets import NamedSet

LANGUAGE = click.option(
    "--lang", type=click.Choice(["en", "ko"]), default="en", help="English or Korean."
)


@click.group(invoke_without_command=True)
@click.version_option(__version__, prog_name="gradschool")
@LANGUAGE
@click.option("--size", type=click.IntRange(1, 100), default=10, help="How many questions.")
@click.pass_context
def main(context: click.Context, lang: str, size: int) -> None:
    """Prepare for the interview: what is due, or the next new questions.

    Say it, compute it, build it: most questions name the exercise that proves the understanding.
    """
    if context.invoked_subcommand is None:
        from datetime import UTC, datetime

        from quizzes.history import History
        from quizzes.sets import next_questions

        answers = History().answers()
        _take(next_questions(_banks(), answers, datetime.now(UTC), size), lang, None, "review")


@main.command("list")
@click.option("--questions", is_flag=True, help="Every question, not the topics only.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@LANGUAGE
def list_(questions: bool, form: str, lang: str) -> None:
    """List the topics and sets, or every question."""
    from quizzes.plain import plain
    from quizzes.sets import SETS

    banks = _banks()
    if questions:
        rows = [
            {
                "id": question.id,
                "type": question.type,
                "topic": bank.topic,
                "languages": ["en", "ko"],
                "proves": list(question.proves),
            }
            for bank in banks
            for question in bank.questions
        ]
        if form == "json":
            click.echo(json.dumps(rows, indent=2))
            return
        for bank in banks:
            for question in bank.questions:
                first = plain(question.prompt[lang]).partition("\n")[0]
                click.echo(f"{question.id}  ({question.type})\n  {first[:76]}")
        return
    topics = [
        {"topic": bank.topic, "title": bank.title[lang], "questions": len(bank.questions)}
        for bank in banks
    ]
    if form == "json":
        click.echo(json.dumps(topics, ensure_ascii=False, indent=2))
        return
    for topic in topics:
        click.echo(f"{topic['topic']:24} {topic['questions']:>4}  {topic['title']}")
    for named in SETS:
        click.echo(f"{named.name:24} {len(named.questions):>4}  {named.title[lang]}")


@main.command()
@click.argument("name")
@click.option("--seed", type=click.IntRange(0), help="Ask the same questions again.")
@click.option("--size", type=click.IntRange(1, 100), default=10, help="How many of a topic.")
@LANGUAGE
def take(name: str, seed: int | None, size: int, lang: str) -> None:
    """Take questions of a topic, or a named set; `quiz list` has both."""
    from quizzes.sets import SETS, of_topic

    banks = _banks()
    chosen = secrets.randbelow(10**6) if seed is None else seed
    for named in SETS:
        if named.name == name:
            _take(_of_set(named, banks), lang, chosen, name)
            return
    for bank in banks:
        if bank.topic == name:
            _take(of_topic(bank, chosen, size), lang, chosen, name)
            return
    known = ", ".join([*(bank.topic for bank in banks), *(named.name for named in SETS)])
    raise click.UsageError(f"There is no topic or set {name!r}. There are: {known}.")


@main.command()
@click.argument("name")
@click.option("--new", is_flag=True, help="Begin again instead of going on with the last one.")
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="Markdown file.")
@LANGUAGE
def interview(name: str, new: bool, report: Path | None, lang: str) -> None:
    """A mock interview with a set: nothing is revealed before the end.

    Leave with Ctrl-C, and the same command goes on where you were.
    """
    from quizzes import interview as interviews
    from quizzes.history import History
    from quizzes.sets import SETS
    from quizzes.terminal import WORDS

    sets, words = {named.name: named for named in SETS}, WORDS[lang]
    if name not in sets:
        raise click.UsageError(f"There is no set {name!r}. There are: {', '.join(sets)}.")
    named, history = sets[name], History()
    left = None if new else interviews.unfinished(named, history.answers())
    run = left[0] if left else f"{interviews.PREFIX}:{name}:{secrets.token_hex(4)}"
    if left:
        click.echo(words["on"].format(asked=len(left[1]), total=len(named.questions)))
    if not _ask_all(_of_set(named, _banks()), lang, history, run):
        click.echo(f"\n{words['left']}")
        return
    given = [answer for answer in history.answers() if answer.quiz == run]
    found = interviews.outcome(given)
    _tell(named, found, given)
    if report is not None:
        lines = interviews.report(named, found, given)
        report.write_text("\n".join(lines) + "\n", encoding="utf-8")
        click.echo(f"Written: {report}")


@main.command()
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def stats(form: str) -> None:
    """What you know by topic, and how well you know what you know."""
    from dataclasses import asdict
    from datetime import UTC, datetime

    from quizzes import statistics
    from quizzes.history import History

    answers = History().answers()
    found = statistics.topics(_banks(), answers, datetime.now(UTC))
    levels, wrong = statistics.levels(answers), statistics.sure_and_wrong(answers)
    brier = statistics.brier(answers)
    if form == "json":
        rows = {
            "topics": [asdict(topic) for topic in found],
            "confidence": [asdict(level) for level in levels],
            "brier": brier,
            "sure_and_wrong": wrong,
        }
        click.echo(json.dumps(rows, indent=2))
        return
    click.echo(f"{'topic':16} {'asked':>9} {'known today':>12}")
    for topic in found:
        asked = f"{topic.asked} of {topic.questions}"
        click.echo(f"{topic.name:16} {asked:>9} {topic.known:>12.0%}")
    if levels:
        click.echo("\nWhen you said …    you were right")
    for level in levels:
        click.echo(f"{level.confidence:>10.0%} {level.right:>14} of {level.answers}")
    if brier is not None and sum(level.answers for level in levels) >= statistics.FEW:
        click.echo(f"Brier score: {brier:.2f} (0 is best, 0.25 is what always saying 50 % gives)")
    if wrong:
        click.echo(f"\nSure and wrong: {', '.join(wrong)}")


@main.command()
@click.argument("banks", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--seeds", type=click.IntRange(1), default=500, help="Draws of a numeric question.")
def check(banks: tuple[Path, ...], seeds: int) -> None:
    """Check banks for everything that a machine can see; those of the course unless named."""
    from quizzes.bank import BANKS, BankError
    from quizzes.lint import check as lint

    paths = sorted(banks or BANKS.glob("*.yaml"))
    try:
        found: Sequence[str] = lint(paths, seeds)
    except BankError as error:
        found = error.lines
    for line in found:
        click.echo(line)
    click.echo(f"{len(paths)} banks, {len(found)} complaints")
    sys.exit(1 if found else 0)


def _banks() -> Sequence[Bank]:
    """The banks of the course; what is wrong with one is said in a line."""
    from quizzes.bank import BankError, load_all

    try:
        return load_all()
    except BankError as error:
        raise click.ClickException("\n".join(error.lines)) from None


def _of_set(named: NamedSet, banks: Sequence[Bank]) -> list[AnyQuestion]:
    every = {question.id: question for bank in banks for question in bank.questions}
    missing = [wanted for wanted in named.questions if wanted not in every]
    if missing:
        raise click.UsageError(f"The set {named.name} lacks {', '.join(missing)}.")
    return [every[wanted] for wanted in named.questions]


def _ask_all(questions: Sequence[AnyQuestion], language: str, history: History, run: str) -> bool:
    """Ask what this run has not asked yet, revealing nothing; whether the end was reached."""
    from quizzes.instance import draw
    from quizzes.terminal import Terminal

    terminal = Terminal(input, click.echo, history, language, run)
    asked = {answer.question for answer in history.answers() if answer.quiz == run}
    try:
        for number, question in enumerate(questions, start=1):
            if question.id not in asked:
                instance = draw(question, secrets.randbelow(10**6))
                terminal.put(instance, f"{number} / {len(questions)}", reveal=False)
    except (EOFError, KeyboardInterrupt):
        return False
    return True


def _tell(named: NamedSet, found: Outcome, given: Sequence[Answer]) -> None:
    from quizzes.interview import interval, verdict

    said = verdict(named, found)
    bar = f" The bar is {named.bar}: {said}." if said else ""
    click.echo(f"\n{found.right} of {found.total} right.{bar}")
    click.echo(interval(found))
    if found.brier is not None:
        click.echo(f"Brier score of your confidence: {found.brier:.2f} (0 is best).")
    missed = [answer.question for answer in given if not answer.right]
    if missed:
        click.echo(f"To look at again: {', '.join(missed)}")


def _take(questions: Sequence[AnyQuestion], language: str, seed: int | None, name: str) -> None:
    """Ask questions one after the other; leaving early keeps what was answered."""
    from quizzes.history import History
    from quizzes.instance import draw
    from quizzes.terminal import WORDS, Terminal

    words = WORDS[language]
    if not questions:
        click.echo(words["nothing"])
        return
    run = f"{name}:{secrets.token_hex(4)}"
    terminal = Terminal(input, click.echo, History(), language, run)
    right = asked = 0
    try:
        for number, question in enumerate(questions, start=1):
            own = secrets.randbelow(10**6) if seed is None else seed
            answer = terminal.put(draw(question, own), f"{number} / {len(questions)}")
            asked, right = asked + 1, right + answer.right
    except (EOFError, KeyboardInterrupt):
        click.echo(f"\n{words['stopped']}")
    if asked:
        click.echo(words["score"].format(right=right, asked=asked))
