"""Writes what Maru is made of into sbom/: python.cdx.json, frontend-chat.cdx.json, frontend-admin.cdx.json, licences.md.

    make sbom

CycloneDX, by cyclonedx-py (in an environment of its own, `.venv-sbom`) over what is installed in `.venv`, of which what
requirements.txt names is kept: the rest serves tests. npm lists each front end's packages without those of development.
Asks nothing of the network.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "sbom"
FRONT_ENDS = ("frontend-chat", "frontend-admin")


def main() -> int:
    TARGET.mkdir(exist_ok=True)
    parts = {"python": python(), **{front_end: npm(front_end) for front_end in FRONT_ENDS}}
    for name, bom in parts.items():
        (TARGET / f"{name}.cdx.json").write_text(json.dumps(bom, indent=1) + "\n", encoding="utf-8")
    (TARGET / "licences.md").write_text(licences(parts), encoding="utf-8")
    print(", ".join(f"{name}: {len(bom['components'])}" for name, bom in parts.items()), "components in sbom/")
    return 0


def python() -> dict[str, Any]:
    command = [ROOT / ".venv-sbom/bin/cyclonedx-py", "environment", "--of", "JSON", ROOT / ".venv/bin/python"]
    named = set(re.findall(r"^([\w.-]+)==", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE))
    return kept(_json(command, ROOT), {plain(name) for name in named})


def npm(front_end: str) -> dict[str, Any]:
    return _json(["npm", "sbom", "--omit=dev", "--sbom-format=cyclonedx"], ROOT / front_end)


def kept(bom: dict[str, Any], names: set[str]) -> dict[str, Any]:
    """The document with the components of these names only, and what depends on what among them."""
    components = [part for part in bom["components"] if plain(part["name"]) in names]
    refs = {part["bom-ref"] for part in components}
    dependencies = [
        {**link, "dependsOn": [ref for ref in link.get("dependsOn", ()) if ref in refs]}
        for link in bom.get("dependencies", ())
        if link["ref"] in refs
    ]
    return {**bom, "components": components, "dependencies": dependencies}


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def licences(parts: dict[str, dict[str, Any]]) -> str:
    """A table for people: each licence with who is under it; those that state none come first."""
    under: dict[str, set[str]] = {}
    for bom in parts.values():
        for part in bom["components"]:
            names = [_licence(entry) for entry in part.get("licenses", ())] or ["(none stated)"]
            for name in names:
                under.setdefault(name, set()).add(f"{part['name']} {part.get('version', '')}".strip())
    rows = [f"| {name} | {len(who)} | {', '.join(sorted(who))} |" for name, who in sorted(under.items())]
    return "\n".join(["| licence | packages | which |", "|---|---|---|", *rows, ""])


def _licence(entry: dict[str, Any]) -> str:
    licence = entry.get("license", {})
    name = str(entry.get("expression") or licence.get("id") or licence.get("name") or "(none stated)")
    return name.splitlines()[0][:60].replace("|", "/")


def _json(command: list[Any], folder: Path) -> dict[str, Any]:
    done = subprocess.run([str(part) for part in command], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{command[0]}: {done.stderr.strip()[-2000:]}")
    made: dict[str, Any] = json.loads(done.stdout)
    return made


if __name__ == "__main__":
    sys.exit(main())
