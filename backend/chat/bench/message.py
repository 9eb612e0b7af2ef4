"""What a message costs, with its reply: `python -m backend.chat.bench.message [messages] [at once] [--profile FILE]`.

Development only. Processor time of this process, statements and transactions by thread, from `actions.submit_message` to the
stored reply of the echo engine (20 words) and its memory; no sockets and no HTTP. Statements by text with their number go to
FILE.sql, and the profile of each thread to FILE.<thread>.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import os
import re
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from backend.llm.service import LLMService

N_WORDS = 20


class Statements:
    """Counts what is executed, by thread and by text. Django hands every statement to its wrapper."""

    def __init__(self) -> None:
        self.by_text: Counter[tuple[str, str]] = Counter()

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        thread = threading.current_thread().name.partition("_")[0]
        text = re.sub(r"SELECT .*? FROM", "SELECT … FROM", " ".join(sql.split()), count=1)
        self.by_text[thread, text.partition("SAVEPOINT")[0] + "SAVEPOINT" if "SAVEPOINT" in text else text] += 1
        return execute(sql, params, many, context)  # rule sql: Django's own, passed on as it came

    def per_message(self, n_messages: int) -> dict[str, float]:
        by_thread: Counter[str] = Counter()
        for (thread, _), n in self.by_text.items():
            by_thread[thread] += n
        return {thread: round(n / n_messages, 1) for thread, n in by_thread.most_common()}


class Profiles:
    """One of each thread that begins after this, and of the one that made it; processor time."""

    def __init__(self) -> None:
        self._of: dict[str, cProfile.Profile] = {}
        before, begin = threading.Thread.run, self._begin

        def run(self: threading.Thread) -> None:
            with begin(self.name):
                before(self)

        threading.Thread.run = run  # type: ignore[method-assign]

    def _begin(self, name: str) -> cProfile.Profile:
        return self._of.setdefault(name, cProfile.Profile(time.thread_time))

    def main(self) -> cProfile.Profile:
        return self._begin("main")

    def write(self, file: str) -> None:
        for name, profile in self._of.items():
            profile.dump_stats(f"{file}.{name}")


async def one_after_another(user: Any, session_id: int, n_messages: int) -> None:
    from backend.chat import actions
    from backend.chat.turns import get_turns

    for n in range(n_messages):
        submitted = await actions.submit_message(user, session_id, content=f"note {n}")
        assert submitted.reply is not None
        assert await get_turns().wait(submitted.reply.pk, timeout_s=60)


async def new_house(statements: Statements) -> LLMService:
    """An empty database whose statements are counted, and an engine."""
    from asgiref.sync import sync_to_async
    from django.conf import settings
    from django.core.management import call_command
    from django.db.backends.signals import connection_created

    from backend.llm.registry import service_from
    from backend.llm.service import use_service

    connection_created.connect(lambda connection, **_: connection.execute_wrappers.append(statements), weak=False)
    await sync_to_async(call_command)("migrate", verbosity=0)
    llm = service_from(settings.MARU)
    await llm.start()
    use_service(llm)
    return llm


async def new_talks(n: int) -> list[tuple[Any, int]]:
    """Users, each with a session that has had its first messages: what comes only once is not measured."""
    from django.contrib.auth import get_user_model

    from backend.chat import actions

    people = [await get_user_model().objects.acreate(username=f"user{each}") for each in range(n)]
    talks = [(user, (await actions.create_session(user)).pk) for user in people]
    for user, session_id in talks:
        await one_after_another(user, session_id, 2)
    return talks


async def main(n_messages: int, n_at_once: int, profile: str) -> None:
    from backend.chat.turns import get_turns

    profiles = Profiles() if profile else None
    statements = Statements()
    llm = await new_house(statements)
    talks = await new_talks(n_at_once)
    statements.by_text.clear()
    n_each = n_messages // n_at_once
    with ExitStack() as stack:
        if profiles is not None:
            stack.enter_context(profiles.main())
        cpu_s, began_s = time.process_time(), time.monotonic()
        await asyncio.gather(*(one_after_another(user, session_id, n_each) for user, session_id in talks))
        cpu_s, took_s = time.process_time() - cpu_s, time.monotonic() - began_s
    n = n_each * n_at_once
    await get_turns().close()
    await llm.stop()
    print(f"statements per message, by thread: {statements.per_message(n)}")
    print(
        f"{n} messages, {n_at_once} at once: {1000 * cpu_s / n:.1f} ms of processor and {1000 * took_s / n:.1f} ms each"
    )
    if profiles is not None:
        lines = [f"{count / n:6.2f} {thread:12} {sql}\n" for (thread, sql), count in statements.by_text.most_common()]
        Path(f"{profile}.sql").write_text("".join(lines), encoding="utf-8")
        profiles.write(profile)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("messages", type=int, nargs="?", default=100)
    parser.add_argument("at_once", type=int, nargs="?", default=1)
    parser.add_argument("--profile", default="", metavar="FILE")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"MARU_DATA_DIR": folder, "ENGINES": f"echo://?tokens={N_WORDS}&rate=0"}
        os.environ["DJANGO_SETTINGS_MODULE"] = "backend.chat_project.settings"
        import django

        django.setup()
        asyncio.run(main(options.messages, options.at_once, options.profile))
    sys.exit(0)
