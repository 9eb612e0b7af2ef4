"""Finds keys and passwords that were committed: detect-secrets over what git keeps, against a baseline of what is none.

    python -m tools.check_secrets            what is neither known nor marked ends with status 1
    python -m tools.check_secrets --accept   writes .secrets.baseline anew; look at its diff before committing it

An example in a test or a document is accepted by the baseline (a hash, no text). What ruff's S105 to S107 find by names
("password = …") is left to ruff: by names alone every translation of the word would count here.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from detect_secrets import SecretsCollection
from detect_secrets.settings import transient_settings

ROOT = Path(__file__).resolve().parents[1]
BASELINE = ROOT / ".secrets.baseline"
PLUGINS = (
    "AWSKeyDetector", "AzureStorageKeyDetector", "BasicAuthDetector", "GitHubTokenDetector", "GitLabTokenDetector",
    "JwtTokenDetector", "NpmDetector", "OpenAIDetector", "PrivateKeyDetector", "PypiTokenDetector", "SlackDetector",
    "StripeDetector",
)  # fmt: skip
SETTINGS: dict[str, Any] = {
    "plugins_used": [
        {"name": "Base64HighEntropyString", "limit": 4.5},
        {"name": "HexHighEntropyString", "limit": 3.0},
        *({"name": name} for name in PLUGINS),
    ]
}
# Generated, binary, or nothing but hashes. Words of languages: the corpus and the translations.
NOT_READ = re.compile(
    r"\.(png|gguf|svg|ico|po)$|package-lock\.json$|^requirements.*\.txt$|^docs/openapi\.yml$|/schema\.d\.ts$"
    r"|^models/starter/|/i18n/|^\.secrets\.baseline$"
)
# Most files hold nothing that any of the plugins could mean: asking all of them about each line would take a quarter of a minute.
MAY_HOLD = re.compile(
    r"""["'`](?:[0-9A-Fa-f]{8,}|[\w+/=-]{20,})["'`]|://[^\s/]+:[^\s/]+@|PRIVATE.KEY"""
    r"""|\b(?:A3T|AKIA|AGPA|AIDA|AROA|ASIA|gh[pousr]_|glpat-|xox|eyJ|sk-|[rs]k_|pypi-|npm_)|AccountKey|_authToken|hooks\.slack"""
)
UNQUOTED = (
    ".yml",
    ".yaml",
    ".ini",
    ".cfg",
    ".conf",
    ".env",
    ".example",
    ".service",
    ".toml",
)  # values stand there without quotes
Found = dict[tuple[str, str], tuple[str, int]]  # (path, hash) → kind, line


def main(argv: list[str]) -> int:
    found = secrets_in(kept_files())
    if argv == ["--accept"]:
        accept(found)
        return 0
    known = baseline()
    for (path, _), (kind, line) in sorted(item for item in found.items() if item[0] not in known):
        print(f"{path}:{line}: {kind}. If it is none: python -m tools.check_secrets --accept", file=sys.stderr)
    gone = known - found.keys()
    for path, _ in sorted(gone):
        print(
            f"{path}: what the baseline names is there no more; python -m tools.check_secrets --accept", file=sys.stderr
        )
    n_wrong = len(found.keys() - known) + len(gone)
    print(f"secrets: {'ok' if not n_wrong else f'{n_wrong} to look at'}")
    return int(bool(n_wrong))


def kept_files() -> list[str]:
    """Paths that git keeps (or would, being neither ignored nor added yet), without NOT_READ."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [path for path in listed if not NOT_READ.search(path) and (ROOT / path).is_file()]


def secrets_in(paths: Iterable[str], root: Path = ROOT) -> Found:
    found: Found = {}
    with transient_settings(SETTINGS):
        collection = SecretsCollection(root=str(root))
        for path in paths:
            if path.endswith(UNQUOTED) or MAY_HOLD.search((root / path).read_text(encoding="utf-8", errors="replace")):
                collection.scan_file(path)
    for path, secret in collection:
        found[path, secret.secret_hash] = secret.type, secret.line_number
    return found


def baseline() -> set[tuple[str, str]]:
    kept = json.loads(BASELINE.read_text(encoding="utf-8"))
    return {(path, secret["hashed_secret"]) for path, secrets in kept.items() for secret in secrets}


def accept(found: Found) -> None:
    kept: dict[str, list[dict[str, str]]] = {}
    for (path, hashed), (kind, _) in sorted(found.items()):
        kept.setdefault(path, []).append({"type": kind, "hashed_secret": hashed})
    BASELINE.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    print(f"{len(found)} accepted in {BASELINE.name}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
