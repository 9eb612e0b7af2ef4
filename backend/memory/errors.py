"""What memory refuses, with stable codes. `DocumentRefused` subclasses are also stored as a document's `error_code`."""

from __future__ import annotations

from typing import ClassVar

from backend.lib.errors import AppError, Conflict, NotFound


class DocumentRefused(AppError):
    """Why a file cannot become a document."""

    code, http_status = "document_damaged", 400
    texts: ClassVar = {"en": "This file is damaged and cannot be read.", "ko": "파일이 손상되어 읽을 수 없습니다."}


class DocumentEmpty(DocumentRefused):
    code = "document_empty"
    texts: ClassVar = {"en": "This file is empty.", "ko": "빈 파일입니다."}


class DocumentUnsupported(DocumentRefused):
    code = "document_unsupported"
    texts: ClassVar = {
        "en": "Files of this kind cannot be read. PDF, Word, PowerPoint, Excel, HWPX, CSV, HTML, Markdown, text can.",
        "ko": "읽을 수 없는 파일입니다. PDF, Word, PowerPoint, Excel, HWPX, CSV, HTML, Markdown, 텍스트를 올려 주세요.",
    }


class DocumentWrongKind(DocumentRefused):
    code = "document_wrong_kind"
    texts: ClassVar = {
        "en": "What is in this file is not what its name says.",
        "ko": "파일 내용이 이름의 확장자와 다릅니다.",
    }


class DocumentEncrypted(DocumentRefused):
    code = "document_encrypted"
    texts: ClassVar = {
        "en": "This file is protected by a password.",
        "ko": "암호로 보호된 파일입니다.",
    }


class DocumentNoText(DocumentRefused):
    code = "document_no_text"
    texts: ClassVar = {
        "en": "There is no text in this file. Scanned pages are pictures, and Maru does not read pictures (no OCR).",
        "ko": "파일에 글이 없습니다. 스캔한 쪽은 그림이고, Maru는 그림 속의 글을 읽지 않습니다(OCR 없음).",
    }


class DocumentTooComplex(DocumentRefused):
    code = "document_too_complex"
    texts: ClassVar = {
        "en": "Reading this file took too much time or memory.",
        "ko": "파일을 읽는 데 시간이나 메모리가 너무 많이 듭니다.",
    }


class DocumentTooLong(DocumentRefused):
    code = "document_too_long"
    texts: ClassVar = {
        "en": "There is too much text in this file: 2 million characters or 5,000 pages are the most.",
        "ko": "글이 너무 많습니다. 최대 200만 자, 5,000쪽까지입니다.",
    }


class DocumentsFull(Conflict):
    code = "documents_full"
    texts: ClassVar = {
        "en": "There is no more room: {n} documents or {limit} MiB are the most. Please delete some.",
        "ko": "더 올릴 수 없습니다. 문서 {n}개 또는 {limit}MiB까지입니다. 쓰지 않는 문서를 지워 주세요.",
    }


class DocumentFileGone(NotFound):
    code = "document_file_gone"
    texts: ClassVar = {
        "en": "The file of this document is not on the server any more. Its text can still be read here.",
        "ko": "이 문서의 파일이 서버에 남아 있지 않습니다. 문서의 글은 여기에서 계속 볼 수 있습니다.",
    }


class NameTaken(Conflict):
    code = "name_taken"
    texts: ClassVar = {"en": "There is a folder of this name already.", "ko": "같은 이름의 폴더가 이미 있습니다."}


class MemoriesFull(Conflict):
    code = "memories_full"
    texts: ClassVar = {
        "en": "No more than {n} memories can be kept. Please delete some.",
        "ko": "기억은 {n}개까지 둘 수 있습니다. 쓰지 않는 기억을 지워 주세요.",
    }


REFUSALS: dict[str, type[DocumentRefused]] = {
    refusal.code: refusal
    for refusal in (
        DocumentRefused, DocumentEmpty, DocumentUnsupported, DocumentWrongKind, DocumentEncrypted, DocumentNoText,
        DocumentTooComplex, DocumentTooLong,
    )
}  # fmt: skip
