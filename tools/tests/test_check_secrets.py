"""The search for secrets that were committed."""

import secrets
import string

import pytest

from tools.check_secrets import baseline, secrets_in


def found(folder, name, text):
    (folder / name).write_text(text, encoding="utf-8")
    return {kind for kind, _ in secrets_in([name], folder).values()}


def test_it_works(tmp_path):
    key = "AKIA" + "".join(secrets.choice(string.ascii_uppercase) for _ in range(16))
    assert "AWS Access Key" in found(tmp_path, "a.py", f"key = '{key}'\n")


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("a.py", lambda: f"TOKEN = '{secrets.token_urlsafe(48)}'"),
        ("a.ts", lambda: f'const key = "{secrets.token_hex(32)}";'),
        ("a.yml", lambda: f"secret: {secrets.token_hex(32)}"),
        ("a.md", lambda: f"postgres://maru:{secrets.token_hex(8)}@db/maru"),
        ("a.txt", lambda: "-----BEGIN RSA " + "PRIVATE KEY-----"),
    ],
)
def test_what_slipped_in_is_found(tmp_path, name, make):
    assert found(tmp_path, name, make() + "\n")


def test_words_of_people_are_none(tmp_path):
    assert not found(tmp_path, "a.py", "label = 'Your password, at least ten characters'\ncode = 'not_authenticated'\n")


def test_the_baseline_holds_hashes_only():
    assert all(len(hashed) == 40 for _, hashed in baseline())
