"""The engine process dies, hangs, is missing, is damaged: the web process lives and says so."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from backend.llm.errors import EngineLost, ModelUnusable, NoModel, RequestPoisoned
from backend.llm.fixtures import SpawnLLM
from backend.llm.process import LocalLLM
from backend.llm.tests.asking import answer, ask, finished
from backend.llm.types import Delta, Queued, Started

pytestmark = pytest.mark.engine


async def first_delta(llm: LocalLLM, request_id: str = "1"):  # type: ignore[no-untyped-def]
    stream = llm.stream(ask(request_id=request_id, max_tokens=16_000))
    while not isinstance(await anext(stream), Delta):
        pass
    return stream


def write_ruin(path: Path, good: Path, damage: str) -> Path:
    whole = good.read_bytes()
    ruins = {"noise": b"not a model at all", "cut": whole[: len(whole) // 2], "header": whole[:16] + b"\xff" * 64}
    path.write_bytes(ruins[damage])
    return path


def wait_for_end(process: psutil.Process) -> None:
    """Gone, or a zombie that nobody reaps in this container."""
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)


def pid_of(llm: LocalLLM) -> int | None:
    (seat,) = llm.shelf.seats.values()
    return seat.supervisor.engine_pid


def kill(llm: LocalLLM, sign: int = signal.SIGKILL) -> None:
    pid = pid_of(llm)
    assert pid is not None
    os.kill(pid, sign)


async def test_it_works(spawn_llm: SpawnLLM, tiny_gguf: Path) -> None:
    llm = await spawn_llm(model_path=tiny_gguf)
    assert finished(await answer(llm, ask())).model == "tiny"
    pid = pid_of(llm)
    await llm.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(pid or 0, 0)


async def test_every_thread_of_the_engine_stands_back_as_far_as_is_set(spawn_llm: SpawnLLM, tiny_gguf: Path) -> None:
    llm = await spawn_llm(model_path=tiny_gguf, niceness=7, n_threads=2)
    await answer(llm, ask())
    expected = min(19, os.getpriority(os.PRIO_PROCESS, 0) + 7)
    threads = os.listdir(f"/proc/{pid_of(llm)}/task")
    assert len(threads) > 3  # its loop, the decode loop, a worker of OpenMP's, a tokenizer
    assert {os.getpriority(os.PRIO_PROCESS, int(thread)) for thread in threads} == {expected}
    assert (await llm.stats()).niceness == expected
    await llm.stop()


async def test_what_reads_a_model_file_knows_no_secret_of_the_house(
    spawn_llm: SpawnLLM, tiny_gguf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "only the web knows")
    monkeypatch.setenv("DATABASE_URL_FILE", "/run/secrets/database")
    monkeypatch.setenv("GOMP_SPINCOUNT", "1000")
    llm = await spawn_llm(model_path=tiny_gguf)
    await answer(llm, ask())
    known = psutil.Process(pid_of(llm)).environ()
    assert known["GOMP_SPINCOUNT"] == "1000"
    assert not {"SECRET_KEY", "DATABASE_URL_FILE"} & known.keys()


async def test_a_killed_engine_is_told_at_once_and_the_next_message_works(
    spawn_llm: SpawnLLM, endless_gguf: Path
) -> None:
    """By its end, not by the watch for hangs, which is out of reach here."""
    llm = await spawn_llm(model_path=endless_gguf, n_ctx=16_384, hang_decode_s=600.0)
    stream = await first_delta(llm)
    kill(llm)
    with pytest.raises(EngineLost):
        async with asyncio.timeout(30):  # other limits of a hang are out of reach
            async for _ in stream:
                pass
    assert finished(await answer(llm, ask(request_id="2", max_tokens=5))).finish_reason == "length"
    assert (await llm.stats()).restarts == 1


async def test_one_who_only_waited_gets_the_next_engine(spawn_llm: SpawnLLM, endless_gguf: Path) -> None:
    llm = await spawn_llm(model_path=endless_gguf, n_slots=1, n_ctx=16_384)
    running = await first_delta(llm)
    waiting = llm.stream(ask(request_id="2", user="jun", max_tokens=3))
    assert isinstance(await anext(waiting), Queued)
    kill(llm)
    with pytest.raises(EngineLost):
        async for _ in running:
            pass
    events = [event async for event in waiting if not isinstance(event, Queued)]
    assert isinstance(events[0], Started)
    assert finished(events).completion_tokens == 3


async def test_a_hanging_engine_is_found_and_replaced(spawn_llm: SpawnLLM, endless_gguf: Path) -> None:
    llm = await spawn_llm(model_path=endless_gguf, n_ctx=16_384, hang_decode_s=1.5)
    stream = await first_delta(llm)
    kill(llm, signal.SIGSTOP)
    with pytest.raises(EngineLost):
        async with asyncio.timeout(30):  # other limits of a hang are out of reach
            async for _ in stream:
                pass
    assert finished(await answer(llm, ask(request_id="2", max_tokens=5))).finish_reason == "length"


async def test_a_request_that_ran_in_two_dying_engines_is_not_tried_again(
    spawn_llm: SpawnLLM, endless_gguf: Path
) -> None:
    llm = await spawn_llm(model_path=endless_gguf, n_ctx=16_384, restart_delays_s=(0.0,))
    for _ in range(2):
        stream = await first_delta(llm, request_id="poison")
        kill(llm)
        with pytest.raises(EngineLost):
            async for _ in stream:
                pass
    with pytest.raises(RequestPoisoned):
        await answer(llm, ask(request_id="poison"))
    assert finished(await answer(llm, ask(request_id="innocent", max_tokens=5))).finish_reason == "length"


async def test_where_no_process_can_be_started_it_is_tried_again(
    spawn_llm: SpawnLLM, tiny_gguf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    n, start = 0, asyncio.create_subprocess_exec

    async def starved(*arguments: str, **options: Any) -> asyncio.subprocess.Process:
        nonlocal n
        n += "backend.llm.engine" in arguments
        if "backend.llm.engine" in arguments and n <= 3:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        return await start(*arguments, **options)

    monkeypatch.setattr("asyncio.create_subprocess_exec", starved)
    llm = await spawn_llm(model_path=tiny_gguf, restart_delays_s=(0.0,))
    assert finished(await asyncio.wait_for(answer(llm, ask(max_tokens=1)), 30)).completion_tokens == 1
    assert n == 4


async def test_without_a_model_it_says_so_and_takes_one_that_is_put_there(
    spawn_llm: SpawnLLM, tiny_gguf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.llm.shelf_tending.LOOK_S", 0.05)
    models_dir = tmp_path / "models"
    llm = await spawn_llm(models_dir=models_dir)
    with pytest.raises(NoModel):
        await answer(llm, ask())
    assert (await llm.stats()).state == "no_model"
    assert await llm.models() == []
    shutil.copytree(tiny_gguf.parent, models_dir)
    await llm.shelf.wait_for_change()
    assert finished(await answer(llm, ask())).model == "tiny"


@pytest.mark.parametrize("damage", ["noise", "cut", "header"])
async def test_a_damaged_file_is_named_and_not_loaded_again_and_again(
    spawn_llm: SpawnLLM, tiny_gguf: Path, tmp_path: Path, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.llm.shelf_tending.LOOK_S", 0.05)
    model = write_ruin(tmp_path / "model.gguf", tiny_gguf, damage)
    llm = await spawn_llm(model_path=model)
    with pytest.raises(ModelUnusable) as refused:
        await answer(llm, ask())
    assert refused.value.params["reason"]
    assert (await llm.stats()).state == "down"
    assert (await llm.stats()).restarts == 0
    os.replace(shutil.copy(tiny_gguf, tmp_path / "good"), model)
    await llm.shelf.wait_for_change()
    assert finished(await answer(llm, ask())).finish_reason in ("stop", "length")


async def test_the_engine_dies_with_its_parent(tiny_gguf: Path, tmp_path: Path) -> None:
    script = (
        "import os, sys, time\n"
        "from backend.llm.engine.config import EngineConfig\n"
        "import subprocess\n"
        "c = EngineConfig(socket=sys.argv[1], model=sys.argv[2], parent_pid=os.getpid())\n"
        "p = subprocess.Popen([sys.executable, '-m', 'backend.llm.engine', *c.to_argv()])\n"
        "while not os.path.exists(sys.argv[1]): time.sleep(0.01)\n"
        "print(p.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        script,
        str(tmp_path / "s"),
        str(tiny_gguf),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    )
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    engine = psutil.Process(pid)
    parent.kill()
    await parent.wait()
    await asyncio.wait_for(asyncio.to_thread(wait_for_end, engine), 5)


async def test_the_service_starts_without_waiting_and_requests_wait_for_the_engine(
    spawn_llm: SpawnLLM, tiny_gguf: Path
) -> None:
    llm = await spawn_llm(model_path=tiny_gguf)
    assert (await llm.stats()).state == "starting"
    assert finished(await answer(llm, ask(max_tokens=1))).completion_tokens <= 1


async def test_a_long_data_folder_does_not_break_the_socket(
    spawn_llm: SpawnLLM, tiny_gguf: Path, tmp_path: Path
) -> None:
    from backend.llm.config import LLMConfig
    from backend.llm.sockets import MAX_PATH_BYTES, engine_socket_path

    data_dir = tmp_path / ("길다" * 40)
    path = engine_socket_path(data_dir)
    assert len(os.fsencode(path)) <= MAX_PATH_BYTES
    assert path.parent.stat().st_mode & 0o077 == 0
    llm = LocalLLM(LLMConfig(data_dir=data_dir, model_path=tiny_gguf))
    await llm.start()
    assert finished(await answer(llm, ask(max_tokens=1)))
    await llm.stop()


async def test_a_hang_while_a_prompt_is_read_has_its_own_limit(spawn_llm: SpawnLLM, endless_gguf: Path) -> None:
    llm = await spawn_llm(model_path=endless_gguf, n_ctx=16_384, hang_decode_s=600.0, hang_prefill_s=1.5)
    assert finished(await answer(llm, ask(max_tokens=1)))
    stream = llm.stream(ask("옛날 옛적에 " * 600, max_tokens=5))
    while not isinstance(await anext(stream), Started):
        pass
    kill(llm, signal.SIGSTOP)
    with pytest.raises(EngineLost):
        async with asyncio.timeout(30):  # other limits of a hang are out of reach
            async for _ in stream:
                pass
    assert finished(await answer(llm, ask(request_id="2", max_tokens=5))).finish_reason == "length"
