"""How often one user, or one address without a user, may ask.

Generous: they bound accidents and abuse, not people. In-process unless a Redis cache is set.
"""

from __future__ import annotations

from typing import ClassVar

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle, UserRateThrottle
from rest_framework.views import APIView


class PerUser(UserRateThrottle):
    """A view's `throttle_scope` names a rate of RATES; reads of a view without one are "read", the rest "write"."""

    RATES: ClassVar[dict[str, str]] = {
        "read": "1200/min",
        "write": "600/min",
        "search": "240/min",
        "import": "30/min",
    }
    rate = "1200/min"

    def allow_request(self, request: Request, view: APIView) -> bool:
        self.scope = getattr(view, "throttle_scope", None) or ("read" if request.method == "GET" else "write")
        self.rate = self.RATES[self.scope]
        self.num_requests, self.duration = self.parse_rate(self.rate)
        return super().allow_request(request, view)


class PerAddress(SimpleRateThrottle):
    """For what anybody may read: by the visitor's address (ProxyHeaders has put the true one in place)."""

    scope = "address"
    rate = "120/min"

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}
