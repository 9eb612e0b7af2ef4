"""The conversation at a terminal: lines in, answers out, and the `!!` commands. Blocking; Ctrl-C stops the answer, not us."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

from backend.chat.terminal.house import House, HouseError
from backend.chat.terminal.line import Heard, Line
from backend.chat.terminal.screen import Screen, silent_keys

SESSION_FILE = ".chat_session_id"
DEFAULT = "-"  # for a setting: the house's own


class Shell:
    """Raises HouseError from `begin`, `answer` and the commands; `loop` says it and goes on."""

    def __init__(self, house: House, screen: Screen, session_file: Path) -> None:
        self.house, self.screen, self.speech = house, screen, house.speech
        self._file = session_file
        self._line: Line | None = None

    @property
    def line(self) -> Line:
        assert self._line is not None
        return self._line

    def begin(self, session_id: int | None, *, is_new: bool) -> None:
        """The session named, or that of the file, or a new one."""
        remembered = None if is_new or session_id is not None else self._remembered()
        if session_id is None and remembered is None:
            self._open(self._made())
            return
        try:
            self._open(session_id if session_id is not None else remembered or 0)
        except HouseError as error:
            if session_id is not None or error.status != 404:
                raise
            self.screen.note(self.speech("session_gone"))
            self._open(self._made())

    def close(self) -> None:
        if self._line is not None:
            self._line.close()

    def answer(self, heard: Iterator[Heard]) -> bool:
        """Show an answer as it comes. Whether it is whole."""
        with silent_keys():
            return self._answered(heard)

    def _answered(self, heard: Iterator[Heard]) -> bool:
        while True:
            try:
                for one in heard:
                    if one.kind == "end":
                        return self._ended(one)
                    self._show(one)
                return False
            except KeyboardInterrupt:
                # The iterator ended with the interrupt; the answer itself goes on until it is stopped.
                if not self.line.stop():
                    self.screen.end("")
                    return False
                heard = self.line.rest()

    def loop(self) -> None:
        """Until !!exit or the end of the input."""
        self.screen.note(self.speech("hello", id=self.line.session_id, url=self.house.url))
        while True:
            try:
                text = input("› ").strip()
            except EOFError:
                return
            except KeyboardInterrupt:
                self.screen.note("")
                continue
            if text == "!!exit":
                return
            try:
                self._take(text)
            except HouseError as error:
                self.screen.trouble(str(error))

    def _take(self, text: str) -> None:
        if not text:
            return
        if not text.startswith("!!"):
            self.answer(self.line.ask(text))
            return
        word, _, rest = text.partition(" ")
        command = {
            "!!new": self._new, "!!reset": self._new, "!!regen": self._regen, "!!stop": self._stop, "!!save": self._save,
            "!!load": self._load, "!!system": self._system, "!!model": self._model, "!!help": self._help,
        }.get(word)  # fmt: skip
        if command is None:
            self.screen.trouble(self.speech("unknown", word=word))
        elif word in ("!!save", "!!load") and not rest.strip():
            self.screen.trouble(self.speech("needs", word=word))
        else:
            command(rest.strip())

    # --- commands ----------------------------------------------------------------------------------------------------

    def _new(self, _: str) -> None:
        self._open(self._made())
        self.screen.note(self.speech("new"))

    def _regen(self, _: str) -> None:
        if self.line.last_reply is None:
            raise HouseError(self.speech("nothing_to_regen"))
        self.answer(self.line.regenerate())

    def _stop(self, _: str) -> None:
        """Of an answer that runs elsewhere, in a browser: here Ctrl-C is quicker."""
        live = self.house.ask("GET", f"sessions/{self.line.session_id}/messages/?limit=20")["results"]
        running = [row["id"] for row in live if row["status"] in ("queued", "streaming")]
        if not running:
            raise HouseError(self.speech("nothing_runs"))
        for message_id in running:
            self.house.ask("POST", f"messages/{message_id}/stop/")
        self.screen.note(self.speech("stopped"))

    def _save(self, name: str) -> None:
        path = Path(name).expanduser()
        form = "json" if path.suffix == ".json" else "markdown"
        said = self.house.ask("GET", f"sessions/{self.line.session_id}/export/?as={form}")
        text = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False, indent=2)
        try:
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise HouseError(self.speech("file", path=path, reason=error.strerror)) from None
        self.screen.note(self.speech("saved", path=path))

    def _load(self, name: str) -> None:
        path = Path(name).expanduser()
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise HouseError(self.speech("file", path=path, reason=error.strerror)) from None
        except ValueError:
            raise HouseError(self.speech("file", path=path, reason="JSON")) from None
        made = self.house.ask("POST", "sessions/import/", document)
        self._open(made["sessions"][0]["id"])
        self.screen.note(self.speech("loaded", id=self.line.session_id))

    def _system(self, text: str) -> None:
        change = {"system_prompt": "" if text == DEFAULT else text} if text else None
        config = self._config(change)
        self.screen.note(self.speech("system_now", text=config["system_prompt"] or self.speech("system_none")))

    def _model(self, name: str) -> None:
        names = [card["id"] for card in self.house.ask("GET", "llm/models/")]
        listed = ", ".join(names) or "-"
        if name not in ("", DEFAULT, *names) and name.rpartition("@")[0] not in names:
            raise HouseError(self.speech("no_model", name=name, names=listed))
        if name:
            config = self._config({"model": "" if name == DEFAULT else name})
        else:
            self.screen.note(self.speech("models", names=listed))
            config = self._config(None)
        self.screen.note(self.speech("model_now", name=config["model"] or self.speech("system_none")))

    def _help(self, _: str) -> None:
        self.screen.note(self.speech("help"))

    def _config(self, change: dict[str, str] | None) -> dict[str, str]:
        path = f"sessions/{self.line.session_id}/config/"
        found: dict[str, str] = self.house.ask("PATCH" if change else "GET", path, change)
        return found

    # --- parts -------------------------------------------------------------------------------------------------------

    def _show(self, one: Heard) -> None:
        if one.kind == "text":
            self.screen.show(one.text)
        elif one.kind == "queued":
            eta = "" if one.eta_ms is None else self.speech("eta", seconds=max(1, round(one.eta_ms / 1000)))
            self.screen.waiting(self.speech("queued", position=one.position, eta=eta))
        elif one.kind == "start":
            self.screen.waiting(self.speech("thinking"))
        elif one.kind == "trouble":
            self.screen.trouble(one.text)
        elif one.kind == "lost":
            self.screen.note(self.speech("lost"))

    def _ended(self, one: Heard) -> bool:
        status = one.message["status"] if one.message else ""
        self.screen.end(one.text)
        if status in ("stopped", "interrupted", "failed"):
            self.screen.note(self.speech("stopped" if status == "stopped" else "interrupted"))
        return status == "complete"

    def _made(self) -> int:
        made: dict[str, int] = self.house.ask("POST", "sessions/", {})
        return made["id"]

    def _open(self, session_id: int) -> None:
        line = Line(self.house, session_id)
        self.close()
        self._line = line
        # A folder that cannot be written to costs the memory of the session, not the chat.
        with contextlib.suppress(OSError):
            self._file.write_text(f"{session_id}\n", encoding="ascii")

    def _remembered(self) -> int | None:
        try:
            text = self._file.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            return None
        return int(text) if text.isdecimal() and len(text) < 19 else None
