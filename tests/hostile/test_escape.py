"""Whatever a submission says reaches every renderer in harmless form only."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

import grader.report
from grader.judge.grade import Options, grade
from grader.judge.library import Library
from grader.result import Result

from .harmless import PAYLOADS, dangers
from .submission import RIGHT, in_call, instead

#: Makes the runner answer the n-th request, and those after it, with what the submission likes.
FORGE = """
import sys

_session = sys.modules["grader.runner.session"]
_encode, _count = _session.encode, []


def _forged(reply, **kwargs):
    _count.append(1)
    return _encode(reply if len(_count) < {first} else {reply}, **kwargs)


_session.encode = _forged
"""


def _forge(first: int, reply: str) -> str:
    return RIGHT + FORGE.format(first=first, reply=reply)


#: Where a submission's words can get into a result: a source for each, given the words.
CHANNELS: dict[str, Callable[[str], str]] = {
    "an exception at import": lambda text: f"{RIGHT}\nraise ValueError({text!a})\n",
    "an exception in a call": lambda text: in_call(f"raise ValueError({text!a})"),
    "an exception's type": lambda text: in_call(f"raise type({text[:90]!a}, (Exception,), {{}})"),
    "a function's name": lambda text: instead(
        f"exec(compile('1 / 0', 'mean.py', 'exec').replace(co_name={text!a}))"
    ),
    "standard output": lambda text: in_call(
        f"import sys\nsys.stdout.buffer.write({text!a}.encode('utf-8', 'surrogatepass'))\n"
        "sys.stdout.flush()\nraise ValueError"
    ),
    "standard error at import": lambda text: (
        f"{RIGHT}\nimport os\nos.write(2, {text!a}.encode('utf-8', 'surrogatepass'))\n1 / 0\n"
    ),
    "a key": lambda text: instead(f"return {{{text!a}: 1}}, cache"),
    "keys inside": lambda text: instead(f"return [{{{text!a}: 1}}], cache"),
    "a text": lambda text: instead(f"return {text!a}, cache"),
    "an object's type": lambda text: instead(f"return type({text[:90]!a}, (), {{}})(), cache"),
    "a class's name": lambda text: (
        f"{RIGHT}\nCounter = type({text[:90]!a}, (Counter,), {{'add': lambda self, x: 1 / 0}})\n"
    ),
    "a forged failure": lambda text: _forge(
        2, f"{{'ok': False, 'kind': 'unsendable', 'type': {text!a}, 'message': {text!a}}}"
    ),
    "forged lines": lambda text: _forge(
        2,
        f"{{'ok': False, 'kind': 'raised', 'type': {text!a}, 'message': {text!a}, "
        f"'lines': [[10**30, {text!a}]]}}",
    ),
    "forged parameters": lambda text: _forge(
        1,
        f"{{'ok': True, 'names': {{'mean_forward': [[{text!a}, 'POSITIONAL_ONLY', False]], "
        f"{text!a}: None}}}}",
    ),
    "a forged attribute": lambda text: _forge(2, f"{{'ok': True, 'value': {text!a}}}"),
}
RENDERERS = sorted(
    name
    for _, name, _ in pkgutil.iter_modules(grader.report.__path__)
    if hasattr(importlib.import_module(f"grader.report.{name}"), "render")
)


@pytest.fixture(scope="module")
def result_of(
    miniature_library: Library, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Result]:
    """The verdict on what a channel carries; one for all renderers."""
    tapes = tmp_path_factory.mktemp("tapes")

    @cache
    def grade_once(channel: str) -> Result:
        words = "\n".join(PAYLOADS.values())
        options = Options(cache=tapes, call_seconds=2.0)
        result = grade(miniature_library.exercise, CHANNELS[channel](words).encode(), options)
        assert result.status.value in ("failed", "crashed")
        return result

    return grade_once


def _render(result: Result, renderer: str) -> str:
    rendered: str = importlib.import_module(f"grader.report.{renderer}").render(result)
    return rendered


def test_text_and_json_are_among_the_renderers() -> None:
    assert {"text", "as_json"} <= set(RENDERERS)


@pytest.mark.parametrize("renderer", RENDERERS)
@pytest.mark.parametrize("channel", CHANNELS)
def test_a_submissions_words_come_out_harmless(
    channel: str, renderer: str, result_of: Callable[[str], Result]
) -> None:
    assert dangers(_render(result_of(channel), renderer), renderer) == []


@pytest.mark.parametrize("renderer", RENDERERS)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_text_of_a_result_is_dangerous_wherever_it_stands(
    payload: str, renderer: str, result_of: Callable[[str], Result]
) -> None:
    words = PAYLOADS[payload]
    clean = result_of("an exception in a call")
    check = replace(
        clean.checks[0], message=words, expected=words, actual=words, counterexample=words
    )
    second = replace(clean.checks[1], status=check.status, message=words)
    third = replace(clean.checks[2], message=words)
    dirty = replace(
        clean, checks=(check, second, third), message=words, output=words, file=f"{words}/mean.py"
    )
    rendered = _render(dirty, renderer)
    assert "owned" in rendered
    assert dangers(rendered, renderer) == []


@pytest.mark.parametrize("channel", ["an exception at import", "an exception in a call"])
def test_the_words_do_get_into_the_result(channel: str, result_of: Callable[[str], Result]) -> None:
    result = result_of(channel)
    assert "owned" in result.message + result.checks[0].message


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_command_writes_only_harmless_text(
    form: str, tmp_path: Path, cache_of_commands: Path
) -> None:
    file = tmp_path / "hostile.py"
    words = "\n".join(PAYLOADS.values())
    file.write_text(f"import os\nos.write(2, b'\\x1b[2J')\nraise ValueError({words!a})\n")
    done = _command(
        ["07", "--submission", str(file), "--format", form], tmp_path, cache_of_commands
    )
    assert done.returncode == 1, done.stderr
    assert b"owned" in done.stdout
    assert dangers(done.stdout.decode(), "as_json") == []
    assert done.stderr == b""


def test_the_command_names_a_file_in_harmless_form(tmp_path: Path, cache_of_commands: Path) -> None:
    name = "\x1b[2J\x9b31m\n::error::owned\u202e.py"
    (tmp_path / name).mkdir()
    done = _command(["07", "--submission", name], tmp_path, cache_of_commands)
    assert done.returncode == 2
    assert b"owned" in done.stderr
    assert dangers(done.stderr.decode(), "as_json") == []


@pytest.fixture(scope="session")
def cache_of_commands(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tapes")


def _command(arguments: list[str], folder: Path, tapes: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [Path(sys.executable).with_name("grade"), *arguments],
        env={"HOME": str(folder), "GRADSCHOOL_CACHE": str(tapes), "LANG": "C.UTF-8"},
        cwd=folder,
        capture_output=True,
        timeout=60,
    )
