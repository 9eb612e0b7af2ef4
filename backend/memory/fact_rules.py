"""How people tell of themselves, in English and Korean: pattern, sentence that is remembered, words by which it is asked for.

Data more than code. `v` is what is told, `k` of what; {v:을} takes the particle that fits. Facts.py applies the rules in order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    pattern: re.Pattern[str]
    sentence: str
    cues: str


# Asking words are no terms of any other entry (terms.py leaves them out), so as cues they cost nothing.
_CUES = {
    "name": "name who call 이름 누구 불러",
    "home": "where live home 어디 살아 사는 살지 살죠 사세",
    "from": "where from born 어디 고향 출신 왔지 태어",
    "job": "job work do living 직업 무슨 일을 하는",
    "birthday": "when birthday 언제 생일",
    "age": "how old age 몇 나이",
    "hobby": "hobby like 취미 좋아 아하 하는",
    "learn": "which language learn 무슨 배우 우는 우지 언어 공부",
    "play": "which instrument play 무슨 악기 연주",
    "allergy": "allergic allergy eat 알레 레르 르기 음식 먹어",
    "when": "when 언제 약속 회의 시험 예약",
    "own": "what",
}
_END = r"(?=\s*(?:[,.;!]|$| and | but ))"
_NAME = r"(?P<v>[A-Z가-힣][\w'’-]*(?: [A-Z가-힣][\w'’-]*){0,2})"
_ANY = r"(?P<v>[^,.;!?]{1,60}?)(?: now| too| originally| actually)?" + _END
_PET = "dog|cat|hamster|rabbit|parrot|goldfish|turtle|bird|horse|fish|pony|mouse|guinea pig"
_KIN = (
    "wife|husband|son|daughter|mother|father|mom|mum|dad|sister|brother|partner|girlfriend|boyfriend|friend|boss|teacher|"
    "aunt|uncle|cousin|neighbou?r|grandmother|grandfather|colleague|doctor|best friend|team|company|school|street|boat|car|bike"
)
_THING = (
    r"(?:favou?rite [\w ]{2,30}?|[\w-]+ number|[\w-]+ code|[\w-]+ size|hometown|address|phone|e-?mail|hobby|job|profession|occupation|"
    r"blood type|licen[cs]e plate|room|locker|seat|gate|desk|password hint)"
)


def _english(topic: str, pattern: str, sentence: str, *, is_cased: bool = False) -> Rule:
    head = r"(?:^|[\s,;(“\"])"
    flags = 0 if is_cased else re.IGNORECASE
    return Rule(re.compile(head + pattern, flags), sentence, _CUES[topic])


ENGLISH = (
    _english("name", r"(?:[Mm]y name is|[Mm]y name's|I am called|I'm called|(?:[Pp]eople|[Mm]y friends|[Tt]hey) call me|[Cc]all me|"
             r"[Yy]ou can call me|I go by(?: the name)?|[Tt]he name is)(?: also)? " + _NAME, "The user's name is {v}.", is_cased=True),
    _english("home", r"I(?: am|'m)? (?:live|living|reside|stay)(?: now)? in " + _ANY, "The user lives in {v}."),
    _english("home", r"I (?:have |just |have just )?moved to " + _ANY, "The user lives in {v}."),
    _english("from", r"I (?:come from|was born in|grew up in) " + _ANY, "The user comes from {v}."),
    _english("from", r"I(?: am|'m) from " + _ANY, "The user comes from {v}."),
    _english("age", r"I(?: am|'m| turned| just turned) (?P<v>\d{1,3})(?: years old|" + _END + ")", "The user is {v} years old."),
    _english("birthday", r"my birthday is (?:on )?" + _ANY, "The user's birthday is {v}."),
    _english("job", r"I (?:work|am working) as (?:an? )?" + _ANY, "The user works as a {v}."),
    _english("job", r"I work (?P<w>at|for) (?:an? )?" + _ANY, "The user works {w} {v}."),
    _english("hobby", r"my hobby is " + _ANY, "The user likes {v}."),
    _english("hobby", r"in my free time I (?:like|enjoy|love) " + _ANY, "The user likes {v}."),
    _english("hobby", r"I prefer " + _ANY, "The user prefers {v}."),
    _english("learn", r"I(?: am|'m) (?:learning|studying) (?!the |to |how )" + _ANY, "The user is learning {v}."),
    _english("play", r"I (?:can )?play the " + _ANY, "The user plays the {v}."),
    _english("allergy", r"I(?: am|'m) allergic to " + _ANY, "The user is allergic to {v}."),
    _english("allergy", r"I(?: am|'m) (?:a )?(?P<v>vegan|vegetarian)", "The user is {v}."),
    _english("name", r"I(?: also)? have (?:an?|the) (?P<k>" + _PET + r") (?:called|named) " + _NAME, "The user has a {k} called {v}."),
    _english("name", r"my (?P<k>" + _PET + r")(?: is called| is named|'s name is) " + _NAME, "The user has a {k} called {v}."),
    _english("name", r"my (?P<k>" + _KIN + r")(?: is called| is named|'s name is| has the name) " + _NAME, "The user's {k} is called {v}."),
    _english("when", r"my (?P<k>meeting|appointment|exam|train|flight|interview) is (?:on |at )?" + _ANY, "The user's {k} is {v}."),
    _english("own", r"my (?P<k>" + _THING + r") is " + _ANY, "The user's {k} is {v}."),
)  # fmt: skip

_ME = r"(?:^|[\s,])(?:(?:나는|난|저는|전|저희는|우리는|요즘|지금|나|저)\s+)?"
_SAID = r"(?:이라고|라고)\s?(?:해요|해|합니다|불려|불러)"
_BE = r"(?:이에요|예요|에요|입니다|이야|이고|야|고|이며|인데|이다|다)"
_STOP = r"(?=[\s,.!~]|$)"
_K = r"(?P<v>[가-힣A-Za-z0-9·-]+?)"
_KS = r"(?P<v>(?:[가-힣A-Za-z0-9·:-]+ ){0,3}?[가-힣A-Za-z0-9·:-]+?)"
_MY = r"(?:^|[\s,])(?:내|제|나의|저의|우리)\s"


def _korean(topic: str, pattern: str, sentence: str) -> Rule:
    return Rule(re.compile(pattern), sentence, _CUES[topic])


KOREAN = (
    _korean("name", r"(?:(?:^|[\s,])(?:내|제|나의|저의)\s|^)이름(?:은|이)\s" + _K + rf"(?:{_SAID}|{_BE})?" + _STOP, "사용자의 이름은 {v:이에요}."),
    _korean("name", r"(?:^|[\s,])(?:나는|난|저는|전|나를|저를)\s(?:그냥\s)?" + _K + _SAID + r"(?:요|\s?줘|\s?주세요)?" + _STOP, "사용자의 이름은 {v:이에요}."),
    _korean("home", _ME + r"(?P<v>(?:[가-힣]+[시도군구] )?[가-힣A-Za-z0-9]+?)에(?:서)?\s(?:살아|살아요|살고|삽니다|산다|거주|지내)", "사용자는 {v}에 살아요."),
    _korean("home", _ME + r"(?P<v>[가-힣A-Za-z0-9]+?)(?:으로|로)\s이사(?:했|왔|해)", "사용자는 {v}에 살아요."),
    _korean("home", _MY + r"집은\s" + _K + r"에\s있", "사용자는 {v}에 살아요."),
    _korean("from", _ME + _K + r"에서\s(?:왔어|왔어요|왔습니다|태어났|자랐)", "사용자는 {v} 출신이에요."),
    _korean("from", _MY + r"고향은\s" + _K + _BE + _STOP, "사용자는 {v} 출신이에요."),
    _korean("from", _ME + r"(?P<v>[가-힣A-Za-z]+)\s출신", "사용자는 {v} 출신이에요."),
    _korean("age", r"(?:^|[\s,])(?:나는|난|저는|올해|제 나이는|내 나이는)\s(?P<v>[0-9]{1,3}|[가-힣]{1,6})살", "사용자는 {v}살이에요."),
    _korean("birthday", _MY + r"생일은\s" + _KS + _BE + _STOP, "사용자의 생일은 {v:이에요}."),
    _korean("job", _MY + r"직업은\s" + _KS + _BE + _STOP, "사용자의 직업은 {v:이에요}."),
    _korean("job", _ME + _K + r"(?:으로|로)\s일(?:해|하고|합니다)", "사용자의 직업은 {v:이에요}."),
    _korean("hobby", r"(?:^|[\s,])(?:내|제)?\s?취미(?:는|가)\s" + _KS + _BE + _STOP, "사용자는 {v:을} 좋아해요."),
    _korean("hobby", r"(?:^|[\s,])(?:나는|난|저는|전)\s" + _KS + r"(?:을|를)\s(?:정말\s|아주\s|많이\s)?(?:좋아해|좋아합니다|즐겨)", "사용자는 {v:을} 좋아해요."),
    _korean("learn", _ME + _K + r"(?:을|를)\s(?:배워|배우고|공부해|공부하고)", "사용자는 {v:을} 배우고 있어요."),
    _korean("play", _ME + _K + r"(?:을|를)\s(?:연주해|연주합|칠 줄|연주할)", "사용자는 {v:을} 연주해요."),
    _korean("allergy", r"(?:^|[\s,])(?:(?:나는|난|저는|전)\s)?" + _K + r"(?:에)?\s알레르기가\s있", "사용자는 {v} 알레르기가 있어요."),
    _korean("allergy", _ME + r"(?P<v>채식주의자|비건)(?:이에요|예요|입니다|이야|야|라)", "사용자는 {v:이에요}."),
    _korean("name", _ME + _K + r"(?:이라는|라는)\s(?P<k>[가-힣]{1,8}?)(?:을|를)\s(?:키워|키우고|길러|기르고)", "사용자는 {v:이라는} {k:을} 키워요."),
    _korean("name", _MY + r"(?P<k>[가-힣]{1,8}?)(?:의)?\s이름은\s" + _K + _BE + _STOP, "사용자의 {k} 이름은 {v:이에요}."),
    _korean("own", r"(?:^|[\s,])(?:내가|제가|나의)\s(?:가장|제일)?\s?좋아하는\s(?P<k>[가-힣 ]{1,12}?)(?:은|는)\s" + _KS + _BE + _STOP, "사용자가 좋아하는 {k:은} {v:이에요}."),
    _korean("when", _MY + r"?(?P<k>약속|회의|시험|예약|면접|기차|비행기)(?:은|는)\s" + _KS + _BE + _STOP, "사용자의 {k:은} {v:이에요}."),
    _korean("own", _MY + r"(?P<k>[가-힣]{1,6}\s?(?:번호|비밀번호|주소|차|자리|사물함|팀|학교|회사|혈액형))(?:은|는)\s" + _KS + _BE + _STOP, "사용자의 {k:은} {v:이에요}."),
)  # fmt: skip
