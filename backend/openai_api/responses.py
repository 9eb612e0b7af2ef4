"""Answers of /v1/responses: one generation as output items, whole or as typed events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from django.http import JsonResponse
from django.http.response import HttpResponseBase

from backend.lib.async_view import event_stream
from backend.lib.errors import AppError
from backend.llm.types import Delta, StreamEvent, ToolCall
from backend.openai_api.answers import KEEP_ALIVE, Running, dumps
from backend.openai_api.choices import Choice, usage_of
from backend.openai_api.errors import body_of
from backend.openai_api.response_shapes import ResponseRequest

Event = dict[str, Any]
PARTS = {"reasoning": "reasoning_text", "message": "output_text"}


class ResponseAnswer:
    """`output` grows item by item; at most the last one is open."""

    def __init__(self, call_id: str, created: int, asked: ResponseRequest) -> None:
        self._id, self._created, self._asked = call_id, created, asked
        self._choice = Choice()
        self.output: list[dict[str, Any]] = []
        self._open = ""  # the kind of the item that is being written
        self._texts: list[str] = []
        self._n_events = 0

    async def whole(self, running: Running) -> HttpResponseBase:
        async with running:
            async for batch in running.batches():
                for _, event in batch:
                    self.feed(event)
        self.close(self._ended())
        return JsonResponse(self.response(self._ended()), json_dumps_params={"ensure_ascii": False})

    async def streamed(self, running: Running) -> HttpResponseBase:
        """Raises the AppError of what is refused at once."""
        await running.begin()
        return event_stream(self._frames(running), running.close)

    async def _frames(self, running: Running) -> AsyncIterator[str]:
        try:
            yield self._told([self._state("created", "in_progress"), self._state("in_progress", "in_progress")])
            async for batch in running.batches():
                events = [told for _, event in batch for told in self.feed(event)]
                yield self._told(events) if batch else KEEP_ALIVE
            status = self._ended()
            yield self._told([*self.close(status), self._state(status, status)])
        except AppError as error:
            failed = self._state("failed", "failed")
            told = body_of(error)["error"]
            failed["response"]["error"] = {"code": told["code"] or "server_error", "message": told["message"]}
            yield self._told([*self.close("incomplete"), failed])
        finally:
            await running.close()

    def _told(self, events: list[Event]) -> str:
        frames = []
        for event in events:
            frames.append(f"event: {event['type']}\ndata: {dumps({**event, 'sequence_number': self._n_events})}\n\n")
            self._n_events += 1
        return "".join(frames)

    # --- items -----------------------------------------------------------------------------------------------------------

    def feed(self, event: StreamEvent) -> list[Event]:
        self._choice.feed(event)
        if isinstance(event, ToolCall):
            return [*self.close(), *self._call(event)]
        if not isinstance(event, Delta):
            return []
        thought = self._write("reasoning", event.reasoning) if event.reasoning else []
        return [*thought, *(self._write("message", event.text) if event.text else [])]

    def _write(self, kind: str, text: str) -> list[Event]:
        events = [] if self._open == kind else [*self.close(), *self._begin(kind)]
        self._texts.append(text)
        return [*events, self._of_part("delta", delta=text)]

    def _begin(self, kind: str) -> list[Event]:
        self._open, self._texts = kind, []
        item = self._item(kind, "in_progress")
        self.output.append(item)
        at = {"output_index": len(self.output) - 1}
        added = {"type": "response.output_item.added", "item": item, **at}
        part = {
            "type": "response.content_part.added",
            "item_id": item["id"],
            "content_index": 0,
            "part": _part(kind, ""),
        }
        return [added, {**part, **at}]

    def close(self, status: str = "completed") -> list[Event]:
        """No more is written into the open item."""
        if not self._open:
            return []
        kind, text = self._open, "".join(self._texts)
        done = self._of_part("done", text=text)
        part = {
            "type": "response.content_part.done",
            "item_id": self.output[-1]["id"],
            "output_index": len(self.output) - 1,
            "content_index": 0,
            "part": _part(kind, text),
        }
        self.output[-1] = {**self.output[-1], "status": status, "content": [_part(kind, text)]}
        self._open = ""
        return [done, part, self._done()]

    def _call(self, call: ToolCall) -> list[Event]:
        item = {
            "id": f"fc_{self._id}_{len(self.output)}",
            "type": "function_call",
            "status": "in_progress",
            "call_id": call.id,
            "name": call.name,
            "arguments": "",
        }
        self.output.append(item)
        at = {"item_id": item["id"], "output_index": len(self.output) - 1}
        kind = "response.function_call_arguments"
        events: list[Event] = [
            {"type": "response.output_item.added", "item": item, "output_index": at["output_index"]},
            {"type": f"{kind}.delta", "delta": call.arguments, **at},
            {"type": f"{kind}.done", "arguments": call.arguments, "name": call.name, **at},
        ]
        self.output[-1] = {**item, "status": "completed", "arguments": call.arguments}
        return [*events, self._done()]

    def _item(self, kind: str, status: str) -> dict[str, Any]:
        own: dict[str, Any] = {"summary": []} if kind == "reasoning" else {"role": "assistant"}
        start = "rs" if kind == "reasoning" else "msg"
        return {
            "id": f"{start}_{self._id}_{len(self.output)}", "type": kind, "status": status, "content": [], **own
        }  # fmt: skip

    def _of_part(self, what: str, **value: str) -> Event:
        logprobs: dict[str, Any] = {"logprobs": []} if self._open == "message" else {}
        return {
            "type": f"response.{PARTS[self._open]}.{what}",
            "item_id": self.output[-1]["id"],
            "output_index": len(self.output) - 1,
            "content_index": 0,
            **value,
            **logprobs,
        }

    def _done(self) -> Event:
        return {
            "type": "response.output_item.done",
            "item": self.output[-1],
            "output_index": len(self.output) - 1,
        }

    # --- the response ------------------------------------------------------------------------------------------------------

    def _ended(self) -> str:
        return "incomplete" if self._choice.finish_reason == "length" else "completed"

    def _state(self, kind: str, status: str) -> Event:
        return {"type": f"response.{kind}", "response": self.response(status)}

    def response(self, status: str) -> dict[str, Any]:
        asked = self._asked
        given = asked.model_dump(mode="json", by_alias=True)
        has_ended = status in ("completed", "incomplete")
        return {
            "id": f"resp_{self._id}",
            "object": "response",
            "created_at": self._created,
            "status": status,
            "error": None,
            "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None,
            "instructions": asked.instructions,
            "max_output_tokens": asked.max_output_tokens,
            "metadata": {name: str(value) for name, value in (asked.metadata or {}).items()},
            "model": self._choice.model or asked.model or "",
            "output": list(self.output),
            "parallel_tool_calls": asked.parallel_tool_calls is not False,
            "previous_response_id": None,
            "reasoning": {"effort": asked.reasoning.effort if asked.reasoning else None, "summary": None},
            "store": False,
            "temperature": asked.temperature,
            "text": given["text"] if asked.text and asked.text.format else {"format": {"type": "text"}},
            "tool_choice": given["tool_choice"] or "auto",
            "tools": given["tools"] or [],
            "top_p": asked.top_p,
            "truncation": "disabled",
            "usage": self._usage() if has_ended else None,
        }

    def _usage(self) -> dict[str, Any]:
        usage = usage_of([self._choice])
        return {
            "input_tokens": usage["prompt_tokens"],
            "input_tokens_details": {"cached_tokens": self._choice.cached_tokens, "cache_write_tokens": 0},
            "output_tokens": usage["completion_tokens"],
            "output_tokens_details": {"reasoning_tokens": self._choice.reasoning_tokens},
            "total_tokens": usage["total_tokens"],
        }


def _part(kind: str, text: str) -> dict[str, Any]:
    own: dict[str, Any] = {"annotations": [], "logprobs": []} if kind == "message" else {}
    return {"type": PARTS[kind], "text": text, **own}
