"""The search for secrets that were committed."""

import base64
import hashlib
import random
import string

import pytest

from tools.check_secrets import baseline, secrets_in

# The same in each run: of those drawn by chance the detectors pass over one in a thousand (too even, a row of digits).
DIGEST = hashlib.sha256(b"a key of nobody").digest()
HEX, BASE64 = DIGEST.hex(), base64.urlsafe_b64encode(DIGEST).decode().rstrip("=")


def found(folder, name, text):
    (folder / name).write_text(text, encoding="utf-8")
    return {kind for kind, _ in secrets_in([name], folder).values()}


def test_it_works(tmp_path):
    key = "AKIA" + "".join(random.Random(7).choices(string.ascii_uppercase, k=16))
    assert "AWS Access Key" in found(tmp_path, "a.py", f"key = '{key}'\n")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", f"TOKEN = '{BASE64}'"),
        ("a.ts", f'const key = "{HEX}";'),
        ("a.yml", f"secret: {HEX}"),
        ("a.md", f"postgres://maru:{HEX[:16]}@db/maru"),
        ("a.txt", "-----BEGIN RSA " + "PRIVATE KEY-----"),
    ],
)
def test_what_slipped_in_is_found(tmp_path, name, text):
    assert found(tmp_path, name, text + "\n")


def test_words_of_people_are_none(tmp_path):
    assert not found(tmp_path, "a.py", "label = 'Your password, at least ten characters'\ncode = 'not_authenticated'\n")


def test_the_baseline_holds_hashes_only():
    assert all(len(hashed) == 40 for _, hashed in baseline())
