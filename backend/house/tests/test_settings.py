"""Settings that need no restart: declared once, checked, read from memory, followed in other processes, written in the log."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from backend import house
from backend.house.declared import DECLARED, GROUPS
from backend.house.kinds import Declared, Refused, Words
from backend.house.models import Setting, Version
from backend.house.snapshot import LOOK_S
from backend.lib.errors import BadInput


def unheard(changes):
    pass


@pytest.mark.django_db
def test_it_works():
    heard = []
    assert house.flag("memory") is True
    house.change({"memory": False, "upload_max_mib": 7}, along=heard.append)
    assert (house.flag("memory"), house.number("upload_max_mib")) == (False, 7)
    assert heard == [{"memory": (True, False), "upload_max_mib": (50, 7)}]
    house.change({"memory": None}, along=heard.append)
    assert house.flag("memory") is True
    assert not Setting.objects.filter(name="memory").exists()


def test_every_declaration_is_sound():
    for name, setting in DECLARED.items():
        assert setting.checked(setting.default_value()) == setting.default_value(), name
        assert setting.group in GROUPS
        assert setting.label.en and setting.label.ko
        assert bool(setting.help.en) == bool(setting.help.ko)
        assert setting.high > setting.low or setting.kind != "number"
        assert setting.max_length or setting.kind not in ("text", "address", "origins")


def test_reading_asks_no_database():
    # No database mark: a query would fail.
    assert house.text("web_search_url") == ""
    with pytest.raises(KeyError):
        house.value("no_such_setting")


@pytest.mark.django_db
def test_what_the_environment_says_is_the_default_and_the_administrator_stands_above_it(settings):
    settings.MARU = dataclasses.replace(settings.MARU, registration="closed")
    assert house.text("registration") == "closed"
    house.change({"registration": "open"}, along=unheard)
    assert house.text("registration") == "open"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("memory", 1), ("memory", "true"), ("upload_max_mib", True), ("upload_max_mib", 0), ("upload_max_mib", 51),
        ("upload_max_mib", 1.5), ("registration", "sometimes"), ("banner_en", "x" * 501), ("banner_en", ["x"]),
        ("web_search_url", "ftp://house"), ("web_search_url", "http://me:pass@house"), ("web_search_url", "http://[x"),
        ("banner_en", "\x00"), ("banner_en", "\ud800"),
    ],
)  # fmt: skip
def test_a_bad_value_is_named_and_nothing_is_changed(name, value):
    with pytest.raises(BadInput) as refused:
        house.change({"sharing": True, name: value}, along=unheard)
    assert list(refused.value.fields) == [name]
    assert not Setting.objects.exists()


@pytest.mark.django_db
def test_what_changes_nothing_is_not_told():
    heard = []
    assert house.change({"memory": True}, along=heard.append) == {}
    assert heard == []
    for nothing in ({}, {"no_such_setting": 1}):
        with pytest.raises(BadInput):
            house.change(nothing, along=heard.append)


@pytest.mark.django_db
def test_a_change_that_cannot_be_written_down_is_none():
    def fails(changes):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        house.change({"memory": False}, along=fails)
    house.refresh()
    assert house.flag("memory") is True


@pytest.mark.django_db
def test_a_stored_value_that_is_not_valid_any_more_gives_way_to_the_default():
    Setting.objects.create(name="upload_max_mib", value="many")
    Setting.objects.create(name="of_an_older_maru", value=1)
    Version.objects.create(number=1)
    house.refresh()
    assert house.number("upload_max_mib") == 50


@pytest.mark.django_db
def test_looking_whether_anything_changed_is_one_query():
    house.change({"memory": False}, along=unheard)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        house.refresh()
    assert len(queries) == 1


@pytest.mark.django_db(transaction=True)
async def test_what_another_process_changes_is_followed():
    from asgiref.sync import sync_to_async

    following = asyncio.create_task(house.keep())
    try:
        await asyncio.sleep(0)
        await sync_to_async(_as_another_process)()
        assert LOOK_S <= 0.5
        async with asyncio.timeout(30):
            while house.flag("memory"):  # noqa: ASYNC110 - what it waits for is no event, but a value
                await asyncio.sleep(0.01)
    finally:
        following.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await following


def _as_another_process():
    Setting.objects.create(name="memory", value=False)
    Version.objects.update_or_create(pk=1, defaults={"number": 41})


def test_a_text_in_one_line_stays_in_one_line():
    one = Declared(name="x", group="banner", kind="text", default="", max_length=9, label=Words("a", "b"))
    assert one.checked(" a\n b ") == "a b"
    assert dataclasses.replace(one, is_multiline=True).checked(" a\n b ") == "a\n b"
    with pytest.raises(Refused):
        one.checked("x" * 10)


@pytest.mark.django_db(transaction=True)
def test_of_many_who_amend_a_value_at_once_none_is_lost():
    names = [f"gpu{n:02}" for n in range(16)]

    def add(name):
        try:
            house.amend("drained_engines", lambda text: ",".join(filter(None, (text, name))), along=unheard)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, names))
    house.refresh()
    assert sorted(house.text("drained_engines").split(",")) == names
