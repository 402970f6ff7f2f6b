"""The entry of `grade`: for a verdict, the runner's libraries start loading before all else."""

from __future__ import annotations

import sys
from collections.abc import Sequence

#: First arguments that are no exercise; a test holds them against the commands.
COMMANDS = frozenset({"all", "dev", "doctor", "hint", "init", "list", "reset", "solution"})


def asks_for_a_verdict(arguments: Sequence[str]) -> bool:
    """Whether these arguments most likely grade one NumPy submission."""
    if not arguments or arguments[0].startswith("-") or arguments[0] in COMMANDS:
        return False
    return not {"torch", "cuda", "--help"} & set(arguments)


def main() -> None:
    """Run the command."""
    if not asks_for_a_verdict(sys.argv[1:]):
        from grader.cli import main as command

        command()
        return
    from grader.judge.launch import end_early, start_early

    start_early("numpy")
    try:
        from grader.cli import main as command

        command()
    finally:
        end_early()
