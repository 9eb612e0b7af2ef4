"""An answer that a remote engine says has failed is told as that, not as one that came to its end."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import sync_to_async

from backend.accounts.models import User
from backend.llm.service import use_service
from backend.llm.tests.fake_servers import fake_server, raw
from backend.llm.tests.test_remote import DONE, WORD, engine, event

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("path", ["chat/completions", "responses"])
async def test_it_is_an_error(user: User, api: Any, path: str) -> None:
    async with fake_server("vllm") as server:
        llm = engine(server)
        use_service(llm)
        server.plan.append(raw(WORD, event(finish_reason="error"), DONE, then="end"))
        body = {"model": "fake", "messages": [{"role": "user", "content": "hi"}]}
        asked = body if path == "chat/completions" else {"model": "fake", "input": "hi"}
        answer = await sync_to_async(api(user).post)(f"/v1/{path}", asked, format="json")
        assert (answer.status_code, answer.json()["error"]["code"]) == (502, "engine_failed")
        await llm.stop()
