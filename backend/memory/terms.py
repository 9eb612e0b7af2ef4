"""Text to the terms that recall looks for: as lib/terms.py cuts them, without the words that every question has.

Pure functions. A change here makes the words index stale: raise no version, run `manage.py memory rebuild`.
"""

from __future__ import annotations

from collections.abc import Iterator

from backend.lib.terms import MAX_TERM_CHARS, pairs, runs

# What asks rather than tells: these words stand in questions and passages of every subject.
_ENGLISH = frozenset(
    """a an and any are as at be been but by can could did do does for from had has have how i if in into is it its me my
    of on or our should tell than that the their them then there these they this to us was we were what when where which
    who whom whose why will with would you your about please give say said know""".split()  # noqa: SIM905
)
_KOREAN = frozenset(
    """그 이 저 것 수 및 등 또는 그리고 하나요 되나요 있나요 없나요 인가요 입니까 합니까 됩니까 있습니까 있어요 있어 해요 돼요
    될까요 할까요 하면 되면 해야 하는 되는 있는 대해 대한 대해서 관해 관한 에서 에는 좀 내 제 나 저는 나는 내가 제가 나의 저의
    우리""".split()  # noqa: SIM905
)
_ASKING = tuple("무엇 뭐 뭔 무슨 어떻 어떤 어디 언제 누구 누가 얼마 몇 왜 알려 말해 가르쳐".split())  # noqa: SIM905
_MAX_ASKING_CHARS = 7


def content_runs(text: str) -> Iterator[tuple[str, bool]]:
    """The runs of `text` that carry meaning, folded, each with whether it is of a script without spaces."""
    for run, is_paired in runs(text):
        if is_paired:
            if run in _KOREAN or (len(run) <= _MAX_ASKING_CHARS and run.startswith(_ASKING)):
                continue
        elif run in _ENGLISH:
            continue
        yield run, is_paired


def terms(text: str) -> set[str]:
    """All terms of `text`, each once: pairs of syllables, and stems of words."""
    found: set[str] = set()
    for run, is_paired in content_runs(text):
        if not is_paired:
            found.add(stem(run)[:MAX_TERM_CHARS])
        elif len(run) == 1:
            found.add(run)
        else:
            found.update(pairs(run))
    return found


def stem(word: str) -> str:
    """An English word without its commonest endings; others as they are. Crude on purpose: both sides are cut alike."""
    if len(word) < 4 or not word.isascii() or not word.isalpha():
        return word
    for ending, instead in (("ies", "y"), ("ing", ""), ("ed", ""), ("es", ""), ("s", "")):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word[: -len(ending)] + instead
            break
    return word[:-1] if word.endswith("e") and len(word) > 4 else word


def asking_terms(text: str) -> set[str]:
    """The words of a question that `terms` leaves out. They count only where an entry was given them as a cue."""
    found: set[str] = set()
    for run, is_paired in runs(text):
        if is_paired and run.startswith(_ASKING):
            found.update(pairs(run) if len(run) > 1 else (run,))
        elif not is_paired and run in _ENGLISH:
            found.add(run)
    return found
