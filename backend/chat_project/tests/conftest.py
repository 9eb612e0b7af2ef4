"""Fixtures that several tests of this folder share."""

from backend.chat_project.tests.redis_fixture import redis_url

__all__ = ["redis_url"]
