"""`/api/schema/` and `/api/docs/`: the OpenAPI document, and the same for people, without a script or another host.

Both are public: they hold nothing that the repository does not. Made once per process.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer

from backend.lib.safe_only import safe_only

_METHODS = ("get", "post", "put", "patch", "delete")
# Has no character that HTML would escape.
_STYLE = """
:root { color-scheme: light dark }
body { font: 16px/1.6 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
code, pre { font: 14px/1.5 ui-monospace, monospace }
h2 { margin-top: 2.5rem } h3 { margin: 1.8rem 0 .2rem } p { margin: .2rem 0 }
b { display: inline-block; min-width: 4.2rem } summary { cursor: pointer }
"""


@safe_only
def schema(request: HttpRequest) -> HttpResponse:
    """YAML, or JSON for `?format=json` and for callers who accept nothing else."""
    wants_json = (
        request.GET.get("format") == "json"
        or request.get_preferred_type(["application/vnd.oai.openapi", "application/json"]) == "application/json"
    )
    renderer = OpenApiJsonRenderer() if wants_json else OpenApiYamlRenderer()
    return HttpResponse(renderer.render(document()), content_type=renderer.media_type)


@safe_only
def docs(request: HttpRequest) -> HttpResponse:
    """Every address on one page."""
    whole = document()
    groups: dict[str, list[SafeString]] = {}
    for address, operations in whole["paths"].items():
        for method in _METHODS:
            if method in operations:
                operation = operations[method]
                groups.setdefault(operation.get("tags", [""])[0], []).append(_operation(method, address, operation))
    body = format_html_join(
        "\n",
        "<h2>{}</h2>{}",
        ((name, format_html_join("", "{}", ((part,) for part in parts))) for name, parts in groups.items()),
    )
    page = format_html(
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        "<title>Maru API</title><style>{}</style><h1>Maru API</h1><p>{}</p>"
        '<p>As OpenAPI {}: <a href="/api/schema/">YAML</a>, <a href="/api/schema/?format=json">JSON</a>.</p>{}{}',
        _STYLE,
        whole["info"]["description"],
        whole["openapi"],
        body,
        _shapes(whole),
    )
    return HttpResponse(page)


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return made


def _operation(method: str, address: str, operation: dict[str, Any]) -> SafeString:
    parameters = [parameter for parameter in operation.get("parameters", ()) if parameter["in"] == "query"]
    bodies = operation.get("requestBody", {}).get("content", {})
    return format_html(
        "<h3><b>{}</b> <code>{}</code></h3><p>{}</p><p>{}</p>{}<p>{}</p>{}",
        method.upper(),
        address,
        operation.get("summary", ""),
        operation.get("description", ""),
        format_html_join("", "<p>?<code>{}</code> {}</p>", ((p["name"], p.get("description", "")) for p in parameters)),
        format_html_join(" ", "takes {}", ((_shape(body.get("schema", {})),) for body in list(bodies.values())[:1])),
        format_html_join("", "<p>{} {} {}</p>", _answers(operation)),
    )


def _answers(operation: dict[str, Any]) -> list[tuple[str, str, SafeString]]:
    answers = []
    for status, response in operation.get("responses", {}).items():
        contents = response.get("content", {}).values()
        shapes = list(dict.fromkeys(_shape(content.get("schema", {})) for content in contents))
        answers.append((status, response.get("description", ""), format_html_join(" ", "{}", ((s,) for s in shapes))))
    return answers


def _shape(shape: dict[str, Any]) -> SafeString:
    if "$ref" in shape:
        name = shape["$ref"].rsplit("/", 1)[-1]
        return format_html('<a href="#{}"><code>{}</code></a>', name, name)
    if "results" in shape.get("properties", {}):
        return format_html("a page of {}", _shape(shape["properties"]["results"].get("items", {})))
    if "oneOf" in shape:
        return format_html_join(" or ", "{}", ((_shape(item),) for item in shape["oneOf"]))
    return format_html("{}", shape.get("description") or shape.get("type", ""))


def _shapes(whole: dict[str, Any]) -> SafeString:
    rows = whole["components"]["schemas"].items()
    return format_html(
        "<h2>Shapes</h2>{}",
        format_html_join(
            "",
            '<details id="{}"><summary><code>{}</code></summary><pre>{}</pre></details>',
            ((name, name, json.dumps(shape, indent=1, ensure_ascii=False)) for name, shape in sorted(rows)),
        ),
    )
