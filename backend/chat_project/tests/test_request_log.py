"""Each request has an id and, for machines, a line: the route and figures, never a query."""

from __future__ import annotations

import logging

import pytest

LOGGER = "backend.chat_project.request_log"
pytestmark = pytest.mark.django_db
SECRET = "secret-words"


@pytest.fixture(autouse=True)
def told(caplog):
    caplog.set_level(logging.INFO, logger=LOGGER)
    return caplog


def test_it_works(api, user, told):
    answer = api(user).get(f"/api/search/?q={SECRET}", HTTP_X_REQUEST_ID="from-the-proxy-1")
    assert answer["X-Request-ID"] == "from-the-proxy-1"
    (record,) = [one for one in told.records if one.name == LOGGER]
    assert (record.told["route"], record.told["status"], record.told["user"]) == ("api/search/", 200, user.pk)
    assert SECRET not in str(record.__dict__)


@pytest.mark.django_db(transaction=True)
async def test_a_page_that_asks_no_database_still_asks_none(async_client, user, told):
    await async_client.aforce_login(user)
    for path in ("/", "/favicon.ico"):
        assert (await async_client.get(path)).status_code < 500
    assert all("user" not in one.told for one in told.records if one.name == LOGGER)


def test_without_a_proxy_every_request_has_an_id_of_its_own(api):
    ids = {api().get("/api/auth/setup/")["X-Request-ID"] for _ in range(3)}
    assert len(ids) == 3
