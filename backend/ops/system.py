"""/api/system/: what this house runs on, and how it has done since this process began. Measured, never constants.

Staff only. Names no path, no address and no secret: what is told here may be pasted into a report.
"""

from __future__ import annotations

import platform
import shutil
from datetime import UTC, datetime
from typing import Any

import django
import psutil
from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import connection
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.chat.turns import get_turns
from backend.lib import metrics
from backend.llm.registry import get_running
from backend.ops.live.history import spread
from backend.ops.live.sampler import get_sampler

_ANY = serializers.DictField(child=serializers.JSONField())


class SpreadShape(serializers.Serializer[Any]):
    """Milliseconds; null before anything was measured."""

    p50 = serializers.FloatField(allow_null=True)
    p95 = serializers.FloatField(allow_null=True)
    p99 = serializers.FloatField(allow_null=True)


class PerformanceShape(serializers.Serializer[Any]):
    """Of all generations of this web process since it began: chats, titles, programs."""

    process = serializers.CharField()
    since = serializers.DateTimeField()
    total_requests = serializers.IntegerField()
    avg_response_time = serializers.FloatField(allow_null=True, help_text="seconds, from arrival to the last token")
    success_rate = serializers.FloatField(
        allow_null=True, help_text="percent of those that ended by themselves or in an error"
    )
    active_connections = serializers.IntegerField(help_text="open sockets")
    max_concurrent = serializers.IntegerField(help_text="most generations at once, as measured")
    running = serializers.IntegerField()
    tokens_total = serializers.IntegerField()
    ttft_ms = SpreadShape()
    itl_ms = SpreadShape()
    queue_ms = SpreadShape()
    e2e_ms = SpreadShape()


class HostShape(serializers.Serializer[Any]):
    system = serializers.CharField(help_text="operating system and its release")
    machine = serializers.CharField(help_text="like x86_64")
    n_cpus = serializers.IntegerField()
    cpu_percent = serializers.FloatField()
    memory_used_bytes = serializers.IntegerField()
    memory_total_bytes = serializers.IntegerField()
    disk_free_bytes = serializers.IntegerField(help_text="where the data folder lies")
    disk_total_bytes = serializers.IntegerField()


class ProcessShape(serializers.Serializer[Any]):
    name = serializers.CharField()
    python = serializers.CharField()
    django = serializers.CharField()
    since = serializers.DateTimeField()
    cpu_percent = serializers.FloatField(help_text="100 is one core")
    rss_bytes = serializers.IntegerField()
    n_threads = serializers.IntegerField()
    n_open_files = serializers.IntegerField()


class GpuShape(serializers.Serializer[Any]):
    name = serializers.CharField()
    busy_percent = serializers.FloatField(allow_null=True)
    memory_used_bytes = serializers.IntegerField()
    memory_total_bytes = serializers.IntegerField()


class InfoShape(serializers.Serializer[Any]):
    host = HostShape()
    process = ProcessShape()
    gpus = GpuShape(many=True)
    stores = serializers.DictField(child=serializers.CharField(), help_text="database, channels, vectors")
    engines = serializers.ListField(child=_ANY, help_text="as in the live view")


class SystemInfo(APIView):
    permission_classes = (IsAdminUser,)

    @extend_schema(operation_id="system_info", summary="Host, process, GPU, engines", responses=InfoShape)
    def get(self, request: Request) -> Response:
        stats = async_to_sync(get_sampler().reader.stats)().wire()
        host = dict(stats["host"])
        gpus = host.pop("gpus")
        process = {"cpu_percent": host.pop("process_cpu_percent"), "rss_bytes": host.pop("process_rss_bytes")}
        disk = shutil.disk_usage(settings.MARU.data_dir)
        told = {
            "system": f"{platform.system()} {platform.release()}",
            "machine": platform.machine(),
            "disk_free_bytes": disk.free,
            "disk_total_bytes": disk.total,
        }
        return Response(
            {
                "host": {**told, **host},
                "process": {**_process(), **process},
                "gpus": gpus,
                "stores": _stores(),
                "engines": stats["engines"],
            }
        )


class SystemPerformance(APIView):
    permission_classes = (IsAdminUser,)

    @extend_schema(
        operation_id="system_performance",
        summary="Requests, times and connections of this process since it began",
        responses=PerformanceShape,
    )
    def get(self, request: Request) -> Response:
        running = get_running()
        figures = running.figures
        n_ended = figures.n_succeeded + figures.n_failed
        mean_ms = figures.e2e.mean()
        return Response(
            {
                "process": get_turns().owner,
                "since": _since(),
                "total_requests": figures.n_requests,
                "avg_response_time": round(mean_ms / 1000, 3) if mean_ms is not None else None,
                "success_rate": round(100 * figures.n_succeeded / n_ended, 1) if n_ended else None,
                "active_connections": int(metrics.value_of(metrics.sockets)),
                "max_concurrent": figures.n_most_at_once,
                "running": len(running.all()),
                "tokens_total": figures.n_tokens,
                **{f"{name}_ms": spread(getattr(figures, name)) for name in ("ttft", "itl", "queue", "e2e")},
            }
        )


def _process() -> dict[str, Any]:
    me = psutil.Process()
    return {
        "name": get_turns().owner,
        "python": platform.python_version(),
        "django": django.get_version(),
        "since": _since(),
        "n_threads": me.num_threads(),
        "n_open_files": me.num_fds(),
    }


def _since() -> datetime:
    return datetime.fromtimestamp(psutil.Process().create_time(), UTC)


def _stores() -> dict[str, str]:
    """Kinds, never addresses."""
    return {
        "database": connection.vendor,
        "channels": "redis" if settings.MARU.redis_url else "in this process",
        "vectors": "server" if settings.MARU.chroma_url else "in this process",
    }
