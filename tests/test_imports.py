"""What is loaded when: speed and the trust boundary both depend on it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader.catalog import Catalog

HEAVY = {"numpy", "torch", "hypothesis"}
TRACE = """
import json, sys
sys.argv = json.loads({arguments!r})
try:
    from {module} import main
    main()
except SystemExit:
    pass
finally:
    names = sorted({{name.partition(".")[0] for name in sys.modules}})
    whole = sorted(name for name in sys.modules if name.startswith(("grader", "rich")))
    with open({report!r}, "w") as file:
        json.dump([names, whole], file)
"""


def loaded(
    report: Path, *arguments: str, module: str = "grader.cli", **environment: str
) -> tuple[set[str], set[str]]:
    """Run a command in a process of its own; return top-level modules and those of the grader."""
    code = TRACE.format(
        arguments=json.dumps(["grade", *arguments]), report=str(report), module=module
    )
    subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        env={**os.environ, **environment},
        timeout=300,
    )
    names, whole = json.loads(report.read_text())
    return set(names), set(whole)


@pytest.mark.parametrize(
    "arguments", [["--help"], ["list"], ["hint", "07", "softmax_loss"], ["--version"]]
)
def test_light_commands_load_nothing_heavy(tmp_path: Path, arguments: list[str]) -> None:
    names, _ = loaded(tmp_path / "report", *arguments)
    assert not names & HEAVY


def test_quiz_help_loads_nothing_heavy(tmp_path: Path) -> None:
    names, _ = loaded(tmp_path / "report", "--help", module="quizzes.cli")
    assert not names & HEAVY


@pytest.fixture(scope="module")
def passing(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A submission that passes, and a cache that holds its tape."""
    folder = tmp_path_factory.mktemp("passing")
    exercise = Catalog().find("07")
    file = folder / "backprop.py"
    file.write_bytes((exercise.private / "solution.py").read_bytes())
    loaded(folder / "report", "07", "--submission", str(file), GRADSCHOOL_CACHE=str(folder))
    return file, folder


def test_a_warm_verdict_loads_neither_hypothesis_nor_torch(
    tmp_path: Path, passing: tuple[Path, Path]
) -> None:
    file, cache = passing
    arguments = ("07", "--submission", str(file))
    names, whole = loaded(tmp_path / "report", *arguments, GRADSCHOOL_CACHE=str(cache))
    assert not names & {"torch", "hypothesis", "array_api_compat"}
    assert "numpy" in names
    assert not {name for name in whole if name.startswith("rich")}


def test_a_cold_verdict_does_load_hypothesis(tmp_path: Path, passing: tuple[Path, Path]) -> None:
    file, _ = passing
    arguments = ("07", "--submission", str(file))
    names, _ = loaded(tmp_path / "report", *arguments, GRADSCHOOL_CACHE=str(tmp_path / "cold"))
    assert "hypothesis" in names


PROBE = """

def affine_forward(x, w, b):
    import sys

    print("LOADED", *sorted(sys.modules))
    return x @ w + b, (x, w)
"""


def runner_modules(tmp_path: Path, extra: str = "") -> set[str]:
    """The modules in a runner while it answers a call, as the submission itself sees them."""
    source = (Catalog().find("07").private / "solution.py").read_text() + extra + PROBE
    file = tmp_path / "backprop.py"
    file.write_text(source)
    run = subprocess.run(
        [
            sys.executable,
            "-c",
            "from grader.cli import main; main()",
            "07",
            "--submission",
            str(file),
            "--format",
            "json",
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    output = json.loads(run.stdout)["output"]
    (line, *_) = [line for line in output.splitlines() if line.startswith("LOADED")]
    return set(line.split()[1:])


def test_a_runner_loads_nothing_of_the_judge(tmp_path: Path) -> None:
    names = runner_modules(tmp_path)
    ours = {name for name in names if name.partition(".")[0] in ("grader", "reference", "quizzes")}
    assert ours <= {
        "grader",
        "grader.runner",
        "grader.runner.backend",
        "grader.runner.channel",
        "grader.runner.confine",
        "grader.runner.containers",
        "grader.runner.landlock",
        "grader.runner.limits",
        "grader.runner.operators",
        "grader.runner.placement",
        "grader.runner.privileges",
        "grader.runner.roots",
        "grader.runner.seccomp",
        "grader.runner.session",
        "grader.runner.syscalls",
        "grader.runner.wire",
        "grader.runner.zygote",
    }
    assert not names & {"torch", "hypothesis", "click", "rich"}


def test_a_runner_that_does_load_torch_is_noticed(tmp_path: Path) -> None:
    assert "hypothesis" in runner_modules(tmp_path, "\nimport hypothesis\n")


def test_the_layers_import_one_way() -> None:
    """cli → judge → runner.wire; the runner's side knows nothing of the rest."""
    allowed = {
        "runner": {"grader.runner"},
        "spec": {"grader.spec", "grader.runner.wire"},
        "report": {"grader.report", "grader.result"},
        "judge": {
            "grader.judge",
            "grader.spec",
            "grader.runner",
            "grader.result",
            "grader.catalog",
            "grader",
        },
    }
    assert list(_violations(Catalog().root / "grader", allowed)) == []


def test_an_import_the_wrong_way_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "runner").mkdir()
    (tmp_path / "runner" / "bad.py").write_text("from grader.judge.grade import grade\n")
    assert list(_violations(tmp_path, {"runner": {"grader.runner"}}))


def _violations(root: Path, allowed: dict[str, set[str]]):  # type: ignore[no-untyped-def]
    import ast

    for package, names in allowed.items():
        for file in sorted((root / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                modules = []
                if isinstance(node, ast.ImportFrom) and node.module:
                    modules = [node.module]
                elif isinstance(node, ast.Import):
                    modules = [alias.name for alias in node.names]
                for module in modules:
                    if module.partition(".")[0] not in ("grader", "reference", "exercises"):
                        continue
                    if not any(module == name or module.startswith(name + ".") for name in names):
                        yield f"{file.name} imports {module}"
