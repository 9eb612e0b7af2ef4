"""`manage.py engine`: the engine process alone, for when several web processes share one (see docs/operations.md)."""

from __future__ import annotations

import argparse
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from backend.llm.config import config_from
from backend.llm.engine.config import EngineConfig, add_arguments
from backend.llm.engine_options import OPTIONS
from backend.llm.model_files import find_model
from backend.llm.sockets import engine_socket_path

DJANGO_OPTIONS = {
    "verbosity",
    "settings",
    "pythonpath",
    "traceback",
    "no_color",
    "force_color",
    "skip_checks",
}


class Command(BaseCommand):
    help = "Run the engine process by itself. Model and socket come from the settings unless they are given."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add_arguments(parser, is_required=False)
        config = config_from(settings.MARU)
        parser.set_defaults(**{name: getattr(config, name) for name in OPTIONS})

    def handle(self, *args: Any, **options: Any) -> None:
        given = {name: value for name, value in options.items() if name not in DJANGO_OPTIONS}
        config = config_from(settings.MARU)
        if not given["model"]:
            model = find_model(config)
            if model is None:
                raise CommandError(f"No model: put a GGUF file into {config.models_dir}, or set MODEL_PATH.")
            given["model"] = str(model.path.resolve())
        given["socket"] = given["socket"] or str(engine_socket_path(config.data_dir))
        given["cache_dir"] = given["cache_dir"] or str(config.data_dir)
        self.stdout.write(f"engine: {given['model']} on {given['socket']}")
        from backend.llm.engine.__main__ import run

        run(EngineConfig(**given))
