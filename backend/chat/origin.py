"""Whose rows the ids in an export are: those of documents, folders and recalled entries mean nothing in another account or house.

An export carries the mark of its account, which only this house can make. What comes in with another mark, or none, comes in
without such ids: they would name the importer's own, unrelated rows.
"""

from __future__ import annotations

from django.utils.crypto import salted_hmac

from backend.chat.transfer_schema import SessionDocument


def of_user(user_id: int) -> str:
    """It tells nothing about the account to others, and changes with SECRET_KEY."""
    return salted_hmac("maru origin of an export", str(user_id), algorithm="sha256").hexdigest()


def drop_foreign_ids(document: SessionDocument, user_id: int) -> None:
    if document.origin == of_user(user_id):
        return
    document.config.document_ids, document.config.collection_ids = [], []
    for part in document.messages:
        part.attachments = [each for each in part.attachments if each.kind != "document"]
        if part.metadata:
            part.metadata.recall = []
