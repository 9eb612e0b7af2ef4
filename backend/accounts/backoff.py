"""Making guesses slow. Counts attempts in the cache, so that all processes with one Redis count together.

After `free` attempts each further one must wait: `base_s`, doubled each time, up to `cap_s`. An attempt is counted before
its outcome is known, so a hundred at once gain nothing. Who asks is told by REMOTE_ADDR, which chat_project.proxy has set;
no header is read here.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
import time
from dataclasses import dataclass

from django.core.cache import cache
from django.http import HttpRequest

from backend.lib.errors import TooManyRequests


@dataclass(frozen=True)
class Backoff:
    name: str
    free: int
    base_s: float = 1.0
    cap_s: float = 900.0
    window_s: int = 3600  # after this, all is forgotten

    def attempt(self, *who: str) -> None:
        """Count one attempt of `who`. Raises TooManyRequests while they have to wait."""
        count, gate = self._keys(who)
        cache.add(count, 0, self.window_s)
        try:
            n = cache.incr(count)
        except ValueError:  # it ran out between the two lines
            cache.set(count, 1, self.window_s)
            return
        if n <= self.free:
            return
        wait_s = min(self.cap_s, self.base_s * 2.0 ** min(n - self.free, 30))
        now = time.time()
        # `add` is the gate: of many that come at once, exactly one passes, and it closes the gate behind itself.
        if not cache.add(gate, now + wait_s, wait_s):
            self.refund(*who)
            opens_at = cache.get(gate, now)
            raise TooManyRequests(retry_after_s=max(1, math.ceil(opens_at - now)))

    def refund(self, *who: str) -> None:
        """The attempt was none after all (it succeeded, or was not let through)."""
        count, _ = self._keys(who)
        try:
            cache.decr(count)
        except ValueError:
            return

    def forget(self, *who: str) -> None:
        """It was them: all their attempts are forgiven."""
        cache.delete_many(self._keys(who))

    def _keys(self, who: tuple[str, ...]) -> tuple[str, str]:
        digest = hashlib.sha256("\x1f".join(who).encode("utf-8", "backslashreplace")).hexdigest()[:40]
        return f"backoff:{self.name}:{digest}:n", f"backoff:{self.name}:{digest}:gate"


def address_of(request: HttpRequest) -> str:
    """Whom attempts are counted for: the IPv4 address, or the /64 network, as one household holds a whole one."""
    text = str(request.META.get("REMOTE_ADDR", ""))
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return "unknown"
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return text


LOGIN = Backoff("login", free=5)  # by address and name
LOGIN_ADDRESS = Backoff("login-address", free=60, cap_s=60)  # one address, many names
REGISTER = Backoff("register", free=300, cap_s=60)  # a school signs up behind one address on its first morning
SETUP = Backoff("setup", free=10)
PASSWORD = Backoff("password", free=5)  # asked again of somebody signed in, by user
