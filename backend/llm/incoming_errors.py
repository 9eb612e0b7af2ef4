"""What can go wrong with a file on its way into the models folder."""

from __future__ import annotations

from typing import Any

from backend.lib.errors import AppError, StorageFull
from backend.llm.reasons import with_reason_in


class ModelUnsound(AppError):
    code, http_status = "model_unsound", 400
    texts = {"en": "“{name}” cannot be used: {reason}", "ko": "“{name}” 파일을 사용할 수 없습니다: {reason}"}

    def params_in(self, language: str) -> dict[str, Any]:
        return with_reason_in(language, self.params)


class NameTaken(AppError):
    code, http_status = "model_name_taken", 409
    texts = {
        "en": "There is a model “{name}” already, or one on its way.",
        "ko": "“{name}” 모델이 이미 있거나 들어오는 중입니다.",
    }


class NoRoomOnDisk(StorageFull):
    """As storage_full, with figures; trying again does not help until somebody makes room."""

    retryable = False
    texts = {
        "en": "“{name}” needs {need_gib} GiB on the disk; {free_gib} GiB are free.",
        "ko": "“{name}” 파일에는 디스크 공간 {need_gib} GiB가 필요합니다. 지금 비어 있는 공간은 {free_gib} GiB입니다.",
    }


class PieceMisplaced(AppError):
    """The sender reads how far the file is, and goes on from there."""

    code, http_status, retryable = "piece_misplaced", 409, True
    texts = {
        "en": "The file goes on at byte {offset}.",
        "ko": "파일은 {offset}바이트부터 이어져야 합니다.",
    }


class ChecksumWrong(AppError):
    code, http_status = "checksum_wrong", 400
    texts = {
        "en": "“{name}” is not what was promised: its SHA-256 is another one. The file was removed.",
        "ko": "“{name}” 파일의 SHA-256 값이 다릅니다. 약속된 파일이 아니므로 삭제했습니다.",
    }


class PullSwitchedOff(AppError):
    code, http_status = "model_pull_off", 403
    texts = {
        "en": "Downloading models is switched off. An administrator can turn it on in the settings.",
        "ko": "모델 내려받기가 꺼져 있습니다. 관리자가 설정에서 켤 수 있습니다.",
    }


class HubRefused(AppError):
    code, http_status = "hub_refused", 502
    texts = {
        "en": "The hub does not give out this file (error {status}): it does not exist, or it needs a token.",
        "ko": "허브가 이 파일을 내주지 않습니다(오류 {status}). 파일이 없거나 토큰이 필요합니다.",
    }


class HubAway(AppError):
    code, http_status, retryable = "hub_away", 502, True
    texts = {
        "en": "The hub cannot be reached, or the connection broke too often.",
        "ko": "허브에 연결할 수 없거나 연결이 너무 자주 끊어졌습니다.",
    }


class HubMisled(AppError):
    code, http_status = "hub_misled", 502
    texts = {
        "en": "The hub leads to an address that must not be reached from here.",
        "ko": "허브가 접근해서는 안 되는 주소로 연결하려고 합니다.",
    }


class HubWithoutChecksum(AppError):
    code, http_status = "hub_without_checksum", 400
    texts = {
        "en": "The hub tells no size and SHA-256 of this file. Give its SHA-256 yourself.",
        "ko": "허브가 이 파일의 크기와 SHA-256 값을 알려 주지 않습니다. SHA-256 값을 직접 입력해 주세요.",
    }


PROBLEMS = {
    one.code: one
    for one in (ModelUnsound, NoRoomOnDisk, ChecksumWrong, PullSwitchedOff, HubRefused, HubAway, HubMisled,
                HubWithoutChecksum)
}  # fmt: skip
