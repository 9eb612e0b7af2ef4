"""What users do with folders of documents. A folder of the house (`user` null) is read by everybody and written by staff."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from backend.house.acts import Facts, Witness, unseen
from backend.lib.errors import BadInput, Forbidden, NotFound, sentence
from backend.lib.storage import in_db
from backend.memory.errors import NameTaken
from backend.memory.models import Collection


def visible(user_id: int) -> QuerySet[Collection]:
    return Collection.objects.filter(Q(user_id=user_id) | Q(user__isnull=True))


def writable(user: Any, collection_id: int) -> Collection:
    """A folder that the user may write to. Raises NotFound, Forbidden."""
    collection = visible(user.pk).filter(pk=collection_id).first()
    if collection is None:
        raise NotFound
    if collection.user_id is None and not user.is_staff:
        raise Forbidden
    return collection


async def add(user: Any, name: str, *, is_shared: bool, witness: Witness = unseen) -> Collection:
    """Raises Forbidden for a shared one by others than staff, NameTaken."""
    if is_shared and not user.is_staff:
        raise Forbidden
    return await in_db(_saved, Collection(user_id=None if is_shared else user.pk, name=_name(name)), None, witness)


async def rename(user: Any, collection_id: int, name: str, witness: Witness = unseen) -> Collection:
    def store() -> Collection:
        collection = writable(user, collection_id)
        before = _facts(collection)
        collection.name = _name(name)
        return _saved(collection, before, witness)

    return await in_db(store)


async def delete(user: Any, collection_id: int, witness: Witness = unseen) -> None:
    """Its documents stay, in no folder."""

    def remove() -> None:
        collection = writable(user, collection_id)
        with transaction.atomic():
            witness("folder", collection.pk, _facts(collection), None)
            collection.delete()

    await in_db(remove)


def _saved(collection: Collection, before: Facts, witness: Witness) -> Collection:
    try:
        with transaction.atomic():
            collection.save()
            witness("folder", collection.pk, before, _facts(collection))
    except IntegrityError:
        raise NameTaken from None
    return collection


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise BadInput(fields={"name": [sentence("must not be empty", "비어 있을 수 없습니다.")]})
    return name


def _facts(collection: Collection) -> Facts:
    """What the audit log may know of one of the house."""
    return {"name": collection.name} if collection.user_id is None else None
