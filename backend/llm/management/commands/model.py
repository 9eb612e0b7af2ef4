"""`manage.py model list | info | use | set | import | pull | load | unload | delete`: the models, whether the server runs or not.

What is chosen, or asked of a server that runs, goes into `models.json` of the data folder; the server hears of it within a
second.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from backend import house
from backend.lib.errors import AppError
from backend.llm.config import LLMConfig, config_from
from backend.llm.downloads import Pulls
from backend.llm.engine.config import model_id
from backend.llm.engine.inspect import inspect
from backend.llm.engine.model_hash import file_hash
from backend.llm.hub import Hub
from backend.llm.incoming import Arrivals, Incoming
from backend.llm.incoming_errors import PROBLEMS
from backend.llm.model_cards import cards_of, needs_of
from backend.llm.model_folder import delete_model
from backend.llm.model_settings import BadModelSetting, HouseSettings, as_dict, change_house, read_house, settings_of
from backend.llm.shelf import Shelf
from backend.llm.types import ModelCard

GIB = 1024**3
TELL_S = 2.0


class Command(BaseCommand):
    help = "List, look at, choose, set up, import, fetch, load, unload and delete models."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        acts.add_parser("list", help="all models, with what they need")
        for name, text in (
            ("info", "all that is known of one"),
            ("use", "let it answer those who name no model"),
            ("load", "let a server that runs load it"),
            ("unload", "let a server that runs unload it, once nobody uses it"),
            ("delete", "delete its file from the models folder"),
        ):
            acts.add_parser(name, help=text).add_argument("name")
        setting = acts.add_parser("set", help="change settings: n_ctx=8192 kv_type=q8_0; key= takes one back")
        setting.add_argument("name")
        setting.add_argument("changes", nargs="+", metavar="key=value")
        importing = acts.add_parser("import", help="check a GGUF file and copy it into the models folder")
        importing.add_argument("file", type=Path)
        importing.add_argument("--name", default="", help="under which it is asked for; the file's own when left out")

        pulling = acts.add_parser("pull", help="fetch one from the hub; goes on with what an earlier one left")
        pulling.add_argument("repo", help="owner/model")
        pulling.add_argument("file", help="a .gguf file of it")
        pulling.add_argument("--revision", default="main")
        pulling.add_argument("--name", default="", help="under which it is asked for; the file's own when left out")
        pulling.add_argument("--sha256", default="", help="where the hub tells none")
        pulling.add_argument("--token-file", type=Path, help="holds the hub's token")

    def handle(self, *args: Any, act: str, **options: Any) -> None:
        self._config = config_from(settings.MARU)
        try:
            self._shelf = asyncio.run(_look(self._config))
            acts: dict[str, Callable[..., None]] = {
                "list": self._list,
                "info": self._info,
                "use": self._use,
                "set": self._set,
                "import": self._import,
                "pull": self._pull,
                "load": self._load,
                "unload": self._unload,
                "delete": self._delete,
            }
            known = ("name", "changes", "file", "repo", "revision", "sha256", "token_file")
            acts[act](**{name: options[name] for name in known if name in options})
        except BadModelSetting as bad:
            raise CommandError(str(bad)) from bad
        except AppError as error:
            reasons = (reason for field in (error.fields or {}).values() for reason in field)
            raise CommandError(" ".join((error.text("en"), *reasons))) from error

    def _list(self) -> None:
        needs = needs_of(self._shelf)
        rows = [("", "MODEL", "KIND", "TYPE", "SIZE", "CONTEXT", "NEEDS")]
        for card in cards_of(self._shelf):
            need = needs.get(card.id)
            needed = f"{need.total / GIB:.2f} GiB" if need else card.problem.en
            size = f"{(card.size_bytes or 0) / GIB:.2f} GiB"
            mark = "*" if card.is_default or card.is_default_embedding else ""
            rows.append((mark, card.id, card.kind, card.quantization or "?", size, str(card.n_ctx), needed))
        if len(rows) == 1:
            raise CommandError(f"No model: put a GGUF file into {self._config.models_dir}, or set MODEL_PATH.")
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        for row in rows:
            self.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())

    def _info(self, name: str) -> None:
        card, need = self._card(name), needs_of(self._shelf).get(name)
        entry = self._shelf.catalogue.entries[name]
        self.stdout.write(f"{card.id}: {entry.file.path}")
        for key in (
            "kind",
            "architecture",
            "quantization",
            "description",
            "n_params",
            "size_bytes",
            "n_ctx_train",
            "n_ctx",
        ):
            self.stdout.write(f"  {key}: {getattr(card, key)}")
        if need is not None:
            for key in ("weights", "context", "compute"):
                self.stdout.write(f"  memory.{key}: {getattr(need, key) / GIB:.2f} GiB")
            self.stdout.write(f"  sha256: {file_hash(entry.file.path, str(self._config.data_dir))}")
        for key, value in as_dict(self._shelf.house.of(name)).items():
            self.stdout.write(f"  setting {key}: {json.dumps(value, ensure_ascii=False)}")
        if card.problem:
            self.stdout.write(self.style.ERROR(f"  cannot be used: {card.problem.en}"))

    def _use(self, name: str) -> None:
        card = self._card(name)
        if card.problem:
            raise CommandError(f"{name} cannot be used: {card.problem.en}")
        change_house(self._config.data_dir, lambda house: house.with_default(name, card.kind))
        self.stdout.write(f"{name} is the default for {card.kind}")

    def _set(self, name: str, changes: list[str]) -> None:
        self._card(name)
        chosen = {}
        for change in changes:
            key, is_given, value = change.partition("=")
            if not is_given:
                raise CommandError(f"“{change}” is not key=value")
            chosen[key] = _value(value)

        def changed(house: HouseSettings) -> HouseSettings:
            raw = {key: value for key, value in {**as_dict(house.of(name)), **chosen}.items() if value != ""}
            return house.with_model(name, settings_of(raw))

        change_house(self._config.data_dir, changed)
        self._shelf = asyncio.run(_look(self._config))
        self._info(name)

    def _import(self, name: str, file: Path) -> None:
        told = inspect(file)
        if "unsound" in told:
            raise CommandError(f"{file.name} cannot be used: {told['unsound']}")
        target = self._config.models_dir / f"{name or model_id(str(file))}.gguf"
        if target.exists() or "/" in name or name.startswith("."):
            raise CommandError(f"There is a {target.name} in {target.parent} already, or this is no name for a file.")
        self._config.models_dir.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            shutil.copyfile(file, part)
            part.replace(target)  # whole from the first moment: a running server may look at any time
        finally:
            part.unlink(missing_ok=True)
        self.stdout.write(f"{target.stem}: {target}, sha256 {file_hash(target, str(self._config.data_dir))}")

    def _load(self, name: str) -> None:
        card = self._card(name)
        if card.problem:
            raise CommandError(f"{name} cannot be used: {card.problem.en}")
        change_house(self._config.data_dir, lambda house: house.with_order("load", name))
        self.stdout.write(f"{name}: a server that runs loads it now")

    def _unload(self, name: str) -> None:
        self._card(name)
        change_house(self._config.data_dir, lambda house: house.with_order("unload", name))
        self.stdout.write(f"{name}: a server that runs unloads it once nobody uses it")

    def _delete(self, name: str) -> None:
        delete_model(self._config, name)
        change_house(self._config.data_dir, lambda house: house.with_order("unload", name))
        self.stdout.write(f"{name}: deleted")

    def _pull(self, repo: str, file: str, token_file: Path | None, **options: str) -> None:
        """Whoever has this machine's terminal needs no switch: the command itself is the permission."""
        house.refresh()
        url = house.text("model_hub")
        hub = Hub(url, may_be_private=url == settings.MARU.model_hub)
        token = token_file.read_text(encoding="utf-8").strip() if token_file else ""
        failed = asyncio.run(_pulled(Arrivals(self._config.models_dir), hub, self._tell, repo, file, token, options))
        if failed:
            raise CommandError(failed)
        self.stdout.write(f"{options['name'] or model_id(file)}: it is here")

    def _tell(self, one: Incoming, n_bytes: int) -> None:
        share = f"{n_bytes / one.size_bytes:.0%}" if one.size_bytes else "asking"
        self.stdout.write(f"{one.name}: {n_bytes / GIB:.2f} of {one.size_bytes / GIB:.2f} GiB ({share})")

    def _card(self, name: str) -> ModelCard:
        card = next((card for card in cards_of(self._shelf) if card.id == name), None)
        if card is None:
            raise CommandError(f"There is no model “{name}”. `manage.py model list` names them.")
        return card


async def _look(config: LLMConfig) -> Shelf:
    """A shelf that only looks: no engine is started."""
    shelf = Shelf(config)
    shelf.house = read_house(config.data_dir)
    await shelf.catalogue.look()
    return shelf


async def _pulled(
    arrivals: Arrivals,
    hub: Hub,
    tell: Callable[[Incoming, int], None],
    repo: str,
    file: str,
    token: str,
    options: Mapping[str, str],
) -> str:
    """What went wrong, or "". Goes on with a pull of the same file."""
    pulls = Pulls(arrivals, lambda: hub, _nothing)
    before = next((one for one in arrivals.all() if (one.repo, one.file) == (repo, file)), None)
    if before is not None:
        await pulls.resume(before.id)
    one = before or await pulls.pull(repo, file, token=token, **options)
    waiting = asyncio.create_task(pulls.wait(one.id))
    while not waiting.done():
        await asyncio.wait([waiting], timeout=TELL_S)
        if (now := next((each for each in arrivals.all() if each.id == one.id), None)) is not None:
            tell(now, arrivals.n_bytes(now))
    left = next((each for each in arrivals.all() if each.id == one.id), None)
    if left is None:
        return ""
    problem = PROBLEMS.get(left.problem)
    return problem(**left.told).text("en") if problem else "another process has it"


async def _nothing() -> None:
    """A server that runs sees the file by itself."""


def _value(text: str) -> Any:
    """JSON where it is some (numbers, lists), else the text itself; nothing takes a setting back."""
    try:
        return json.loads(text)
    except ValueError:
        return text
