"""The layers together: what a confined runner can do, that it fails closed, and what it reads."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grader.runner import confine, landlock, privileges, seccomp
from grader.runner import roots as runner_roots
from grader.runner.confine import ConfinementError, Plan

NOBODY = 65534
RUNNER = Path(confine.__file__).parent

confinable = pytest.mark.skipif(
    not landlock.abi() or not seccomp.supported(), reason="takes Landlock and a seccomp filter"
)
root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
users = pytest.mark.parametrize(
    "user", [pytest.param(None, id="this user"), pytest.param(NOBODY, id="nobody", marks=root)]
)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every user can reach, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        yield Path(name)


# A judge, in whose folder the test's own process stands, and the runner that it starts. The runner
# becomes another user as part of its plan, so all that the actions need is imported before.
SCRIPT = """
import ctypes, errno, json, os, random, resource, signal, socket, subprocess, sys, threading, time
from grader.runner import confine, privileges, syscalls
user, confined, everything, preload, action = json.loads(sys.argv[1])
exec(preload)
readable = confine.readable_roots() if everything else [
    "/usr/lib", "/lib", "/proc/cpuinfo", "/sys/devices/system/cpu"]
judge = os.getpid()
plan = confine.Plan(readable, [os.getcwd()], uid=user, parent=judge)
runner = os.fork()
if runner:
    os._exit(os.waitstatus_to_exitcode(os.waitpid(runner, 0)[1]))
if confined:
    start = time.perf_counter()
    layers = confine.confine(plan)
    milliseconds = (time.perf_counter() - start) * 1e3
elif user:
    privileges.drop_to(user, user)
try:
    exec(action)
except OSError as error:
    print(errno.errorcode[error.errno], flush=True)
else:
    print("done", flush=True)
os._exit(0)
"""


def outcome(
    action: str,
    folder: Path,
    *,
    user: int | None = None,
    confined: bool = True,
    everything: bool = False,
    preload: str = "",
    python: str = sys.executable,
) -> list[str]:
    """Run `action` with `folder`/scratch as its scratch; return its lines, "done" or an error."""
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    (folder / "secret").write_text("secret")
    (folder / "secret").chmod(0o666)
    if not (scratch / "door").is_symlink():
        (scratch / "door").symlink_to("../secret")
    if user:
        os.chown(scratch, user, user)
        os.chown(folder / "secret", user, user)
    done = subprocess.run(
        [python, "-I", "-c", SCRIPT, json.dumps([user, confined, everything, preload, action])],
        cwd=scratch,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout.split("\n")[:-1]


CLOSED = {
    "a file outside": "open('../secret').read()",
    "a file outside through a link": "open('door').read()",
    "writing outside": "open('../secret', 'a')",
    "making a file outside": "open('../new', 'w')",
    "listing outside": "os.listdir('..')",
    "changing a mode outside": "os.chmod('../secret', 0o666)",
    "changing a time outside": "os.utime('../secret')",
    "a process": "os._exit(0) if os.fork() == 0 else os.wait()",
    "a program": "os.execv('/bin/echo', ['echo', 'done'])",
    "a command": "subprocess.run(['/bin/true'])",
    "the network": "socket.socket()",
    "a local socket": "socket.socket(socket.AF_UNIX)",
    "memory with a name": "os.memfd_create('x')",
}


@confinable
@users
@pytest.mark.parametrize("name", CLOSED)
def test_closed(name: str, user: int | None, folder: Path) -> None:
    action = CLOSED[name]
    assert outcome(action, folder, user=user) in (["EPERM"], ["EACCES"])
    assert outcome(action, folder, user=user, confined=False) == ["done"]


@confinable
@users
def test_what_is_in_force(user: int | None, folder: Path) -> None:
    [layers, identity, done] = outcome(
        "print(json.dumps(layers))\nprint(os.getuid())", folder, user=user
    )
    wanted = [layer for layer in confine.LAYERS if user or layer != confine.USER]
    assert json.loads(layers) == wanted
    assert identity == str(user or os.getuid())
    assert done == "done"


WORKS = """
assert numpy.random.default_rng(0).normal(size=(9, 9)) @ numpy.eye(9) is not None
numpy.save("array.npy", numpy.arange(3))
assert numpy.load("array.npy").tolist() == [0, 1, 2]
torch.set_num_threads(2)
a = torch.randn(400, 400, requires_grad=True)
(a @ a).square().sum().backward()
assert torch.isfinite(a.grad).all()
left, right = socket.socketpair()
threading.Thread(target=left.sendall, args=(b"x" * 9,)).start()
assert right.recv(9, socket.MSG_WAITALL) == b"x" * 9
os.mkdir("folder")
open("folder/file", "w").write("x")
open("/dev/null", "w").write("x")
ctypes.CDLL("libm.so.6").cos
time.sleep(0.001)
random.random()
os.urandom(8)
"""
LIBRARIES = "import numpy, torch; torch.set_num_threads(1); torch.manual_seed(0)\n"
LIBRARIES += "numpy.random.default_rng(0); import numpy.lib.format"


@confinable
@users
def test_calculations_work(user: int | None, folder: Path) -> None:
    assert outcome(WORKS, folder, user=user, preload=LIBRARIES) == ["done"]


@confinable
def test_modules_are_imported_late(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # torch leaves it behind in this process when a test before has used torch.optim.
    monkeypatch.delenv("TORCHINDUCTOR_CACHE_DIR", raising=False)
    action = """
import decimal, statistics, sqlite3, zoneinfo
import sympy
layer = torch.nn.Linear(4, 1)
optimizer = torch.optim.Adam(layer.parameters())
layer(torch.randn(8, 4)).square().mean().backward()
optimizer.step()
optimizer.zero_grad()
numpy.fft.fft(numpy.ones(4)), numpy.polynomial.Polynomial([1, 2])
"""
    preload = (
        "import numpy, torch, tempfile; torch.set_num_threads(1); tempfile.tempdir = os.getcwd()"
    )
    assert outcome(action, folder, everything=True, preload=preload) == ["done"]
    assert list(folder.glob("scratch/torchinductor*"))  # what torch keeps, it keeps in scratch


@confinable
def test_the_rest_of_the_course_cannot_be_imported(folder: Path) -> None:
    action = "import grader.judge.compare"
    assert outcome(action, folder, everything=True) == ["EACCES"]
    assert outcome(action, folder, everything=True, confined=False) == ["done"]
    assert outcome("import grader.runner.wire", folder, everything=True) == ["done"]


@confinable
def test_cost(folder: Path, record_property: Callable[[str, object], None]) -> None:
    lines = outcome("print(len(readable), milliseconds)", folder, everything=True)
    rules, milliseconds = lines[0].split()
    record_property("rules", int(rules))
    record_property("confine_ms", float(milliseconds))


@confinable
@root
def test_a_user_who_cannot_read_the_libraries_is_an_error(folder: Path) -> None:
    (folder / "closed").mkdir(mode=0o700)
    (folder / "closed/library").mkdir()
    action = f"""
try:
    confine.confine(confine.Plan(["{folder}/closed/library"], uid={NOBODY}))
except confine.ConfinementError as error:
    print(error)
"""
    [said, _] = outcome(action, folder, confined=False)
    assert said == f"separate user: user {NOBODY} cannot read {folder}/closed/library"


@confinable
@root
def test_a_user_who_cannot_write_to_scratch_is_an_error(folder: Path) -> None:
    action = f"""
try:
    confine.confine(confine.Plan([], ["/usr"], uid={NOBODY}))
except confine.ConfinementError as error:
    print(error)
"""
    assert outcome(action, folder, confined=False)[0].endswith("cannot write to /usr")


# Failing closed: with every layer replaced by a note that it was asked for.


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The layers asked for, in order; none of them does anything."""
    notes: list[str] = []

    def note(layer: str) -> Callable[..., bool]:
        def apply(*_: object, **__: object) -> bool:
            notes.append(layer)
            return True

        return apply

    monkeypatch.setattr(privileges, "no_new_privileges", note(confine.NO_NEW_PRIVILEGES))
    monkeypatch.setattr(privileges, "drop_to", note(confine.USER))
    monkeypatch.setattr(privileges, "undumpable", note(confine.UNDUMPABLE))
    monkeypatch.setattr(privileges, "die_with_parent", note(confine.PARENT))
    monkeypatch.setattr(landlock, "restrict", note(confine.LANDLOCK))
    monkeypatch.setattr(seccomp, "apply", note(confine.SECCOMP))
    monkeypatch.setattr(landlock, "abi", lambda: 7)
    monkeypatch.setattr(seccomp, "supported", lambda: True)
    return notes


def test_order(asked: list[str]) -> None:
    assert confine.confine(Plan([], uid=NOBODY, parent=1)) == list(confine.LAYERS)
    assert asked == list(confine.LAYERS)


def test_layers_not_asked_for_are_left_out(asked: list[str]) -> None:
    wanted = [x for x in confine.LAYERS if x not in (confine.USER, confine.PARENT)]
    assert confine.confine(Plan([])) == wanted
    assert asked == wanted


@pytest.mark.parametrize(
    ("layer", "module", "name", "value"),
    [
        (confine.LANDLOCK, landlock, "abi", 0),
        (confine.SECCOMP, seccomp, "supported", False),
    ],
)
def test_a_required_layer_that_is_missing_ends_before_anything_else(
    layer: str,
    module: object,
    name: str,
    value: object,
    asked: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, name, lambda: value)
    with pytest.raises(ConfinementError) as caught:
        confine.confine(Plan([]))
    assert caught.value.layer == layer
    assert asked == []


@pytest.mark.parametrize("layer", [confine.USER, confine.PARENT])
def test_a_required_layer_without_its_number_is_an_error(layer: str, asked: list[str]) -> None:
    with pytest.raises(ConfinementError, match="is given") as caught:
        confine.confine(Plan([], required=frozenset({layer})))
    assert caught.value.layer == layer
    assert asked == []


FAILURES = {
    confine.NO_NEW_PRIVILEGES: (privileges, "no_new_privileges", privileges.PrivilegeError),
    confine.USER: (privileges, "drop_to", privileges.PrivilegeError),
    confine.UNDUMPABLE: (privileges, "undumpable", privileges.PrivilegeError),
    confine.PARENT: (privileges, "die_with_parent", OSError),
    confine.LANDLOCK: (landlock, "restrict", landlock.LandlockError),
    confine.SECCOMP: (seccomp, "apply", seccomp.SeccompError),
}


@pytest.mark.parametrize("layer", FAILURES)
def test_a_layer_that_fails(layer: str, asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    module, name, error = FAILURES[layer]

    def fail(*_: object, **__: object) -> None:
        raise error("no")

    monkeypatch.setattr(module, name, fail)
    plan = Plan([], uid=NOBODY, parent=1, required=frozenset(confine.LAYERS))
    with pytest.raises(ConfinementError, match="no") as caught:
        confine.confine(plan)
    assert caught.value.layer == layer
    assert asked == list(confine.LAYERS[: confine.LAYERS.index(layer)])
    asked.clear()

    optional = Plan([], uid=NOBODY, parent=1, required=frozenset())
    if layer == confine.USER:  # half of a change of user is worse than none
        with pytest.raises(ConfinementError):
            confine.confine(optional)
    else:
        assert confine.confine(optional) == [other for other in confine.LAYERS if other != layer]


def test_a_layer_that_the_system_lacks(asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(privileges, "undumpable", lambda: False)
    assert confine.UNDUMPABLE not in confine.confine(Plan([]))
    with pytest.raises(ConfinementError, match="no such layer"):
        confine.confine(Plan([], required=frozenset({confine.UNDUMPABLE})))


def test_an_unknown_layer_is_an_error(asked: list[str]) -> None:
    with pytest.raises(ValueError, match="moat"):
        confine.confine(Plan([], required=frozenset({"moat"})))
    assert asked == []


@confinable
def test_available_leaves_this_process_alone() -> None:
    before = Path("/proc/self/status").read_text()
    found = confine.available()
    assert list(found) == list(confine.LAYERS)
    assert found[confine.LANDLOCK] == f"enforced (ABI {landlock.abi()})"
    assert found[confine.SECCOMP] == "enforced"
    assert all(text.startswith(("enforced", "not enforced: ")) for text in found.values())
    after = Path("/proc/self/status").read_text()
    kept = ("NoNewPrivs", "Seccomp", "Uid")
    assert [x for x in before.splitlines() if x.startswith(kept)] == [
        x for x in after.splitlines() if x.startswith(kept)
    ]
    assert os.listdir("/")


def test_available_says_what_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    found = confine.available()
    assert list(found) == list(confine.LAYERS)
    assert all(text.startswith("not enforced: ") for text in found.values())


# What may be read, in each way in which the course can be installed.

PRIVATE = ("reference/e/solution.py", "exercises/e/README.md", "grader/judge/draw.py",
           "grader/__init__.py", "quizzes/bank.yaml")  # fmt: skip
COURSE_ONLY = ("tests/test.py", "docs/page.md", "pyproject.toml", ".git/config")
ROOTS = """
import json, sys
from grader.runner.roots import readable_roots
print(json.dumps(readable_roots(json.loads(sys.argv[1]))))
"""


def install(course: Path, *, checkout: bool) -> None:
    """Lay out a course with nothing real in it but the runner."""
    for name in PRIVATE + (COURSE_ONLY if checkout else ()):
        (course / name).parent.mkdir(parents=True, exist_ok=True)
        (course / name).write_text("")
    shutil.copytree(RUNNER, course / "grader/runner", ignore=lambda *_: ["__pycache__"])


def environment(folder: Path) -> tuple[str, Path]:
    """Make a virtual environment with one package; return its interpreter and site-packages."""
    command = [sys.executable, "-I", "-m", "venv", "--without-pip", str(folder)]
    subprocess.run(command, check=True)
    [packages] = folder.glob("lib/python*/site-packages")
    for name in ("numpy/core.py", "numpy.libs/lib.so", "typing.py", "numpy-2.dist-info/RECORD"):
        (packages / name).parent.mkdir(exist_ok=True)
        (packages / name).write_text("")
    return str(folder / "bin/python"), packages


def roots(python: str, *extra: object) -> list[Path]:
    command = [python, "-I", "-c", ROOTS, json.dumps([str(path) for path in extra])]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [Path(path) for path in json.loads(done.stdout)]


def readable(path: Path, allowed: list[Path]) -> bool:
    return any(path.resolve().is_relative_to(each) for each in allowed)


def check(packages: Path, course: Path, allowed: list[Path], *, checkout: bool) -> None:
    """Check that of the course only the runner is readable, and of the packages all modules."""
    for name in PRIVATE + (COURSE_ONLY if checkout else ()):
        assert not readable(course / name, allowed), name
    assert readable(course / "grader/runner/wire.py", allowed)
    for name in ("numpy/core.py", "numpy.libs/lib.so", "typing.py"):
        assert readable(packages / name, allowed), name
    assert readable(Path(os.__file__), allowed)
    assert len(allowed) == len(set(allowed))


def test_roots_of_a_wheel(tmp_path: Path) -> None:
    python, packages = environment(tmp_path / "venv")
    install(packages, checkout=False)
    check(packages, packages, roots(python), checkout=False)
    assert not readable(packages / "numpy-2.dist-info/RECORD", roots(python))
    check(packages, packages, roots(python, tmp_path), checkout=False)
    check(packages, packages, roots(python, packages / "reference", "/missing"), checkout=False)


@pytest.mark.parametrize("place", ["venv", "course/.venv"])
def test_roots_of_an_editable_install(place: str, tmp_path: Path) -> None:
    python, packages = environment(tmp_path / place)
    course = tmp_path / "course"
    install(course, checkout=True)
    (packages / "course.pth").write_text(f"{course}\n")
    check(packages, course, roots(python), checkout=True)
    check(packages, course, roots(python, course), checkout=True)
    assert readable(tmp_path / "notes", roots(python, tmp_path / "notes")) is False
    (tmp_path / "notes").mkdir()
    assert readable(tmp_path / "notes/page", roots(python, tmp_path / "notes"))


def test_roots_with_a_link_to_the_course(tmp_path: Path) -> None:
    python, packages = environment(tmp_path / "venv")
    course = tmp_path / "course"
    install(course, checkout=True)
    for name in ("grader", "reference"):
        (packages / name).symlink_to(course / name)
    (packages / "alias").symlink_to(course)
    check(packages, course, roots(python), checkout=True)


def test_roots_leave_out_another_copy_of_the_course(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "lib/python3/dist-packages"
    install(other, checkout=False)
    (other / "useful.py").write_text("")
    (tmp_path / "lib/shared.so").write_text("")
    monkeypatch.setattr(runner_roots, "SYSTEM", (str(tmp_path / "lib"),))
    allowed = [Path(path) for path in runner_roots.readable_roots()]
    for name in (*PRIVATE, "grader/runner/wire.py"):
        assert not readable(other / name, allowed)
    assert readable(other / "useful.py", allowed)
    assert readable(tmp_path / "lib/shared.so", allowed)


@confinable
def test_a_wheels_reference_cannot_be_read(tmp_path: Path) -> None:
    python, packages = environment(tmp_path / "venv")
    install(packages, checkout=False)
    secret = packages / "reference/e/solution.py"
    for action, wanted in (
        (f"open({str(secret)!r})", "EACCES"),
        (f"os.listdir({str(secret.parent)!r})", "EACCES"),
        (f"open({str(packages / 'numpy/core.py')!r})", "done"),
        ("import typing, json.tool", "done"),
    ):
        assert outcome(action, tmp_path, everything=True, python=python) == [wanted]
        open_to_all = outcome(action, tmp_path, everything=True, confined=False, python=python)
        assert open_to_all == ["done"]
