"""Lock files, and the creation of `.venv`."""

import ast
import hashlib
import re
import runpy
import shutil
import subprocess
import sys
import tomllib

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
    run, test = (pins(lock) for lock in LOCKS)
    assert [lock.stem for lock in LOCKS] == ["run", "test"]
    assert run.items() <= test.items()


def test_all_that_the_project_needs_is_in_the_locks():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    run, test = (pins(lock) for lock in LOCKS)
    for needed, lock in ((project["project"]["dependencies"], run), (project["dependency-groups"]["test"], test)):
        names = {normal(re.match(r"[A-Za-z0-9._-]+", line)[0]) for line in needed}
        assert names - lock.keys() == set()


@pytest.mark.parametrize("path", [BOOTSTRAP, ROOT / "manage.py"], ids=lambda path: path.name)
def test_an_old_python_reads_it_and_gets_a_sentence_instead_of_a_syntax_error(path):
    ast.parse(path.read_text(), feature_version=(3, 7))


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


@pytest.mark.parametrize(
    ("command", "lock"), [("demo", "run"), ("help", "run"), ("", "run"), ("test", "test"), ("lint", "test")]
)
def test_only_commands_of_development_install_what_development_needs(command, lock):
    enter = runpy.run_path(str(BOOTSTRAP))["enter"]
    asked = []
    enter.__globals__["prepare"] = asked.append
    enter(["manage.py", command] if command else ["manage.py"])
    assert asked == [lock]
