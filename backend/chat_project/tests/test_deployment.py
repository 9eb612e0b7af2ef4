"""What docker/ holds is checked by the tools that will read it: nginx itself, the shells, and what compose files must promise."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from backend.chat_project.body_limit import DEFAULT_LIMIT, LARGER
from backend.chat_project.env import NAMES
from backend.chat_project.tests.running import ROOT

DOCKER = ROOT / "docker"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin")
OTHERS_NAMES = {"ANONYMIZED_TELEMETRY"}  # of images that are not ours


class _Loader(yaml.SafeLoader):
    """Compose's own tags."""


_Loader.add_constructor("!override", lambda loader, node: loader.construct_sequence(node))


def compose(name: str) -> dict[str, Any]:
    return yaml.load((DOCKER / name).read_text(encoding="utf-8"), Loader=_Loader)


SCALE = compose("compose.scale.yml")
SERVICES = sorted(SCALE["services"])


def nginx_says(folder: Path) -> str:
    if NGINX is None:
        pytest.skip("no nginx here")
    done = subprocess.run(
        [NGINX, "-t", "-p", str(folder), "-c", "nginx.conf"], capture_output=True, text=True, check=False
    )
    return done.stderr if done.returncode else "ok"


def test_nginx_takes_its_configuration(tmp_path: Path) -> None:
    folder = shutil.copytree(DOCKER / "nginx", tmp_path / "nginx")
    assert nginx_says(folder) == "ok"


def test_nginx_takes_the_one_with_tls(tmp_path: Path) -> None:
    folder = shutil.copytree(DOCKER / "nginx", tmp_path / "nginx")
    key, certificate = tmp_path / "tls.key", tmp_path / "tls.crt"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=maru", "-days", "1"]
    subprocess.run([*made, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    text = (DOCKER / "nginx" / "tls.conf").read_text()
    text = text.replace("/run/secrets/tls_certificate", str(certificate)).replace("/run/secrets/tls_key", str(key))
    (folder / "site" / "listen.conf").write_text(text)
    assert nginx_says(folder) == "ok"


def test_nginx_lets_bodies_through_that_maru_takes() -> None:
    """A limit below ours would answer in our stead, one far above would fill the proxy's disk."""
    text = (DOCKER / "nginx" / "nginx.conf").read_text()
    assert f"client_max_body_size {DEFAULT_LIMIT // 1024**2}m;" in text
    for path, limit in LARGER:
        word = path.removeprefix("/api/").strip("/")
        block = next(block for block in re.findall(r"location [^{]*\{[^}]*\}", text) if word in block.split("{")[0])
        assert f"client_max_body_size {limit // 1024**2}m;" in block


@pytest.mark.parametrize("script", ["local-scale.sh", "secrets.sh"])
def test_scripts_are_read_by_their_shells(script: str) -> None:
    shell = (DOCKER / script).read_text().splitlines()[0].removeprefix("#!").split()[-1].rpartition("/")[2]
    subprocess.run([shell, "-n", str(DOCKER / script)], check=True)


def test_only_nginx_is_reached_from_outside_and_the_inside_has_no_way_out() -> None:
    assert [name for name in SERVICES if SCALE["services"][name].get("ports")] == ["nginx"]
    assert SCALE["networks"]["inside"]["internal"] is True
    assert all(name == "nginx" or _networks(name) == {"inside"} for name in SERVICES)


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_confined(name: str) -> None:
    service = SCALE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert not service["user"].startswith(("0", "root"))
    assert {"cpus", "memory", "pids"} <= service["deploy"]["resources"]["limits"].keys()
    assert "test" in service["healthcheck"] or name == "migrate"
    assert "@" not in service.get("image", "") or "build" in service


@pytest.mark.parametrize("name", SERVICES)
def test_names_secrets_and_volumes_are_known(name: str) -> None:
    service = SCALE["services"][name]
    known = {*NAMES, *(f"{each}_FILE" for each in NAMES)} | OTHERS_NAMES
    assert {each for each in service.get("environment", {}) if not each.startswith("POSTGRES_")} <= known
    assert set(service.get("secrets", [])) <= SCALE["secrets"].keys()
    named = [volume.split(":")[0] for volume in service.get("volumes", [])]
    assert all(volume.startswith(".") or volume in SCALE["volumes"] for volume in named)
    for needed in service.get("depends_on", []):
        assert needed in SCALE["services"]
    for value in service.get("environment", {}).values():
        assert "password" not in str(value).lower() or str(value).startswith("/run/secrets/")


def test_nginx_and_the_web_processes_agree_on_their_addresses() -> None:
    webs = {_address(name) for name in SERVICES if name.startswith("web")}
    upstreams = re.findall(r"^server ([\d.]+):8000", (DOCKER / "nginx/site/upstreams.conf").read_text(), re.M)
    assert set(upstreams) == webs
    assert len(webs) >= 3
    assert SCALE["services"]["web1"]["environment"]["TRUSTED_PROXIES"] == _address("nginx")


def test_secrets_are_made_once_and_all_of_them(tmp_path: Path) -> None:
    script, folder = DOCKER / "secrets.sh", tmp_path / "secrets"
    subprocess.run([script, folder], check=True)
    before = {path.name: path.read_text() for path in folder.iterdir()}
    subprocess.run([script, folder], check=True)
    assert {path.name: path.read_text() for path in folder.iterdir()} == before
    assert {Path(secret["file"]).name for secret in SCALE["secrets"].values()} == before.keys()
    assert len(before["secret_key"]) == 64
    assert before["postgres_password"] in before["database_url"]


@pytest.mark.parametrize("name", ["compose.cuda.yml", "compose.tls.yml"])
def test_an_overlay_changes_services_that_are_there(name: str) -> None:
    assert compose(name)["services"].keys() <= SCALE["services"].keys()


@pytest.mark.parametrize("unit", sorted((DOCKER / "systemd").glob("*.service")), ids=lambda path: path.name)
def test_units_drain_restart_and_are_confined(unit: Path) -> None:
    text = unit.read_text()
    assert "Restart=always" in text
    assert "NoNewPrivileges=yes" in text
    assert "ProtectSystem=strict" in text
    command = re.search(r"^ExecStart=\S+/python manage\.py (\w+)", text, re.M)
    assert command is not None
    assert command[1] in ("serve", "engine")
    if command[1] == "serve":
        assert int(re.search(r"^TimeoutStopSec=(\d+)", text, re.M)[1]) >= 35  # type: ignore[index]


def _networks(name: str) -> set[str]:
    return set(SCALE["services"][name]["networks"])


def _address(name: str) -> str:
    return str(SCALE["services"][name]["networks"]["inside"]["ipv4_address"])
