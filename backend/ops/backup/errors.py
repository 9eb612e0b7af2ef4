"""Why a backup or a restore did not happen. Each sentence says what to do about it."""

from __future__ import annotations

from backend.lib.errors import AppError, StorageFull


class BackupError(Exception):
    """For whoever runs the command; the sentence says why."""


class BadArchive(BackupError):
    """The file is damaged, incomplete, or none of ours."""


class NotPossible(BackupError):
    """The house is not in a state for it: it runs, it is not empty, its tables are older."""


class BackupRuns(AppError):
    code, http_status, retryable = "backup_running", 409, True
    texts = {"en": "A backup is being made already.", "ko": "이미 백업이 진행 중입니다."}


class NoSuchBackup(AppError):
    code, http_status = "not_found", 404
    texts = {"en": "This does not exist.", "ko": "찾을 수 없습니다."}


class NoRoomForBackup(StorageFull):
    code = "backup_no_room"
    texts = {
        "en": "A backup may need {needed}, and the disk has {free} left. Delete something first.",
        "ko": "백업에 필요한 공간은 최대 {needed}인데 디스크에 {free}만 남아 있습니다. 먼저 공간을 비워 주세요.",
    }
