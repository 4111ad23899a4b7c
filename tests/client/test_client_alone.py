"""The client can be used without the rest of the product."""

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


def test_it_imports_neither_django_nor_the_rest_of_the_product():
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=True)
    packages, ours = (set(line.split()) for line in done.stdout.splitlines())
    assert not packages & {"django", "celery", "kombu", "starlette", "speechstudio"}
    assert not packages & {"azure", "msal", "requests"}  # slow to import, and rarely needed
    assert all(name == "endpoints" or name.startswith("endpoints.azure") for name in ours)


def test_the_names_of_the_readme_exist():
    import endpoints.azure

    text = (ROOT / "endpoints/azure/README.md").read_text()
    code = "".join(part.removeprefix("python") for part in text.split("```")[1::2])
    compile(code, "README.md", "exec")
    for line in code.splitlines():
        if line.startswith("from endpoints.azure import "):
            assert set(line.removeprefix("from endpoints.azure import ").split(", ")) <= set(endpoints.azure.__all__)


def test_the_table_of_the_readme_has_every_version_and_capability():
    from endpoints.azure import VERSIONS, Capabilities

    table = (ROOT / "endpoints/azure/README.md").read_text().split("## Versions")[1].split("## Errors")[0]
    assert f"| | {' | '.join(VERSIONS)} |" in table
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines() if line.startswith("| `")]
    for name in Capabilities.__struct_fields__:
        (row,) = [row for row in rows if f"`{name}`" in row[0]]
        able = [getattr(version.capabilities, name) for version in VERSIONS.values()]
        assert [cell == "yes" for cell in row[1:]] == able
