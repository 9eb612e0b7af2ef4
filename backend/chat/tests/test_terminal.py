"""The terminal chat against a running server: a real process each, as in a shell."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backend.chat.terminal.house import House, HouseError
from backend.chat.terminal.line import Line
from backend.chat.terminal.screen import Screen, finished_length, harmless
from backend.chat.terminal.shell import Shell
from backend.chat.terminal.texts import TEXTS, Speech
from backend.chat_project.tests.running import Running, environment, manage, migrate, serving
from backend.llm.echo import echo_text

WHOLE = echo_text(12)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, str, dict[str, str]]]:
    env = environment(tmp_path_factory.mktemp("terminal"), ENGINES="echo://?tokens=12&rate=0")
    migrate(env)
    with serving(env) as running:
        yield running, running.sign_up("minji"), {**env, "PORT": running.url.rpartition(":")[2]}


def chat(
    house: tuple[Running, str, dict[str, str]], folder: Path, *words: str, given: str = ""
) -> tuple[int, str, str]:
    _, _, env = house
    done = subprocess.run(  # noqa: PLW1510 (the status is what is looked at)
        manage("chat", *words), env=env, cwd=folder, input=given, capture_output=True, text=True, timeout=60
    )
    return done.returncode, done.stdout, done.stderr


def shell_of(house: tuple[Running, str, dict[str, str]], folder: Path) -> tuple[Shell, io.StringIO, io.StringIO]:
    running, token, _ = house
    out, err = io.StringIO(), io.StringIO()
    return Shell(House(running.url, token, Speech("en")), Screen(out, err), folder / "session"), out, err


def test_it_works_and_the_session_is_remembered_in_a_file(house, tmp_path):
    status, out, err = chat(house, tmp_path, "hello", "there")
    assert (status, out, err) == (0, f"{WHOLE}\n", "")
    first = (tmp_path / ".chat_session_id").read_text()
    assert chat(house, tmp_path, "-", given="piped\n")[:2] == (0, f"{WHOLE}\n")
    assert (tmp_path / ".chat_session_id").read_text() == first
    assert chat(house, tmp_path, "--new", "hello")[0] == 0
    assert (tmp_path / ".chat_session_id").read_text() != first


def test_what_goes_wrong_is_one_sentence(house, tmp_path):
    status, out, err = chat(house, tmp_path, "--url", "http://127.0.0.1:9", "--token", "x", "hi")
    assert (status, out) == (1, "")
    assert err.startswith("No Maru answers at http://127.0.0.1:9.")
    assert "Traceback" not in err
    running, token, _ = house
    for url_token, session_id, sentence in (
        (token, 99_999, "no session 99999 of yours"),
        ("wrong", 1, "asks for a token"),
    ):
        with pytest.raises(HouseError, match=sentence):
            Line(House(running.url, url_token, Speech("en")), session_id)


def test_the_commands(house, tmp_path, monkeypatch):
    saved = tmp_path / "talk.json"
    lines = iter([
        "hi", "!!regen", f"!!save {saved}", f"!!save {tmp_path}/no/where.md", f"!!load {saved}", f"!!load {tmp_path}/none",
        "!!system Be terse.", "!!system -", "!!model", "!!model nobody", "!!model echo", "!!model -", "!!stop",
        "!!nonsense", "!!load", "!!help", "", "!!new", "!!regen", "!!exit",
    ])  # fmt: skip
    monkeypatch.setattr("builtins.input", lambda prompt: next(lines))
    shell, out, err = shell_of(house, tmp_path)
    shell.begin(None, is_new=True)
    shell.loop()
    shell.close()
    assert out.getvalue() == f"{WHOLE}\n" * 2
    said = " ".join(err.getvalue().split())
    for part in (
        "Saved as", "cannot be used", "Loaded as session", "Be terse.", "the house's own", "Models: echo",
        "no model “nobody”. Models: echo", "Model: echo", "Nothing is being written", "Unknown: !!nonsense", "!!load needs",
        "!!save FILE keep the conversation", "New session.", "There is no answer yet.",
    ):  # fmt: skip
        assert part in said


def test_a_connection_that_breaks_is_taken_up_again(house, tmp_path):
    running, token, _ = house
    line = Line(House(running.url, token, Speech("en")), _session(running, token))
    heard = line.ask("hi")
    line._socket.close()
    kinds = [one.kind for one in heard]
    assert kinds[0] == "lost"
    assert kinds[-1] == "end"
    _, messages = running.request("GET", f"/api/sessions/{line.session_id}/messages/", token=token)
    assert [row["role"] for row in messages["results"]] == ["user", "assistant"]
    line.close()


def test_somebody_elses_session_is_as_a_missing_one(house):
    running, token, _ = house
    other = running.sign_up("jun") if running.request("GET", "/healthz")[0] == 200 else ""
    with pytest.raises(HouseError) as caught:
        Line(House(running.url, other, Speech("en")), _session(running, token))
    assert caught.value.status == 404


def _session(running: Running, token: str) -> int:
    return int(running.request("POST", "/api/sessions/", {}, token)[1]["id"])


class Told(Line):
    """A line that hears these frames, None for a cut, and then nothing any more."""

    def __init__(self, *frames: dict[str, Any] | None) -> None:
        self._frames, self.sent = list(frames), []
        super().__init__(House("http://127.0.0.1:9", "x", Speech("en")), 1)

    def _connect(self) -> dict[str, Any]:
        return {"type": "session_state", "messages": [], "live": []}

    def _send(self, frame: dict[str, Any]) -> None:
        self.sent.append(frame)

    def _receive(self) -> dict[str, Any]:
        if (frame := self._frames.pop(0)) is None:
            raise OSError
        return frame if frame["type"] != "message_created" else {**frame, "client_id": self.sent[0]["client_id"]}


def test_an_answer_that_ended_while_the_connection_was_cut_is_shown():
    reply = {"id": 2, "content": WHOLE, "status": "complete"}
    line = Told(None, {"type": "message_created", "message": {"id": 1}, "reply": reply})
    heard = list(line.ask("hi"))
    assert [one.kind for one in heard] == ["lost", "end"]
    assert (heard[-1].text, heard[-1].message, line.live) == (WHOLE, reply, None)


def test_an_answer_that_went_on_while_the_connection_was_cut_goes_on_where_it_is():
    reply = {"id": 2, "content": "one two", "status": "streaming"}
    whole = {"id": 2, "content": "one two three", "status": "complete"}
    line = Told(
        None,
        {"type": "message_created", "message": {"id": 1}, "reply": reply},
        {"type": "ai_chunk", "message_id": 2, "offset": 7, "chunk": " three"},
        {"type": "ai_complete", "message": whole},
    )
    assert [one.text for one in line.ask("hi")] == ["", "one two", "one two three", "one two three"]
    assert [frame["type"] for frame in line.sent] == ["chat_message"] * 2, (
        "nothing is missing that it would have to ask for"
    )


def test_a_whole_text_is_acknowledged_however_much_of_it_was_there():
    reply = {"id": 2, "content": "", "status": "queued"}
    line = Told(
        {"type": "message_created", "message": {"id": 1}, "reply": reply},
        {"type": "ai_chunk", "message_id": 2, "offset": 0, "chunk": "one two"},
        {"type": "ai_snapshot", "message_id": 2, "text": "one two", "status": "streaming"},
        {"type": "ai_complete", "message": {"id": 2, "content": "one two", "status": "complete"}},
    )
    assert [one.text for one in line.ask("hi")] == ["one two", "one two"]
    assert line.sent[1:] == [{"type": "ack", "message_id": 2, "offset": 7}]


@pytest.mark.parametrize(
    ("text", "done"),
    [
        ("one", ""), ("one\n\ntwo", "one\n\n"), ("```py\na\n\nb", ""), ("```\na\n```\n\nrest", "```\na\n```\n\n"),
        ("a\n\n~~~\nb\n\nc", "a\n\n"),
    ],
)  # fmt: skip
def test_only_whole_blocks_are_printed_for_good(text, done):
    assert text[: finished_length(text)] == done


def test_an_answer_cannot_steer_the_terminal():
    assert harmless("\x1b]0;title\x07a\x9b2Jb\tc\n") == "]0;titlea2Jb\tc\n"


def test_every_text_is_there_in_both_languages():
    assert all(len(both) == 2 and all(both) for both in TEXTS.values())
    assert Speech("ko").language == "ko"
