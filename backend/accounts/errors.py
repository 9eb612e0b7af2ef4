"""Errors of accounts.

CsrfFailed               403 csrf_failed
BadCredentials           401 bad_credentials      the same for an unknown name and a wrong password
RegistrationClosed       403 registration_closed
InviteNeeded             403 invite_needed        none, or one that has expired
SetupCodeNeeded          403 setup_code_needed    none, or a wrong one
ScopeMissing             403 scope_missing        the API key may not do this
LastAdministrator        409 last_administrator
"""

from __future__ import annotations

from backend.lib.errors import AppError, Conflict, Forbidden


class CsrfFailed(Forbidden):
    code = "csrf_failed"
    texts = {
        "en": "This page is out of date. Please reload it and try again.",
        "ko": "페이지가 오래되었습니다. 새로 고친 뒤 다시 시도해 주세요.",
    }


class BadCredentials(AppError):
    code, http_status = "bad_credentials", 401
    texts = {
        "en": "The name or the password is not right.",
        "ko": "아이디 또는 비밀번호가 올바르지 않습니다.",
    }


class RegistrationClosed(Forbidden):
    code = "registration_closed"
    texts = {
        "en": "Registration is closed. Please ask the administrator for an account.",
        "ko": "회원 가입이 닫혀 있습니다. 관리자에게 계정을 요청해 주세요.",
    }


class InviteNeeded(Forbidden):
    code = "invite_needed"
    texts = {
        "en": "Registration needs a valid invitation from the administrator.",
        "ko": "가입하려면 관리자가 보낸 유효한 초대 코드가 필요합니다.",
    }


class SetupCodeNeeded(Forbidden):
    code = "setup_code_needed"
    texts = {
        "en": "Please enter the setup code that is printed in the terminal where Maru was started.",
        "ko": "Maru를 시작한 터미널에 표시된 설정 코드를 입력해 주세요.",
    }


class ScopeMissing(Forbidden):
    code = "scope_missing"
    texts = {"en": "This API key may not do this.", "ko": "이 API 키로는 할 수 없는 작업입니다."}


class LastAdministrator(Conflict):
    code = "last_administrator"
    texts = {
        "en": "You are the last administrator. Appoint another one before you leave.",
        "ko": "마지막 관리자입니다. 떠나기 전에 다른 관리자를 지정해 주세요.",
    }
