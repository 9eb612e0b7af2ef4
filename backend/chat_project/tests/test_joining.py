"""A second real Maru joins by itself, serves, drains and leaves; the first is never restarted."""

from __future__ import annotations

import time
from typing import Any

from backend.chat_project.tests.running import Running, environment, migrate, serving

ENGINES = "/api/admin/engines/"
COME_S = 60.0


def row(house: Running, admin: str, name: str) -> dict[str, Any] | None:
    found = house.request("GET", ENGINES, token=admin)[1]["engines"]
    return next((one for one in found if one["name"] == name), None)


def until_ready(house: Running, admin: str, name: str) -> dict[str, Any]:
    """A heartbeat comes when it comes: asked for again and again."""
    ends_s = time.monotonic() + COME_S
    while time.monotonic() < ends_s:
        found = row(house, admin, name)
        if found is not None and found["state"] == "ready" and found["models"]:
            return found
        time.sleep(0.2)
    raise AssertionError(f"{name} did not come")


def test_a_second_maru_joins_by_itself(tmp_path):
    second_env = environment(tmp_path / "second", ENGINES="echo://?tokens=5&rate=200")
    house_env = environment(tmp_path / "house")
    for env in (second_env, house_env):
        migrate(env)
    with serving(second_env) as second:
        key, port = second.sign_up("second-boss"), second.url.rpartition(":")[2]
    with serving(house_env) as house:
        admin = house.sign_up("boss")
        asked = {"name": "rack", "may_be_private": True}
        token = house.request("POST", "/api/admin/engine-tokens/", asked, admin)[1]["token"]
        joins = {
            "JOIN_HOUSE": house.url,
            "JOIN_TOKEN": token,
            "JOIN_KEY": key,
            "JOIN_URL": f"http://127.0.0.1:{port}/v1?name=second&weight=2",
            "PORT": port,
        }
        with serving({**second_env, **joins}) as second:
            joined = until_ready(house, admin, "second")
            assert (joined["origin"], joined["weight"], joined["key_state"]) == ("itself", 2.0, "set")
            status, tried = house.request("POST", f"{ENGINES}second/test/", {}, admin)
            assert (status, tried["is_good"]) == (200, True), tried
            assert tried["n_tokens"] > 0
            assert house.request("PATCH", f"{ENGINES}second/", {"is_draining": True}, admin)[1]["is_draining"]
            second.process.terminate()
            second.wait(40)
            assert row(house, admin, "second") is None, "it took its leave"
            assert token not in "".join(second.said)
            assert key not in "".join(second.said)
