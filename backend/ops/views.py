"""GET /healthz (the process answers) and /readyz (it should be given work). Open to everybody, and say nothing more."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse

from backend.lib.safe_only import safe_only
from backend.ops.readiness import readiness


@safe_only
async def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@safe_only
async def readyz(request: HttpRequest) -> JsonResponse:
    state = await readiness()
    status = 200 if state.is_ready else 503
    return JsonResponse({"status": "ready" if state.is_ready else "not_ready", "checks": state.checks}, status=status)
