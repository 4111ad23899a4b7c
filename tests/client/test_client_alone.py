"""The client is usable by itself."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPT = """
import sys
from endpoints.azure import SpeechClient
SpeechClient("https://eastus.api.cognitive.microsoft.com", "key").close()
print(*sorted({name.partition(".")[0] for name in sys.modules}))
print(*sorted(name for name in sys.modules if name.startswith("endpoints")))
"""


def test_it_needs_neither_django_nor_the_rest_of_the_product():
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=True)
    packages, ours = (set(line.split()) for line in done.stdout.splitlines())
    assert not packages & {"django", "celery", "kombu", "starlette", "speechstudio"}
    assert all(name == "endpoints" or name.startswith("endpoints.azure") for name in ours)


def test_the_names_of_the_readme_exist():
    import endpoints.azure

    text = (ROOT / "endpoints/azure/README.md").read_text()
    code = text.split("```")[1].removeprefix("python")
    compile(code, "README.md", "exec")
    for line in code.splitlines():
        if line.startswith("from endpoints.azure import "):
            assert set(line.removeprefix("from endpoints.azure import ").split(", ")) <= set(endpoints.azure.__all__)
