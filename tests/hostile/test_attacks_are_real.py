"""The attacks work where nothing stops them, so that their failure in a runner means something."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from .arena import Arena
from .reaching_out import REACHING_OUT
from .submission import Hostile

REACHING = [entry for entry in REACHING_OUT if entry.needs - {"process", "rlimits", "judge"}]
#: These need root's rights where processes of one user are kept apart, or a file system that knows
#: attributes.
FOR_ROOT_ONLY = {
    *("attach", "attribute", "chown", "descriptor", "descriptors", "environment", "folder"),
    *("hard", "judge's environment", "maps", "memory", "raw", "readv", "root", "seize"),
}
#: Runs a source like a module and makes one call, with nothing in between.
BARE = """
import sys
import traceback

names = {}
try:
    exec(compile(open(sys.argv[1]).read(), "mean.py", "exec"), names)
    import numpy as np
    names["mean_forward"](np.ones((3, 2)))
except BaseException:
    traceback.print_exc()
sys.stdout.flush()
"""


@pytest.mark.parametrize("hostile", REACHING, ids=str)
def test_an_attack_works_where_nothing_stops_it(hostile: Hostile, arena: Arena) -> None:
    before = arena.snapshot()
    source = arena.root / "attack.py"
    source.write_text(arena.fill(hostile.source))
    folder = arena.root / "loose"
    folder.mkdir()
    with (arena.root / "printed").open("w+b") as printed:
        subprocess.run(
            [sys.executable, "-I", "-c", BARE, source],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=printed,
            timeout=30,
        )
        printed.seek(0)
        output = printed.read().decode("utf-8", "replace")
    noticed = arena.noticed(before)
    arena.end_what_runs()

    leaked = [name for name, secret in arena.secrets.items() if secret in output]
    assert noticed or leaked, output
    failed = set(re.findall(r"^([\w ']+): denied", output, re.MULTILINE))
    if os.geteuid() != 0:
        failed -= FOR_ROOT_ONLY
    assert not failed, output
