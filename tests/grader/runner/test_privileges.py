"""What a process gives up about itself, seen from inside and from another process of its user."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader.runner import privileges

NOBODY = 65534

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a property of Linux")
root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
switch = pytest.mark.parametrize("given_up", [True, False], ids=["given up", "kept"])
users = pytest.mark.parametrize(
    "user", [pytest.param(None, id="this user"), pytest.param(NOBODY, id="nobody", marks=root)]
)

HEAD = """
import ctypes, errno, json, os, select, signal, sys, time
from grader.runner import privileges
from grader.runner.privileges import PrivilegeError
user, given_up = json.loads(sys.argv[1])
def become():
    if user:
        privileges.drop_to(user, user)
        privileges._prctl(privileges.SET_DUMPABLE, 1)
def refusal(action):
    try:
        action()
    except OSError as error:
        return errno.errorcode[error.errno]
    except PrivilegeError as error:
        return str(error)
    return "done"
"""


def run(script: str, *arguments: object, cwd: Path | None = None) -> list[str]:
    """Run a script in a process of its own and return its lines."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", HEAD + script, json.dumps(arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\n")[:-1]


@linux
@users
@switch
def test_no_new_privileges(user: int | None, given_up: bool) -> None:
    script = """
become()
before = open("/proc/self/status").read()
print("NoNewPrivs:\\t1" in before)
print(privileges.no_new_privileges() if given_up else "")
print("NoNewPrivs:\\t1" in open("/proc/self/status").read())
"""
    before, returned, after = run(script, user, given_up)
    if before == "True":
        pytest.skip("these tests run without new privileges themselves")
    assert (returned, after) == (("True", "True") if given_up else ("", "False"))


@linux
@switch
def test_undumpable_closes_the_memory(given_up: bool) -> None:
    user = NOBODY if os.geteuid() == 0 else None  # root reads everything
    script = """
become()
ready, go = os.pipe(), os.pipe()
target = os.fork()
if not target:
    print(privileges.undumpable() if given_up else "", flush=True)
    os.write(ready[1], b"x")
    os.read(go[0], 1)
    os._exit(0)
os.read(ready[0], 1)
print(refusal(lambda: os.close(os.open(f"/proc/{target}/mem", os.O_RDWR))))
print(refusal(lambda: os.close(os.open(f"/proc/{target}/environ", os.O_RDONLY))))
os.write(go[1], b"x")
os.wait()
"""
    wanted = ["True", "EACCES", "EACCES"] if given_up else ["", "done", "done"]
    assert run(script, user, given_up) == wanted


@linux
@users
@switch
def test_dies_with_its_parent(user: int | None, given_up: bool) -> None:
    script = """
become()
alive, started = os.pipe(), os.pipe()
parent = os.fork()
if not parent:
    number = os.getpid()
    if not os.fork():
        print(privileges.die_with_parent(number) if given_up else "", flush=True)
        os.close(alive[0])
        os.write(started[1], b"x")
        time.sleep(1 if not given_up else 60)
        os.write(alive[1], b"x")
        os._exit(0)
    os.read(started[0], 1)
    os._exit(0)
os.close(alive[1])
os.waitpid(parent, 0)
print(len(os.read(alive[0], 1)))
"""
    assert run(script, user, given_up) == (["True", "0"] if given_up else ["", "1"])


@linux
def test_a_parent_that_is_gone_is_an_error() -> None:
    script = "print(refusal(lambda: privileges.die_with_parent(os.getpid())))"
    assert run(script, None, True) == ["the parent has already ended"]


@linux
@root
@switch
def test_drop_to(given_up: bool, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "secret").chmod(0o600)
    tmp_path.chmod(0o711)
    script = """
print(privileges.drop_to(65534, 65533) if given_up else "")
print(os.getresuid(), os.getresgid(), os.getgroups())
print(refusal(lambda: os.open("secret", os.O_RDONLY)))
print(refusal(lambda: os.setresuid(0, 0, 0)))
print(refusal(lambda: privileges.drop_to(65534, 65534)))
"""
    returned, identity, reading, back, again = run(script, None, given_up, cwd=tmp_path)
    if given_up:
        assert returned == "True"
        assert identity == "(65534, 65534, 65534) (65533, 65533, 65533) []"
        assert (reading, back) == ("EACCES", "EPERM")
        assert again == "only root can become another user"
    else:
        assert identity.startswith("(0, 0, 0) (0, 0, 0)")
        assert (reading, back, again) == ("done", "done", "done")


@linux
@root
@pytest.mark.parametrize("option", ["8, 1", "28, 4"], ids=["keep", "no fixup"])
def test_capabilities_that_stay_are_an_error(option: str) -> None:
    script = f"privileges._prctl({option})\n"
    script += "print(refusal(lambda: privileges.drop_to(65534, 65534)))"
    assert run(script, None, True) == ["root's capabilities stayed with user 65534"]


@pytest.mark.parametrize(("uid", "gid"), [(0, 0), (0, 5), (5, 0), (-1, 5), (5, -1)])
def test_root_is_no_user_to_drop_to(uid: int, gid: int) -> None:
    with pytest.raises(privileges.PrivilegeError, match="must not be root's"):
        privileges.drop_to(uid, gid)


def test_another_system_has_none_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.delattr(os, "setresuid", raising=False)
    assert not privileges.no_new_privileges()
    assert not privileges.undumpable()
    assert not privileges.die_with_parent(1)
    assert not privileges.drop_to(NOBODY, NOBODY)


@linux
@pytest.mark.parametrize("function", ["no_new_privileges", "undumpable"])
def test_a_setting_that_does_not_take_is_an_error(
    function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = {privileges.GET_NO_NEW_PRIVILEGES: 0, privileges.GET_DUMPABLE: 1}
    monkeypatch.setattr(privileges, "_prctl", lambda option, value=0: answers.get(option, 0))
    with pytest.raises(privileges.PrivilegeError):
        getattr(privileges, function)()


@linux
def test_a_refused_setting_is_an_error() -> None:
    assert run("print(refusal(lambda: privileges._prctl(-1)))", None, True) == [
        "prctl(-1): Invalid argument"
    ]
