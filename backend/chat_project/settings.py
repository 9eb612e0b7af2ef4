"""Django settings: the only reader of the environment (through env.py)."""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF

from backend.chat_project import env as maru_env

BASE_DIR = Path(__file__).resolve().parents[2]
environ.Env.read_env(BASE_DIR / ".env")

try:
    MARU = maru_env.load(os.environ, BASE_DIR)
    DATABASES = {"default": maru_env.database(MARU)}
except maru_env.BadSetting as bad_setting:
    if maru_env.terminal_language(os.environ) == "ko":
        sys.exit(f"마루를 시작할 수 없습니다. {bad_setting.said.ko}")
    sys.exit(f"Maru cannot start. {bad_setting}")

DATA_DIR = MARU.data_dir
SECRET_KEY = MARU.secret_key
DEBUG = False
ALLOWED_HOSTS = list(MARU.allowed_hosts)
INSTALLED_APPS = [
    "daphne",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "rest_framework",
    "knox",
    "channels",
    "drf_spectacular",
    "backend.house",
    "backend.accounts",
    "backend.quotas",
    "backend.webhooks",
    "backend.mcp",
    "backend.llm",
    "backend.personas",
    "backend.memory",
    "backend.moderation",
    "backend.chat",
    "backend.compat",
    "backend.ops",
    "backend.chat_project",
]
MIDDLEWARE = [
    "backend.chat_project.request_log.request_log",
    "backend.chat_project.on_the_loop.Security",
    "backend.chat_project.on_the_loop.ContentPolicy",
    "backend.chat_project.middleware.extra_headers",
    "backend.chat_project.middleware.measured_body",
    "backend.chat_project.on_the_loop.Session",
    "backend.chat_project.on_the_loop.Language",
    "backend.chat_project.on_the_loop.Common",
    "backend.chat_project.on_the_loop.Csrf",
    "backend.chat_project.on_the_loop.Authentication",
    "backend.chat_project.on_the_loop.Frames",
]
ROOT_URLCONF = "backend.chat_project.urls"
ASGI_APPLICATION = "backend.chat_project.asgi.application"
APPEND_SLASH = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
TEMPLATES: list[dict[str, Any]] = [
    {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {}}
]

# Stores: a URL picks a class, once
if MARU.redis_url:
    _layer: dict[str, Any] = {
        "BACKEND": "backend.chat_project.shared_layer.SharedChannelLayer",
        "CONFIG": {"url": MARU.redis_url},
    }
    CACHES: dict[str, dict[str, Any]] = {
        "default": {
            "BACKEND": "backend.chat_project.shared_cache.SharedCache",
            "LOCATION": MARU.redis_url,
            "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5},
        }
    }
else:
    _layer = {"BACKEND": "backend.chat_project.layers.LocalChannelLayer"}
    # Django's default of 300 entries would let a flood of names push out the counts of failed logins.
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "OPTIONS": {"MAX_ENTRIES": 100_000},
        }
    }
CHANNEL_LAYERS = {"default": _layer}

# People
AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = ["backend.accounts.passwords.Argon2"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
SESSION_ENGINE = "backend.accounts.browser_sessions"
SESSION_COOKIE_NAME = "maru_session"  # Cookies know no port: "sessionid" would collide with other programs on localhost
SESSION_COOKIE_AGE = 30 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "backend.chat_project.error_pages.csrf_failed"
REST_KNOX = {"TOKEN_TTL": timedelta(days=30), "AUTH_HEADER_PREFIX": "Bearer"}

# What leaves the house
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF, "'unsafe-inline'"],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "worker-src": [SELF],
        "manifest-src": [SELF],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
    }
}

# What comes in. BodyLimit (asgi.py) cuts larger bodies before they are stored anywhere.
# DRF asks Django for the whole body, so Django's own limit must not be below BodyLimit's largest.
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024 * 1024
FILE_UPLOAD_TEMP_DIR = DATA_DIR

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en" if MARU.language == "auto" else MARU.language
LANGUAGES = [("en", "English"), ("ko", "한국어")]

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "backend.accounts.authentication.BearerAuthentication",
        "backend.accounts.authentication.CookieAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["backend.lib.json_api.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "backend.lib.api_errors.handle",
    "NUM_PROXIES": 0,  # asgi.ProxyHeaders has put the true address in place; never believe the header again
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "TEST_REQUEST_RENDERER_CLASSES": [
        "rest_framework.renderers.JSONRenderer",
        "rest_framework.renderers.MultiPartRenderer",
    ],
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Maru",
    "DESCRIPTION": "Self-hosted chat for local language models. See docs/protocol.md for the sockets.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "AccountRoleEnum": ["user", "staff", "admin"],
        "FinishReasonEnum": ["stop", "length", "abort", "error"],
        "CompletionFinishReasonEnum": ["stop", "length", "tool_calls"],
        "ResponseFormatTypeEnum": ["text", "json_object", "json_schema"],
        "InputItemTypeEnum": ["message", "function_call", "function_call_output", "reasoning"],
        "OutputItemTypeEnum": ["message", "reasoning", "function_call"],
        "OutputPartTypeEnum": ["output_text", "reasoning_text"],
        "ModelKindEnum": ["chat", "embedding"],
        "OpeningKindEnum": ["read", "export"],
        "OrphanKindEnum": ["files", "documents", "vectors", "rests"],
        "RuleKindEnum": ["word", "regex"],
        "SpokenRoleEnum": ["system", "user", "assistant"],
        "ModelStateEnum": ["loaded", "loading", "asleep", "failed", "unusable"],
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "backend.chat.openapi.add_components",
    ],
}

# Never the text of a message, a title, a search or a password: ids, codes and figures only.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"format": "{asctime} {levelname:<7} {name}: {message}", "style": "{"},
        "json": {"()": "backend.lib.log_lines.JsonLines"},
    },
    "filters": {
        # A 503 that we chose to answer (not ready, no model, a full queue) is no failure of ours; an exception is.
        "failures": {"()": "django.utils.log.CallbackFilter", "callback": lambda record: bool(record.exc_info)},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": MARU.log_format}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "backend": {"level": MARU.log_level.upper()},
        # A line for each request and reply is for machines; a person at the terminal wants to hear of trouble.
        **{
            name: {"level": MARU.log_level.upper() if MARU.log_format == "json" else "WARNING"}
            for name in ("backend.chat_project.request_log", "backend.chat.turn_log")
        },
        "django": {"level": "INFO"},
        # Only our failures: what visitors ask wrongly is theirs, and anybody could fill the log with it.
        "django.request": {"level": "ERROR", "filters": ["failures"]},
        "django.security": {"level": "CRITICAL"},
        # Its DEBUG lines hold the parameters of every query.
        "django.db.backends": {"level": "INFO"},
    },
}
