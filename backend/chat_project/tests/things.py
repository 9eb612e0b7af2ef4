"""One of everything that an account can have, by the names that routes give its ids: for whatever walks over all routes."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta
from typing import Any

from django.utils import timezone

from backend.accounts.models import ApiKey, BrowserSession, KnownLogin, User
from backend.chat.models import ChatSession, Comparison, Message, Share, Upload
from backend.mcp.models import ToolServer
from backend.memory.files import keep
from backend.memory.models import Collection, Document, Entry
from backend.moderation.models import Rule
from backend.personas.models import Persona, Prompt, PromptVersion
from backend.webhooks.models import Webhook

# What the nameless id behind this address is one of.
OBJECTS = {
    "auth/keys": "key",
    "personas": "persona",
    "prompts": "prompt",
    "auth/logins": "login",
    "shares": "share",
    "uploads": "upload",
    "comparisons": "comparison",
    "sessions": "session",
    "messages": "message",
    "admin/users": "user",
    "admin/live/replies": "reply",
    "admin/moderation": "rule",
    "memories": "memory",
    "documents": "document",
    "collections": "collection",
    "webhooks": "webhook",
    "admin/tool-servers": "tool_server",
    "admin/tools": "tool",
}
RULE = {"name": "x", "kind": "word", "pattern": "x", "direction": "in", "action": "flag"}


def with_names(address: str, nameless: str) -> str:
    """`/sessions/{pk}/` as `/sessions/{session}/`; `nameless` is what the id is called where it has no name."""
    for before, name in OBJECTS.items():
        address = re.sub(rf"(^|/){before}/{{{nameless}}}", rf"\1{before}/{{{name}}}", address)
    return address


class Things:
    """`ids` of things of `owner`, made anew; several may have theirs in one database."""

    def __init__(self, owner: User) -> None:
        session = ChatSession.objects.create(user=owner, title="owner's")
        question = Message.objects.create(session=session, role="user", content="secret question")
        reply = Message.objects.create(session=session, role="assistant", content="secret reply", parent=question)
        ChatSession.objects.filter(pk=session.pk).update(active_leaf=reply)
        self.ids: dict[str, Any] = {
            "session": session.pk,
            "message": reply.pk,
            "reply": reply.pk,
            "user": owner.pk,
            "model": 1,
            "file": 1,
            "token": 1,
            "name": "echo",
            "engine": "nobody",
            "backup": "maru-20260101-000000.zip",
            **_of_the_account(owner),
            **_of_a_session(owner, session),
            **_written(owner),
            **_of_the_house(),
        }


def _of_the_account(owner: User) -> dict[str, Any]:
    mark = secrets.token_hex(16)
    key = ApiKey.objects.create(user=owner, name="x", scopes=["chat"], digest=mark, start="maru-")
    browser = BrowserSession.objects.create(pk=mark, expire_date=timezone.now() + timedelta(days=1))
    login = KnownLogin.objects.create(user=owner, session=browser, token_digest=mark)
    webhook = Webhook.objects.create(user=owner, name="mine", url="https://hook.example/", salt="s")
    return {"key": key.pk, "login": login.pk, "webhook": webhook.pk}


def _of_a_session(owner: User, session: ChatSession) -> dict[str, Any]:
    token = secrets.token_urlsafe(32)
    share = Share.objects.create(session=session, token=token, document={"title": "", "messages": []})
    size = {"width": 1, "height": 1, "n_bytes": 1, "content": b"x", "media_type": "image/png"}
    upload = Upload.objects.create(user=owner, session=session, name="x", **size)
    names = {"is_blind": True, "model_a": "x", "model_b": "y", "language": "en"}
    comparison = Comparison.objects.create(session=session, **names)
    asked = Message.objects.create(session=session, role="user", content="secret question")
    for side in "ab":
        said = {"role": "assistant", "content": "secret reply", "side": side}
        Message.objects.create(session=session, parent=asked, comparison=comparison, **said)
    return {"share": share.pk, "upload": upload.pk, "comparison": comparison.pk}


def _written(owner: User) -> dict[str, Any]:
    persona = Persona.objects.create(owner=owner, name="mine")
    prompt = Prompt.objects.create(owner=owner, command="mine", title="mine", content="secret prompt")
    PromptVersion.objects.create(prompt=prompt, number=1, content=prompt.content)
    memory = Entry.objects.create(user=owner, kind="fact", text="secret", marks="", terms="")
    folder = Collection.objects.create(user=owner, name="mine")
    document = Document.objects.create(user=owner, title="mine", kind="txt", n_bytes=6, stored_as=keep([b"secret"]))
    made = {"persona": persona, "prompt": prompt, "memory": memory, "collection": folder, "document": document}
    return {name: thing.pk for name, thing in made.items()}


def _of_the_house() -> dict[str, Any]:
    name = f"mine{secrets.token_hex(8)}"
    server = ToolServer.objects.create(name=name, url="http://127.0.0.1:9/mcp")
    tool = server.tools.create(name="t", called=f"{name}__t", parameters="{}")
    return {"rule": Rule.objects.create(**RULE).pk, "tool_server": server.pk, "tool": tool.pk}
