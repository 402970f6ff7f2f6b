"""Runs the code of a code question: what it prints is the truth."""

from __future__ import annotations

import subprocess
import sys
from functools import cache

CODE_SECONDS = 20


@cache
def printed(code: str) -> str:
    """What a bank's code prints: the truth of a code question.

    Raises:
        subprocess.SubprocessError: it fails or does not end.
    """
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=CODE_SECONDS,
        check=True,
    )
    return ran.stdout
