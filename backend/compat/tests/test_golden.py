"""The requests of the older systems' documents, as they stand there, sent to a running server."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from backend.chat_project.tests.running import Running, environment, migrate, serving
from backend.mcp.tests.server import in_thread
from backend.memory.tests.searxng import searxng

ECHO = "".join(["word1", *(f" word{n}" for n in range(2, 13))])


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, str]]:
    env = environment(tmp_path_factory.mktemp("compat"), ENGINES="echo://?tokens=12&rate=0")
    migrate(env)
    with serving(env) as running:
        yield running, running.sign_up("minji")


def post(house: tuple[Running, str], path: str, body: Any) -> Any:
    running, token = house
    status, answer = running.request("POST", path, body, token)
    assert status == 200, answer
    return answer


def test_it_works_as_vllm_fastapi_chatbots_curl(house):
    answer = post(house, "/chat", {"session_id": "test", "message": "안녕!"})
    assert answer == {"session_id": "test", "answer": ECHO}
    again = post(house, "/chat", {"session_id": "test", "message": "방금 말한거 다시 요약해줘."})
    assert list(again) == ["session_id", "answer"]
    running, token = house
    _, sessions = running.request("GET", "/api/sessions/", token=token)
    (session,) = [row for row in sessions["results"] if row["title"] == "test"]
    _, messages = running.request("GET", f"/api/sessions/{session['id']}/messages/", token=token)
    assert [row["role"] for row in messages["results"]] == ["user", "assistant"] * 2


def test_llm_server_with_all_its_fields(house):
    asked = {
        "session_id": "test_session", "system_message": "도움이 되는 어시스턴트입니다.", "user_message": "테스트 메시지",
        "role": "선생님", "instructions": "짧게", "conversation_history": ["user: 안녕", "assistant: 네"],
        "memory_context": ["고양이를 좋아한다"], "max_tokens": 1000, "temperature": 0.7, "model": "gpt-4o-mini",
        "openai_api_key": "", "free_mode": False,
    }  # fmt: skip
    answer = post(house, "/api/v1/chat", asked)
    assert set(answer) == {
        "session_id", "response_text", "model", "input_tokens", "output_tokens", "total_tokens_used", "output_format",
        "created_at", "temperature", "instructions", "response_time", "success", "error_message", "api_key_source",
        "is_cached",
    }  # fmt: skip
    assert (answer["session_id"], answer["response_text"], answer["model"]) == ("test_session", ECHO, "echo")
    assert answer["total_tokens_used"] == answer["input_tokens"] + answer["output_tokens"]
    assert answer["output_tokens"] == 12
    assert (answer["success"], answer["error_message"], answer["api_key_source"]) == (True, None, "none")
    assert answer["output_format"] == "text"


def test_llm_servers_errors_say_so_in_its_own_fields_too(house):
    running, token = house
    status, answer = running.request("POST", "/api/v1/chat", {"user_message": ""}, token)
    assert (status, answer["code"]) == (400, "bad_input")


def test_a_cached_answer_is_asked_for_and_told(house):
    body = {"user_message": "같은 질문", "cache_ttl_s": 60}
    assert [post(house, "/api/v1/chat", body)["is_cached"] for _ in range(2)] == [False, True]
    assert post(house, "/api/v1/chat", {**body, "temperature": 0.1})["is_cached"] is False
    assert post(house, "/api/v1/chat", {"user_message": "같은 질문"})["is_cached"] is False


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/office/Llama", {"input_data": "안녕하세요!", "user_id": "test_user"}),
        ("/office/Llama", {"input_data": "x", "google_access": True, "db_id": "b440780c-cbaa-454f-a8d2-cf884786d89f"}),
        (
            "/character/Llama",
            {
                "input_data": "*I wave at Rachel with a smile.*", "character_name": "Rachel",
                "greeting": "*Rachel stands nervously at the lectern, adjusting her notes...*",
                "context": "Rachel is a devout Catholic girl of about 19 years old...",
                "db_id": "b440780c-cbaa-454f-a8d2-cf884786d89f", "user_id": "user_test_001",
            },
        ),
    ],
)  # fmt: skip
def test_office_and_character(house, path, body):
    answer = post(house, path, body)
    assert answer["result"] == ECHO
    told = answer["processing_info"]
    assert (told["model"], told["completion_tokens"], told["used_fallback"]) == ("echo", 12, False)
    assert told["processing_time"] > 0
    running, token = house
    _, message = running.request("GET", f"/api/messages/{told['message_id']}/", token=token)
    if path.startswith("/character"):
        assert "Rachel is a devout" in message["metadata"]["rendered_prompt"]


def test_a_web_search_is_told_when_one_was_made(house):
    running, token = house  # whoever came first is the administrator
    asked = {"input_data": "마루?", "google_access": True}
    assert post(house, "/office/Llama", asked)["processing_info"]["used_web_search"] is False
    with in_thread(searxng) as far:
        told = {"web_search_url": far.url, "web_search_inside": True}
        assert running.request("PATCH", "/api/admin/settings/", told, token)[0] == 200
        assert post(house, "/office/Llama", asked)["processing_info"]["used_web_search"] is True
        assert post(house, "/office/Llama", {"input_data": "마루?"})["processing_info"]["used_web_search"] is False
        assert [each["q"] for each in far.heard] == [["마루?"]]
        running.request("PATCH", "/api/admin/settings/", {"web_search_url": None, "web_search_inside": None}, token)


@pytest.mark.parametrize("door", ["office", "character"])
def test_performance_is_measured(house, door):
    post(house, f"/{door}/Llama", {"input_data": "1"})
    running, token = house
    _, figures = running.request("GET", f"/{door}/performance", token=token)
    assert {"total_requests", "avg_response_time", "success_rate", "active_connections", "max_concurrent"} <= set(
        figures
    )
    assert figures["total_requests"] >= 1
    assert figures["success_rate"] == 100
    assert 0 < figures["avg_response_time"] < 60
    assert figures["active_connections"] == 0


@pytest.mark.parametrize("text", ["", "x" * 501])
def test_input_data_has_1_to_500_characters(house, text):
    running, token = house
    status, answer = running.request("POST", "/office/Llama", {"input_data": text}, token)
    assert (status, list(answer["fields"])) == (400, ["input_data"])


def test_token_check(house):
    asked = [
        {"model": "echo", "prompt": "one two three", "max_tokens": 10},
        {"model": "echo", "prompt": "one", "max_tokens": 5_000_000},
    ]
    assert post(house, "/api/v1/token_check", {"prompts": asked}) == {
        "prompts": [
            {"fits": True, "tokenCount": 3, "contextLength": 1_000_000},
            {"fits": False, "tokenCount": 1, "contextLength": 1_000_000},
        ]
    }


@pytest.mark.parametrize("path", ["/chat", "/api/v1/chat", "/office/Llama", "/character/Llama", "/api/v1/token_check"])
def test_without_a_token_nobody_is_answered(house, path):
    running, _ = house
    status, answer = running.request("POST", path, {"message": "x", "user_message": "x", "input_data": "x"})
    assert (status, answer["code"]) == (401, "not_authenticated")


def test_an_unknown_address_gets_the_houses_404(house):
    running, token = house
    request = urllib.request.Request(f"{running.url}/office/Gemini", b"{}", {"Authorization": f"Bearer {token}"})
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=10)
    assert json.loads(caught.value.read())["code"] == "not_found"
