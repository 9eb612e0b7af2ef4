"""Reads ENGINES and builds the service of this process, once, at start.

`local`: the supervised llama.cpp processes. `unix:`: the engine host that several web processes of this machine share.
`echo://?tokens=200&rate=50`: the deterministic engine of the tests. `https://host/v1`: a remote OpenAI-compatible engine. All
of them stand behind one FleetLLM, so that engines may join later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from backend.llm.config import LLMConfig, Settings
from backend.llm.config import config_from as config_from
from backend.llm.downloads import Pulls as Pulls
from backend.llm.echo import EchoLLM
from backend.llm.echo_url import BadEcho
from backend.llm.engine_spec import EnginesError as EnginesError
from backend.llm.engine_spec import EngineSpec as EngineSpec
from backend.llm.engine_spec import check_name as check_name
from backend.llm.engine_spec import remote_spec as remote_spec
from backend.llm.engine_spec import specs_of as specs_of
from backend.llm.engine_trial import try_engine as try_engine
from backend.llm.fleet import FleetLLM
from backend.llm.fleet_steering import drained_engines as drained_engines
from backend.llm.header_check import asked_child as asked_child
from backend.llm.hub import Hub as Hub
from backend.llm.incoming import MAX_PIECE_BYTES as MAX_PIECE_BYTES
from backend.llm.incoming import Arrivals as Arrivals
from backend.llm.incoming import Incoming as Incoming
from backend.llm.incoming_errors import PROBLEMS as PROBLEMS
from backend.llm.incoming_errors import PullSwitchedOff as PullSwitchedOff
from backend.llm.joiner import joiner_of as joiner_of
from backend.llm.model_folder import delete_model as delete_model
from backend.llm.model_folder import loose_files as loose_files
from backend.llm.model_folder import name_again as name_again
from backend.llm.model_folder import take_in as take_in
from backend.llm.model_settings import TEMPLATE_NAMES as TEMPLATE_NAMES
from backend.llm.model_settings import BadModelSetting as BadModelSetting
from backend.llm.model_settings import HouseSettings as HouseSettings
from backend.llm.model_settings import ModelSettings as ModelSettings
from backend.llm.model_settings import as_dict as as_dict
from backend.llm.model_settings import change_house as change_house
from backend.llm.model_settings import read_house as read_house
from backend.llm.model_settings import settings_of as settings_of
from backend.llm.process import LocalLLM
from backend.llm.running import Figures as Figures
from backend.llm.running import Generation as Generation
from backend.llm.running import get_running as get_running
from backend.llm.service import LLMService, get_service
from backend.llm.shared import SharedLLM
from backend.llm.sockets import engine_socket_path
from backend.llm.trial import Trial as Trial
from backend.llm.trial import try_out as try_out

HOST_SOCKET = "engine-host.sock"
Joined = Callable[[], Awaitable[list[EngineSpec]]]


def check_engines(engines: tuple[str, ...]) -> None:
    """Raises EnginesError. For system checks, which must not build anything."""
    for spec in specs_of(engines):
        if spec.url.startswith("echo://"):
            _echo(spec)


def build_service(config: LLMConfig, joined: Joined | None = None) -> FleetLLM:
    """The service that ENGINES asks for, not started yet; `joined` tells who came later. Raises EnginesError."""
    specs = specs_of(config.engines, dict(config.engine_keys))

    def build(spec: EngineSpec) -> LLMService:
        if spec.url == "local":
            return LocalLLM(config)
        if spec.url.startswith("unix:"):
            return SharedLLM(host_socket_path(config, spec.url), config)
        return _client()(spec) if spec.is_remote else _echo(spec)

    return FleetLLM(specs, build, joined=joined and _with_client(joined), policy=config.dispatch)


def service_from(settings: Settings, engine_socket: Path | None = None, joined: Joined | None = None) -> FleetLLM:
    """For the process's start: from `settings.MARU`. With `engine_socket` another process owns the engine."""
    return build_service(replace(config_from(settings), engine_socket=engine_socket), joined)


def get_fleet() -> FleetLLM | None:
    """The engines of this process one by one; None where a test put another service in place."""
    service = get_service()
    return service if isinstance(service, FleetLLM) else None


def get_local() -> LocalLLM | SharedLLM | None:
    """The llama.cpp engines of this machine, if ENGINES names them: this process's own, or those it shares."""
    return local_of(get_service())


def local_of(service: LLMService) -> LocalLLM | SharedLLM | None:
    members = [member.service for member in service.members.values()] if isinstance(service, FleetLLM) else [service]
    return next((one for one in members if isinstance(one, LocalLLM | SharedLLM)), None)


def host_socket_path(config: LLMConfig, url: str = "unix:") -> Path:
    """Where the engine host listens: as the URL says, else in the data folder."""
    path = url.removeprefix("unix:").removeprefix("//")
    return Path(path) if path else engine_socket_path(config.data_dir, HOST_SOCKET)


def _with_client(joined: Joined) -> Joined:
    """The first remote engine of a process that runs is not imported on its loop: everybody's text would wait for it."""

    async def read() -> list[EngineSpec]:
        specs = await joined()
        if any(spec.is_remote for spec in specs):
            await asyncio.to_thread(_client)
        return specs

    return read


def _client() -> Callable[[EngineSpec], LLMService]:
    # Not at the top: `openai` and what it brings take a fifth of a server's start, and most houses have no remote engine.
    from backend.llm.remote import RemoteLLM

    return RemoteLLM


def _echo(spec: EngineSpec) -> EchoLLM:
    try:
        return EchoLLM.from_url(spec.url)
    except BadEcho as error:
        raise EnginesError("engines_bad_echo", f"ENGINES: {error.said.en}", f"ENGINES: {error.said.ko}") from error
