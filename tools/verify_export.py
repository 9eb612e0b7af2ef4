"""Checks a signed export of Maru: was it changed since the house gave it out, and which house was it?

    python3 verify_export.py FILE [--key PUBLIC_KEY] [--out DOCUMENT]

Needs Python and nothing else, no Maru and no network: this one file can be handed to whoever has to check. `--key` is the house's
public key, got from it beforehand (`GET /api/export-key/`): without it the file only vouches for itself. Ends 0 when all is well,
1 when not. The arithmetic is RFC 8032's, section 5.1 (https://www.rfc-editor.org/rfc/rfc8032); slow, and nothing secret is in it.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
Point = tuple[int, int, int, int]  # extended: X, Y, Z, T with x = X/Z, y = Y/Z, x*y = T/Z
NEUTRAL: Point = (0, 1, 1, 0)


def add(a: Point, b: Point) -> Point:
    left, right = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    c, d = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = right - left, d - c, d + c, right + left
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(n: int, point: Point) -> Point:
    found = NEUTRAL
    while n:
        if n & 1:
            found = add(found, point)
        point, n = add(point, point), n >> 1
    return found


def is_same(a: Point, b: Point) -> bool:
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


def point_of(raw: bytes) -> Point:
    """Raises ValueError for what is no point of the curve."""
    number = int.from_bytes(raw, "little")
    sign, y = number >> 255, number & ((1 << 255) - 1)
    if len(raw) != 32 or y >= P:
        raise ValueError("no point")
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and sign):
        raise ValueError("no point")
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def is_signed(public_key: bytes, message: bytes, signature: bytes) -> bool:
    if len(signature) != 64:
        return False
    try:
        key, commitment = point_of(public_key), point_of(signature[:32])
    except ValueError:
        return False
    s = int.from_bytes(signature[32:], "little")
    if s >= L:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), "little") % L
    return is_same(times(s, BASE), add(commitment, times(challenge, key)))


def checked(envelope: Any, key: str | None) -> str:
    """The document. Raises ValueError with a sentence for people."""
    try:
        signature, document = envelope["signature"], envelope["document"]
        parts = envelope["format"], envelope["version"], signature["algorithm"]
        public_key, value = base64.b64decode(signature["public_key"]), base64.b64decode(signature["value"])
        message = f"maru.signed.1\n{signature['signed_at']}\n{document}".encode()
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError("This is no signed export of Maru.") from error
    if parts != ("maru.signed", 1, "Ed25519"):
        raise ValueError("This is no signed export of a kind that is known here.")
    if key is not None and base64.b64decode(key) != public_key:
        raise ValueError("CHANGED, or from another house: it is not signed with this key.")
    if not is_signed(public_key, message, value):
        raise ValueError("CHANGED: the signature does not fit the text.")
    return str(document)


def main() -> int:
    parser = argparse.ArgumentParser(description="Check a signed export of Maru, without Maru.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--key", help="the house's public key (base64), from GET /api/export-key/")
    parser.add_argument(
        "--out", type=Path, help="write the document there; Maru imports it, as it does the signed file"
    )
    asked = parser.parse_args()
    try:
        envelope = json.loads(asked.file.read_text(encoding="utf-8"))
        document = checked(envelope, asked.key)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    signature = envelope["signature"]
    print(f"Unchanged since {signature['signed_at']}, signed with the key {signature['public_key']}")
    if asked.key is None:
        print("Whose key that is, this file cannot tell: ask the house for its own, and check again with --key.")
    if asked.out:
        asked.out.write_text(document, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
