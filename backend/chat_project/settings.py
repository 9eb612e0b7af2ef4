"""Django settings: the only reader of the environment (through env.py)."""

from __future__ import annotations

import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parents[2]
DATA_DIR = Path(os.environ.get("MARU_DATA_DIR", BASE_DIR / "data"))
SECRET_KEY = "first-sketch-the-platform-helper-replaces-this"  # noqa: S105
DEBUG = False
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = [
    "daphne",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "rest_framework",
    "knox",
    "channels",
    "backend.accounts",
    "backend.llm",
    "backend.chat",
    "backend.ops",
]
AUTH_USER_MODEL = "accounts.User"
ROOT_URLCONF = "backend.chat_project.urls"
ASGI_APPLICATION = "backend.chat_project.asgi.application"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": DATA_DIR / "maru.sqlite3"}}
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
USE_TZ = True
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ko", "한국어")]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "/static/"
