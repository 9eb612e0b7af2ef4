"""Staff looks after the models of this machine: what they need, their settings, who answers by default."""

from __future__ import annotations

import dataclasses
import shutil

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings

from backend.llm import registry
from backend.llm.config import LLMConfig
from backend.llm.fixtures import tiny_gguf, vectors_gguf  # noqa: F401
from backend.llm.model_settings import ModelSettings, read_house, write_house
from backend.llm.process import LocalLLM
from backend.llm.service import use_service
from backend.llm.tests.lora import build_lora
from backend.llm.tiny_projector_gguf import build as build_projector
from backend.ops import admin_models
from backend.ops.models import AuditEntry

MODELS = "/api/admin/models/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def local(tmp_path, settings, tiny_gguf, vectors_gguf):  # noqa: F811
    """It has looked at its models; no engine is started."""
    folder = tmp_path / "models"
    folder.mkdir()
    for source, name in ((tiny_gguf, "talks"), (tiny_gguf, "talks-2"), (vectors_gguf, "vectors")):
        shutil.copy(source, folder / f"{name}.gguf")
    build_lora(folder / "poet.gguf", tiny_gguf)
    (folder / "ruin.gguf").write_bytes(b"no model")
    config = LLMConfig(models_dir=folder, data_dir=settings.MARU.data_dir, starter_path=tmp_path / "none.gguf")
    settings.MARU = dataclasses.replace(settings.MARU, models_dir=folder)
    service = LocalLLM(config)
    async_to_sync(service.shelf.catalogue.look)()
    use_service(service)
    return service


def row(api, staff, model):
    return api(staff).get(f"{MODELS}{model}/").json()


def test_it_works(api, staff, local):
    body = api(staff).get(MODELS).json()
    rows = {one["id"]: one for one in body["models"]}
    assert set(rows) == {"talks", "talks-2", "vectors", "ruin"}
    assert (rows["vectors"]["kind"], rows["ruin"]["state"]) == ("embedding", "unusable")
    memory = rows["talks"]["memory"]
    assert memory["weights"] == rows["talks"]["size_bytes"]
    assert memory["context"] > 0
    assert body["free_bytes"] > 0
    assert rows["talks"]["settings"]["kv_type"] is None


def test_a_projector_is_offered_chosen_and_counted(api, admin, local):
    folder = local.shelf.config.models_dir
    size = build_projector(folder / "mmproj-talks.gguf").stat().st_size
    async_to_sync(local.shelf.catalogue.look)()
    client = api(admin)
    body = client.get(MODELS).json()
    assert body["projectors"] == [{"name": "mmproj-talks", "size_bytes": size}]
    assert "mmproj-talks" not in {one["id"] for one in body["models"]}, "it is no model"
    before = row(api, admin, "talks")
    assert client.patch(f"{MODELS}talks/", {"projector": "mmproj-talks"}, format="json").status_code == 200
    local.shelf.house = read_house(local.shelf.config.data_dir)  # as the shelf's own task does
    after = row(api, admin, "talks")
    assert (before["sees_images"], after["sees_images"]) == (False, True)
    assert after["memory"]["weights"] == before["memory"]["weights"] + size
    for wrong in ("mmproj-none", "talks-2", "../x"):
        refused = client.patch(f"{MODELS}talks/", {"projector": wrong}, format="json")
        assert (refused.status_code, list(refused.json()["fields"])) == (400, ["projector"])
    assert client.patch(f"{MODELS}talks/", {"projector": ""}, format="json").json()["settings"]["projector"] == ""


def test_a_draft_model_is_chosen_counted_and_refused_where_there_is_none(api, admin, local):
    client, before = api(admin), row(api, admin, "talks")
    assert client.patch(f"{MODELS}talks/", {"draft_model": "talks-2"}, format="json").status_code == 200
    local.shelf.house = read_house(local.shelf.config.data_dir)  # as the shelf's own task does
    after = row(api, admin, "talks")
    assert after["memory"]["weights"] == before["memory"]["weights"] + row(api, admin, "talks-2")["size_bytes"]
    for wrong in ("talks-3", "../x"):
        refused = client.patch(f"{MODELS}talks/", {"draft_model": wrong}, format="json")
        assert (refused.status_code, list(refused.json()["fields"])) == (400, ["draft_model"])
    assert client.patch(f"{MODELS}talks/", {"draft_model": ""}, format="json").json()["settings"]["draft_model"] == ""


@pytest.mark.parametrize(("language", "sentence"), [("en", "this is not a GGUF file"), ("ko", "GGUF 파일이 아닙니다")])
def test_what_is_wrong_with_a_model_is_told_in_the_readers_language(api, staff, local, language, sentence):
    client = api(staff)
    rows = client.get(MODELS, headers={"Accept-Language": language}).json()["models"]
    rows += client.get("/api/llm/models/", headers={"Accept-Language": language}).json()
    assert [one["problem"] for one in rows if one["id"] == "ruin"] == [sentence] * 2


def test_settings_are_checked_kept_and_written_down(api, staff, local):
    response = api(staff).patch(f"{MODELS}talks/", {"n_ctx": 512, "kv_type": "q8_0", "lora": [["poet", 0.5]]})
    assert response.status_code == 200
    assert response.json()["settings"]["n_ctx"] == 512
    response = api(staff).patch(f"{MODELS}talks/", {"sampling": {"temperature": 0.3}})
    assert response.json()["settings"]["lora"] == [["poet", 0.5]]
    assert response.json()["settings"]["sampling"] == {"temperature": 0.3}
    entries = AuditEntry.objects.filter(action="model.settings").order_by("id")
    assert [sorted(entry.changes) for entry in entries] == [
        ["kv_type", "lora", "model", "n_ctx"],
        ["model", "sampling"],
    ]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"n_ctx": 1}, "n_ctx"),
        ({"kv_type": "q1"}, "kv_type"),
        ({"chat_template": "nobody's"}, "chat_template"),
        ({"lora": [["../../etc/passwd", 1]]}, "lora"),
        ({"lora": [["a", "b"]]}, "lora"),
        ({"sampling": {"colour": 1}}, "sampling"),
        ({"sampling": {"temperature": 9}}, "sampling.temperature"),
        ({"n_gpu_layers": -2}, "n_gpu_layers"),
    ],
)
def test_a_setting_that_cannot_be_is_named(api, staff, local, body, field):
    response = api(staff).patch(f"{MODELS}talks/", body)
    assert (response.status_code, response.json()["code"]) == (400, "bad_input")
    assert any(name.startswith(field) for name in response.json()["fields"])
    assert row(api, staff, "talks")["settings"]["n_ctx"] is None


def test_default_and_limits(api, staff, local):
    assert api(staff).post(f"{MODELS}talks/default/").status_code == 202
    assert api(staff).patch(MODELS, {"max_loaded": 1, "idle_unload_s": 60}).json()["max_loaded"] == 1
    assert api(staff).patch(MODELS, {"max_loaded": 0}).status_code == 400
    assert (settings.MARU.data_dir / "models.json").exists()


@pytest.mark.parametrize("model", ["nobody", "..", "%2e%2e%2fetc"])
@pytest.mark.parametrize("act", ["", "load/", "unload/", "default/"])
def test_a_model_that_is_not_there(api, staff, local, model, act):
    ask = api(staff).post if act else api(staff).get
    assert ask(f"{MODELS}{model}/{act}").status_code == 404


def test_settings_that_another_changes_meanwhile_stay(api, staff, local, monkeypatch):
    check = admin_models.check_adapters

    def checked(*args, **kwargs):
        api(staff).patch(MODELS, {"max_loaded": 7}, format="json")
        write_house(settings.MARU.data_dir, house_of().with_model("talks", ModelSettings(keeps_loaded=True)))
        check(*args, **kwargs)

    def house_of():
        return read_house(settings.MARU.data_dir)

    monkeypatch.setattr(admin_models, "check_adapters", checked)
    assert api(staff).patch(f"{MODELS}talks/", {"n_ctx": 1024}, format="json").status_code == 200
    assert house_of().max_loaded == 7
    assert house_of().of("talks") == ModelSettings(n_ctx=1024, keeps_loaded=True)


def test_the_prompt_of_a_template_is_shown_before_it_counts(api, staff, local):
    asked = {"message": "안녕?", "system": "짧게."}
    own = api(staff).post(f"{MODELS}talks/preview/", asked).json()
    assert own["name"] == "model"
    assert "안녕?" in own["prompt"]
    text = "{{ bos_token }}{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}"
    mine = api(staff).post(f"{MODELS}talks/preview/", {**asked, "template_text": text}).json()
    assert mine["prompt"].endswith("<system>짧게.<user>안녕?")
    assert mine["name"] == "custom"
    chatml = api(staff).post(f"{MODELS}talks/preview/", {**asked, "chat_template": "chatml"}).json()
    assert "<|im_start|>user\n안녕?<|im_end|>" in chatml["prompt"]


@pytest.mark.parametrize(
    "text",
    ["{% for", "{{ ''.__class__.__mro__ }}", "{% for a in range(99999999) %}{% endfor %}", "{{ 'x' * 99999999 }}"],
)
def test_a_hostile_template_is_only_a_problem(api, staff, local, text):
    told = api(staff).post(f"{MODELS}talks/preview/", {"message": "hi", "template_text": text}).json()
    assert told["problem"] or told["prompt"] == ""


def test_a_template_of_ones_own_is_a_setting(api, staff, local):
    text = "{% for m in messages %}{{ m.content }}{% endfor %}"
    assert api(staff).patch(f"{MODELS}talks/", {"template_text": text}).json()["settings"]["template_text"] == text
    refused = api(staff).patch(f"{MODELS}talks/", {"template_text": "{% for"})
    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["template_text"])


def test_a_file_is_deleted_by_administrators_only(api, staff, admin, local):
    assert api(staff).delete(f"{MODELS}talks-2/").status_code == 403
    assert api(admin).delete(f"{MODELS}talks-2/").status_code == 204
    async_to_sync(local.shelf.catalogue.look)()
    assert api(admin).get(f"{MODELS}talks-2/").status_code == 404
    assert AuditEntry.objects.get(action="model.delete").changes == {"model": ["talks-2", ""]}


def test_an_adapter_that_comes_in_is_put_on_a_second_name(api, admin, local, tiny_gguf, tmp_path):  # noqa: F811
    content = build_lora(tmp_path / "bard.gguf", tiny_gguf).read_bytes()
    arrivals = registry.Arrivals(local.shelf.config.models_dir)
    one = arrivals.begin("bard", "upload", len(content))
    assert arrivals.add_piece(one.id, 0, content) is None
    async_to_sync(local.shelf.catalogue.look)()
    worn = {"name": "talks-bard", "lora": [["bard", 0.8]]}
    assert api(admin).post(f"{MODELS}talks/names/", worn, format="json").status_code == 201
    async_to_sync(local.shelf.catalogue.look)()
    body = api(admin).get(MODELS).json()
    assert {"name": "bard", "size_bytes": len(content), "architecture": "llama"} in body["adapters"]
    assert "bard" not in [row["id"] for row in body["models"]]
    assert row(api, admin, "talks-bard")["settings"]["lora"] == [["bard", 0.8]]
    assert row(api, admin, "talks")["settings"]["lora"] == [], "the first name stays as it was"
    entry = AuditEntry.objects.get(action="model.import")
    assert entry.changes == {"model": ["", "talks-bard"], "from": ["", "talks"], "lora": [[], [["bard", 0.8]]]}


@pytest.mark.parametrize(
    ("lora", "words"),
    [
        ([["nobody", 1]], "“nobody”"),
        ([["foreign", 1]], "qwen2"),
        ([["poet"]], "pair"),
        ([["poet", "much"]], ""),
        ([["../poet", 1]], ""),
    ],
)
def test_an_adapter_that_cannot_be_worn_is_refused_with_the_reason(api, admin, local, lora, words):
    build_lora(local.shelf.config.models_dir / "foreign.gguf", local.paths()["talks"], architecture="qwen2")
    async_to_sync(local.shelf.catalogue.look)()
    for answer in (
        api(admin).post(f"{MODELS}talks/names/", {"name": "worn", "lora": lora}, format="json"),
        api(admin).patch(f"{MODELS}talks/", {"lora": lora}, format="json"),
    ):
        assert answer.status_code == 400
        assert words in answer.json()["fields"]["lora"][0]
    assert api(admin).get(f"{MODELS}worn/").status_code == 404, "no name is left behind"


def test_an_adapter_that_went_does_not_stop_other_settings(api, admin, local):
    assert api(admin).patch(f"{MODELS}talks/", {"lora": [["poet", 1]]}, format="json").status_code == 200
    (local.shelf.config.models_dir / "poet.gguf").unlink()
    async_to_sync(local.shelf.catalogue.look)()
    assert api(admin).patch(f"{MODELS}talks/", {"n_ctx": 512}, format="json").status_code == 200
