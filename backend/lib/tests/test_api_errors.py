"""Every exception that a view may raise has its code."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404
from rest_framework import exceptions as drf

from backend.lib.api_errors import headers_of, translate
from backend.lib.errors import Conflict


@pytest.mark.parametrize(
    ("exception", "code", "status"),
    [
        (Conflict(), "conflict", 409),
        (Http404(), "not_found", 404),
        (PermissionDenied(), "forbidden", 403),
        (SuspiciousOperation(), "bad_input", 400),
        (drf.ParseError(), "bad_input", 400),
        (drf.ValidationError("x"), "bad_input", 400),
        (drf.NotAuthenticated(), "not_authenticated", 401),
        (drf.AuthenticationFailed(), "not_authenticated", 401),
        (drf.PermissionDenied(), "forbidden", 403),
        (drf.NotFound(), "not_found", 404),
        (drf.MethodNotAllowed("PUT"), "method_not_allowed", 405),
        (drf.NotAcceptable(), "not_acceptable", 406),
        (drf.UnsupportedMediaType("x"), "unsupported_media_type", 415),
        (drf.Throttled(), "too_many_requests", 429),
        (drf.APIException(), "error", 500),
    ],
)
def test_it_works(exception, code, status):
    error = translate(exception)
    assert (error.code, error.http_status) == (code, status)
    for language in ("en", "ko"):
        assert error.as_dict(language)["detail"]


@pytest.mark.parametrize(
    ("attribute", "value", "code"),
    [
        ("sqlite_errorcode", 18, "too_large"),
        ("sqlstate", "53100", "storage_full"),
        ("sqlstate", "57P01", "unavailable"),
    ],
)
def test_what_the_database_says_is_understood(attribute, value, code):
    error, cause = OperationalError("x"), Exception("x")
    setattr(cause, attribute, value)
    error.__cause__ = cause
    assert translate(error).code == code


def test_headers_go_with_the_error():
    assert headers_of(translate(drf.NotAuthenticated())) == {"WWW-Authenticate": "Bearer"}
    assert headers_of(translate(drf.Throttled(wait=5))) == {"Retry-After": "5"}
    assert headers_of(Conflict()) == {}


def test_a_method_is_never_repeated_as_it_was_typed():
    assert "<" not in translate(drf.MethodNotAllowed("<script>")).text("en")
