"""The command as a person meets it: outputs, exit codes, one clear line for bad input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from grader.catalog import Catalog
from grader.cli import main
from grader.report.as_json import schema


@pytest.fixture
def grade(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path):  # type: ignore[no-untyped-def]
    """Run `grade …` in a workspace of its own."""
    monkeypatch.setenv("GRADSCHOOL_CACHE", str(cache))
    workspace = tmp_path / "course"
    runner = CliRunner()
    made = runner.invoke(main, ["init", str(workspace)])
    assert made.exit_code == 0, made.output
    monkeypatch.chdir(workspace)

    def run(*arguments: str) -> Result:
        return runner.invoke(main, list(arguments))

    return run


def put(source: str, folder: str = "exercise_07_backprop", name: str = "backprop.py") -> Path:
    file = Path(folder) / name
    file.write_text(source)
    return file


def reference() -> str:
    return (Catalog().find("07").private / "solution.py").read_text()


def test_an_untouched_stub_says_which_file_to_open(grade) -> None:
    result = grade("exercise-07")
    assert result.exit_code == 1
    assert "not attempted" in result.output
    assert "Open" in result.output and "exercise_07_backprop/backprop.py" in result.output


@pytest.mark.parametrize(
    "name", ["exercise-07", "07", "7", "backprop", "exercise_07_backprop/backprop.py"]
)
def test_every_way_to_name_an_exercise_gives_a_verdict(grade, name: str) -> None:
    put(reference())
    result = grade(name)
    assert result.exit_code == 0, result.output
    assert "10/10 points" in result.output


def test_a_wrong_answer_shows_counterexample_cause_and_the_way_on(grade) -> None:
    put(reference().replace("return x @ w + b, (x, w)", "return x @ w, (x, w)"))
    result = grade("07")
    assert result.exit_code == 1
    for words in (
        "9 checks",
        "from backprop import affine_forward",
        "expected",
        "yours",
        "Consistent with this misconception: leaves out the bias",
        "Next: grade hint 07 affine_forward",
    ):
        assert words in result.output


def test_json_follows_the_published_schema(grade) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(schema())
    put(reference().replace("return x @ w + b, (x, w)", "return x @ w, (x, w)"))
    for number in ("07", "02"):
        document = json.loads(grade(number, "--format", "json").output)
        validator.validate(document)
    document = json.loads(grade("all", "--format", "json").output)
    assert [entry["exercise"] for entry in document] == ["exercise-07"]
    validator.validate(document[0])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["exercise-7x"], "Did you mean exercise-07?"),
        (["bakcprop"], "Did you mean exercise-07?"),
        (["07", "--submission", "absent.py"], "absent.py cannot be read: No such file"),
        (["07", "--workspace", "absent"], "There is no folder absent."),
        (["all", "--submission", "x.py"], "--submission goes with one exercise"),
        (["hint", "07"], "Which task? exercise-07 has: affine_forward"),
        (["hint", "07", "absent"], "has no task 'absent'"),
        (["hint", "07", "softmax_loss", "--level", "9"], "has 3 hints"),
        (["init", "."], "is not empty"),
        (["dev", "check", "absent"], "There is no exercise 'absent'"),
        (["dev", "compose", "07", "absent"], "has no misconception or variant 'absent'"),
        (["dev", "new", "7", "backprop"], "has this number or name already"),
        (["dev", "new", "99", "Not-A-Name"], "is not a module name"),
    ],
)
def test_bad_input_gets_one_clear_line_and_exit_code_2(
    grade, arguments: list[str], words: str
) -> None:
    result = grade(*arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert "Traceback" not in result.output


def test_without_a_workspace_the_way_to_one_is_shown(grade, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = grade("07")
    assert result.exit_code == 2
    assert "grade init my-course" in result.stderr


def test_no_arguments_show_what_comes_next(grade) -> None:
    result = grade()
    assert result.exit_code == 0
    assert f"Next: {Catalog().exercises[0].id}" in result.output


def test_list_has_the_published_fields(grade) -> None:
    rows = json.loads(grade("list", "--format", "json").output)
    assert {row["id"] for row in rows} == {exercise.id for exercise in Catalog().exercises}
    assert set(rows[0]) == {
        "id",
        "number",
        "slug",
        "title",
        "chapter",
        "backend",
        "max_score",
        "status",
    }
    assert "exercise-07" in grade("list").output


def test_all_without_a_start_says_so(grade) -> None:
    result = grade("all")
    assert result.exit_code == 1
    assert "Nothing is started yet" in result.stderr


def test_output_goes_to_a_file(grade) -> None:
    put(reference())
    result = grade("07", "--output", "report.txt")
    assert (result.exit_code, result.output) == (0, "")
    assert "10/10 points" in Path("report.txt").read_text()
    assert grade("07", "--output", "no/such/folder.txt").exit_code == 2


def test_hints_go_one_level_at_a_time(grade) -> None:
    first = grade("hint", "07", "softmax_loss").output
    assert first.startswith("softmax_loss: 1. A question")
    assert "More: grade hint 07 softmax_loss --level 2" in first
    assert "More:" not in grade("hint", "07", "softmax_loss", "--level", "3").output


def test_the_solution_opens_after_a_pass_or_by_force(grade) -> None:
    refused = grade("solution", "07")
    assert refused.exit_code == 1 and "has not passed yet" in refused.stderr
    assert "def affine_forward" in grade("solution", "07", "--force").output
    put(reference())
    assert "def affine_forward" in grade("solution", "07").output


def test_reset_keeps_a_backup(grade) -> None:
    put("mine = 1\n")
    result = grade("reset", "07")
    assert result.exit_code == 0
    assert "backprop.backup1.py" in result.output
    assert Path("exercise_07_backprop/backprop.backup1.py").read_text() == "mine = 1\n"
    assert "NotImplementedError" in Path("exercise_07_backprop/backprop.py").read_text()


def test_a_seed_and_exploring_are_named_in_the_report(grade) -> None:
    put(reference())
    assert "seed 5" in grade("07", "--seed", "5").output
    assert json.loads(grade("07", "--explore", "--format", "json").output)["seed"] != 0


def test_a_fault_of_the_course_has_exit_code_3_and_blames_nobody(grade, monkeypatch) -> None:
    from grader.judge import grade as judge
    from grader.spec.domain import SpecError

    def broken(*_: object) -> None:
        raise SpecError("the tape is torn")

    monkeypatch.setattr(judge, "grade", broken)
    result = grade("07")
    assert result.exit_code == 3
    assert "Grader fault in exercise-07, not in your code: the tape is torn" in result.output
    document = json.loads(grade("07", "--format", "json").output)
    assert (document["status"], document["checks"]) == ("error", [])


def test_compose_prints_a_whole_submission(grade) -> None:
    source = grade("dev", "compose", "07", "leaves_out_the_bias").output
    put(source)
    assert "leaves out the bias" in grade("07").output


def test_a_backend_that_the_subject_rules_out_is_a_usage_error(grade) -> None:
    result = grade("08", "--backend", "numpy")
    assert result.exit_code == 2
    assert "exercise-08 is graded with python only." in result.stderr
    assert grade("all", "--backend", "torch").exit_code == 1


def test_an_exercise_that_the_workspace_does_not_have_yet(grade) -> None:
    import shutil

    folder = next(Path.cwd().glob("**/exercise_08_autograd"))
    shutil.rmtree(folder)
    result = grade("08")
    assert result.exit_code == 2
    assert "`grade reset 08` writes the stub" in result.stderr
    assert grade("reset", "08").exit_code == 0
    assert (folder / "README.md").is_file()
    assert grade("08").exit_code == 1
