"""Runs sample code as a person does: saved to a file, with the real Speech SDK, the key in the environment."""

import os
import subprocess
import sys
import wave
from html import unescape
from pathlib import Path

from tests.node import NODE, packages

HERE = Path(__file__).parent
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
    command = {"python": [sys.executable], "javascript": [str(NODE)], "curl": ["bash"]}[language]
    modules = audio.parent / "node_modules"
    if language == "javascript" and not modules.exists():
        modules.symlink_to(packages(HERE))
    command += [FILES[language], audio.name]
    env = {"PATH": os.environ["PATH"], "HOME": str(audio.parent), **env}
    return subprocess.run(command, cwd=audio.parent, env=env, capture_output=True, text=True, timeout=60)
