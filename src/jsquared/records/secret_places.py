"""The places of secrets: directives, rules of an ACL, variables and options, and how to find those in texts that others wrote."""

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache

UNKNOWN = "<secret>"
_MARK = re.compile(r"<secret(-\d+)?>")
_WHOLE_MARK = re.compile(r"(<secret(?:-\d+)?>)")
_NAMES = (
    "requirepass", "masterauth", "primaryauth", "tls-key-file-pass", "tls-client-key-file-pass", "auth-pass", "sentinel-pass",
)  # fmt: skip
_PUBLIC = ("tls-key-file", "tls-client-key-file", "masteruser", "primaryuser", "auth-user", "sentinel-user")
"""Directives whose names are nearly such a one, and whose arguments are none."""
_ALMOST = ("auth", "replicaauth", "replica-auth", "slaveauth", "slave-auth")
"""What is often written for one of these names, too far from it to be a typing error."""
_FOLLOWED = re.compile(
    rf"(?:{'|'.join(sorted(_NAMES, key=len, reverse=True))})"
    rf"|(?<![A-Za-z-])(?:{'|'.join((*_ALMOST[1:], 'password', 'passwd'))})(?![A-Za-z-])",
    re.IGNORECASE,
)
"""One of them within a line that begins otherwise, the names of directives also where something is glued to them."""
_OF_OTHERS = ("rename-command", "replicaof", "slaveof", "bind", "include", "monitor", "user")
"""Directives whose arguments are names, which may be one of these words."""
_HOLDS_ONE = re.compile(r"[^\s$]*(?:pass|passwd|password|passphrase)")
NEAR = 0.85
"""So alike is a name with a typing error."""
LONGEST_NAME = 60
_RULE_SIGNS = "><#!"
_ACL_RULE = re.compile(
    r"(?i:on|off|nopass|reset(?:pass|keys|channels)?|all(?:keys|channels|commands)|nocommands|(?:skip-)?sanitize-payload|clearselectors)"
    r"|\(?[~&+%@-].*|\(|\)|…|",
    re.DOTALL,
)
"""What stands in the line of a user and is not a password: words that the servers know, patterns, commands."""
_PLAIN = re.compile(
    r"(?i:yes|no|true|false|null|~|\"\"|'')|(?P<quote>[\"']?)\$+(?:[A-Z_][A-Z0-9_]*|\{[A-Z_][A-Z0-9_]*\}|[0-9@*#])(?P=quote)|<secret(?:-\d+)?>"
)
"""What stands in a secret's place without being one: truth values, and references to variables."""

Token = Callable[[str], str]

_WORD = r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.|'')*'|[\"'][^\n]*|[^\s\"'][^\s]*"
_NAME = "|".join(_NAMES)
_VARIABLE = (  # possessive, as everything here that repeats: a hostile text must not take longer than others
    r"(?=[A-Za-z0-9_]*?(?:PASSWORD|PASSWD|PASSPHRASE|_PASS|KEYPASS|SECRET|TOKEN|CREDENTIAL|CLI_?AUTH|API_?KEY))"
    r"[A-Za-z0-9_]++(?<!_FILE)"
)

_NATIVE_WORD = re.compile(
    r"(?:\"(?:[^\"\\]|\\.)*(?:\"|\Z)|'(?:[^'\\]|\\.)*(?:'|\Z)|[^ \t\n\r\f\v\"']|[\"'])+", re.DOTALL
)
_IN_QUOTES = re.compile(r"\"(?:[^\"\\]|\\.)*(?:\"|\Z)|'(?:[^'\\]|\\.)*(?:'|\Z)", re.DOTALL)

REFUSED = re.compile(r"^(>>> ')(.*)('[ \t\r]*)$", re.MULTILINE)
"""How a server quotes a line that it does not take."""
_LINE = re.compile(
    r"^(?P<start>[ \t]*+(?P<comment>#[ \t#]*+)?(?:--)?)(?P<sentinel>s[a-z]{5,9}[ \t]++)?(?P<name>[A-Za-z][\w-]*+)(?P<rest>.*)$",
    re.MULTILINE | re.IGNORECASE,
)
_USER_LINE = re.compile(
    r"^(?P<start>[ \t#]*(?:--)?(?P<name>[a-z]{3,5})[ \t]+\S+)(?P<rest>.*)$", re.MULTILINE | re.IGNORECASE
)
_RULE = re.compile(
    r"(?<![^\s\"'\[,(])(?P<sign>[><])(?!secret(?:-\d+)?>)(?P<value>[^\s\"'>&][^\s\"']*)|(?P<hash>[#!])(?P<digest>[0-9a-fA-F]{64})\b"
)
_QUOTED_RULE = re.compile(r"(?<=')(?P<sign>[><#!])(?!secret(?:-\d+)?>')(?P<value>[^'\s]+)(?=')")
_BARE_RULE = re.compile(r"(?<![^\s\"'\[,(])(?P<start>[><][ \t]+)(?P<value>[^\s\"'>&<][^\s\"']*)")
_ARGUMENTS = re.compile(r"(?P<start>with args beginning with: )(?P<value>\S.*)")
"""A server repeats what it was sent, and cuts it after 128 characters: what is left of a long secret is not found by value."""
_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_ADDRESS = re.compile(
    r"(?P<start>\b[a-z][a-z0-9+.-]{0,20}://[^\s/@:\"']*:)(?P<value>(?:(?!://)[^\s\"'])+)(?=@)", re.IGNORECASE
)
_ASSIGNED = re.compile(rf"(?P<start>(?:{_NAME}|password|passwd|passphrase)=)(?P<value>{_WORD})", re.IGNORECASE)
_JOINED = re.compile(
    rf"(?P<start>(?:{_NAME})(?:word|wd|phrase)?+[:=]*+)"
    r"(?!<secret|-(?:missing|wrong)\b|/|\.\w{1,5}(?:\W|$)|[,;.:)\]}>…]+(?:[\s\"'`]|$))(?P<value>[^\s\"'`][^\s\"']*)",
    re.IGNORECASE,
)
"""What is glued to the name of a directive in any word: of a value, of a path.

Not a path that goes on, how a file's name ends, signs of a sentence, and rules of ours that are called like directives.
"""
_CLOSING = ",;.:)]}…"

# Texts of others: a name, what stands between it and the value (": ", "=", " ", '", "', a list's or a block's next line), and the value.
_NEXT = r"[\"']?(?:[ \t]+|[ \t]*,\s*|[ \t]*\n[ \t]*-[ \t]+)[\"']?"
_BETWEEN = (
    r"[\"']?(?:[ \t]*[:=][ \t]*(?:\n[ \t]*-[ \t]+|[|>][+-]?[ \t]*\n[ \t]*)?|[ \t]*\n[ \t]*-[ \t]+|(?<=[\"'])[ \t]*,\s*|[ \t]+)"
    r"(?:[&!][^\s]*[ \t]+)?"
)
_NAMED = re.compile(
    rf"(?P<start>(?<![\w-])(?:--)?(?:sentinel{_NEXT}auth-pass{_NEXT}[^\s\"',]+|{_NAME}){_BETWEEN})(?P<value>{_WORD})",
    re.IGNORECASE,
)
_NEARLY = re.compile(
    rf"(?P<start>(?<![\w-])(?:--(?P<option>[A-Za-z][A-Za-z_-]{{5,40}}+){_BETWEEN}"
    rf"|(?P<key>[A-Za-z][A-Za-z_-]{{5,40}}+)(?=[\"']?[ \t]*[:=]){_BETWEEN}))(?P<value>{_WORD})"
)
_GLUED = re.compile(rf"(?P<start>(?<![\w-])--(?:{_NAME}))(?P<value>[A-Za-z0-9_]++)", re.IGNORECASE)
_QUOTED_VARIABLE = re.compile(rf"(?P<start>(?P<quote>[\"'])(?:{_VARIABLE})=)(?P<value>[^\n]*?)(?P<end>(?P=quote))")
_SET_VARIABLE = re.compile(
    rf"(?P<start>(?<!\$\{{)\b(?:{_VARIABLE})[\"']?[ \t]*[:=][ \t]*(?:[|>][+-]?[ \t]*\n[ \t]*)?(?:[&!][^\s]*[ \t]+)?)(?P<value>{_WORD})"
)
_DEFAULT = re.compile(rf"(?P<start>\$\{{(?:{_VARIABLE}):?[-+])(?P<value>(?:[^}}\n$]|\$\$)+)(?=\}})")
_OPTION = re.compile(rf"(?P<start>(?:^|(?<=[\s\"'\[]))(?:-a|--pass){_NEXT})(?P<value>[^\s\"',;&|]+)")
_AUTH = re.compile(rf"(?P<start>\bAUTH{_NEXT})(?P<value>[^\s\"',;&|]+(?:{_NEXT}[^\s\"',;&|]+)?)")
_ABOUT_USERS = re.compile(r"\b(user|setuser|on|off|resetpass|nopass|allkeys|allcommands)\b|\+@", re.IGNORECASE)
_ABOUT_TOOLS = re.compile(r"(redis|valkey)-cli|\bAUTH\b")


def is_mark(text: str) -> bool:
    """True if a text is a mark already."""
    return bool(_MARK.fullmatch(text))


def marks_in(text: str) -> list[str]:
    """Every mark in a text, in order."""
    return [found[0] for found in _MARK.finditer(text)]


def ends_in_mark(text: str) -> bool:
    """True if a text ends in a mark, so that anything glued to it may be more of the same secret."""
    return bool(_MARK.search(text, max(0, len(text) - 24))) and text.endswith(">")


def around_marks(text: str) -> list[str]:
    """The text in pieces: what stands between marks at even places, marks at odd ones."""
    return _WHOLE_MARK.split(text) if "<secret" in text else [text]


def is_plain(text: str) -> bool:
    """True if a text in a secret's place is not a secret."""
    return bool(_PLAIN.fullmatch(text))


def is_secret_name(name: str) -> bool:
    """True if the argument of a directive or setting of that name is a secret."""
    return name.lower() in _NAMES


def is_secret_variable(name: str) -> bool:
    """True if an environment variable of that name holds a secret."""
    return bool(re.fullmatch(_VARIABLE, name))


@lru_cache(maxsize=4096)
def holds_secret(name: str) -> bool:
    """True if arguments behind that name are secrets: those of a secret's directive, and of a probable misspelling of one."""
    lowered = name.lower().replace("_", "-").rstrip(":=")
    if lowered in _ALMOST or lowered in _PUBLIC or lowered.startswith(_NAMES):
        return lowered not in _PUBLIC
    if len(lowered) > LONGEST_NAME:
        return False
    near = difflib.get_close_matches(lowered, (*_NAMES, *_PUBLIC), n=1, cutoff=NEAR)
    return any(name in _NAMES for name in near) or _is_called_so(lowered)


def _is_called_so(name: str) -> bool:
    return bool(_HOLDS_ONE.fullmatch(name))


@lru_cache(maxsize=4096)
def is_nearly(name: str, meant: str) -> bool:
    """True if a name is that one, perhaps with a typing error."""
    return bool(difflib.get_close_matches(name.lower()[:LONGEST_NAME], (meant,), n=1, cutoff=0.7))


def glued_at(word: str) -> int:
    """Return the beginning of a secret that is glued to the name of its directive, the length of the word where there is none."""
    name = max((each for each in _NAMES if word.lower().startswith(each)), key=len, default=word)
    behind = word[len(name) :]
    return len(word) - len(behind.lstrip(":="))


def secret_words(words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The secrets in a configuration line: the index of each word, and how many characters before it are none."""
    first = _first_letter(words[0]) if words else 0
    name = words[0][first:] if words else ""
    if is_nearly(name, "user"):
        yield from _secret_rules(words)
        return
    of_sentinel = len(words) > 1 and is_nearly(name, "sentinel") and holds_secret(words[1])
    if not of_sentinel and not holds_secret(name):
        yield from _behind_a_name(words)
        return
    at, named = (1, words[1]) if of_sentinel else (0, name)
    glued = glued_at(named)
    if glued < len(named):
        yield at, len(words[at]) - len(named) + glued
    names_primary = of_sentinel and len(words) == 4 and is_nearly(named, "auth-pass")
    yield from ((index, 0) for index in range(3 if names_primary else at + 1, len(words)))


def _first_letter(word: str) -> int:
    """Return the beginning of a directive's name: an editor may have put its own marks before it, and options begin with dashes."""
    return next((at for at, char in enumerate(word) if char.isalnum()), 0)


def _behind_a_name(words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield everything behind the name of a secret's directive in a line that is about something else, as ``hz 10 requirepass word``."""
    if not words or {word.lower() for word in words[:2]} & set(_OF_OTHERS):
        return
    for index, word in enumerate(words):
        if found := _FOLLOWED.search(word):
            behind = word[found.end() :].lstrip(":=")
            if behind:
                yield index, len(word) - len(behind)
            yield from ((behind, 0) for behind in range(index + 1, len(words)))
            return


def _secret_rules(words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Passwords and hashes behind their signs, and words that are no rule at all: a password whose sign was forgotten.

    A sign that stands alone belongs to the next word, though no server takes that.
    """
    alone = False
    for index, word in enumerate(words):
        has_sign = index > 0 and word[:1] in tuple(_RULE_SIGNS)
        if has_sign and len(word) > 1:
            yield index, 1
        elif index > 1 and not has_sign and (alone or not _ACL_RULE.fullmatch(word)):
            yield index, 0
        alone = has_sign and len(word) == 1


def secrets_in(lines: Iterable[Sequence[str]]) -> Iterator[str]:
    """The secrets of configuration lines, in order."""
    for words in lines:
        yield from (words[index][start:] for index, start in secret_words(words))


def masked_native(text: str, token: Token) -> str:
    """Lines of redis.conf or of an ACL file, read as the servers read them: a name in quotes or with ``\\xHH`` is no other name."""
    return "\n".join(_native_line(line, token) for line in text.split("\n"))


def native_words(line: str) -> list[tuple[int, str]]:
    """The words of such a line, each with the place where it begins."""
    return [(found.start(), _read_word(found.group())) for found in _NATIVE_WORD.finditer(line)]


def _native_line(line: str, token: Token) -> str:
    found = list(_NATIVE_WORD.finditer(line))
    words = [_read_word(word.group()) for word in found]
    if not words or words[0].startswith("#"):
        return line
    out, done = [], 0
    for index, start in secret_words(words):
        word = found[index]
        out += [line[done : word.start()], words[index][:start], token(words[index][start:])]
        done = word.end()
    return "".join([*out, line[done:]])


def _read_word(raw: str) -> str:
    """A word as a server reads it; good enough for bytes that are no text."""
    return (
        _IN_QUOTES.sub(lambda found: _read_quoted(found.group()), raw)
        if raw.strip("\"'") != raw or "\\" in raw
        else raw
    )


def _read_quoted(quoted: str) -> str:
    inside = quoted[1:].removesuffix(quoted[0])
    data = re.sub(r"\\(?:x([0-9a-fA-F]{2})|(.))", _unescaped, inside, flags=re.DOTALL)
    return data.encode("latin-1", "ignore").decode("utf-8", "replace") if re.search(r"\\x[89a-fA-F]", inside) else data


def _unescaped(found: re.Match[str]) -> str:
    if found[1]:
        return chr(int(found[1], 16))
    return {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b"}.get(found[2], found[2])


def masked_rules(text: str, token: Token) -> str:
    """ACL rules with their passwords and hashes marked."""

    def one(found: re.Match[str]) -> str:
        sign, value = (found["sign"], found["value"]) if found["sign"] else (found["hash"], found["digest"])
        return sign + token(value)

    return _marked(_BARE_RULE, _RULE.sub(one, text), token)


def masked_line(text: str, token: Token, rules: Token) -> str:
    """Mask the certain secrets of any text: in the line that a server refuses, keys, addresses with logins, ``requirepass=…``."""
    text = _KEY.sub(UNKNOWN, text)
    text = REFUSED.sub(lambda found: found[1] + _refused(found[2], token, rules) + found[3], text)
    text = _QUOTED_RULE.sub(lambda found: found["sign"] + token(found["value"]), text)
    text = _ARGUMENTS.sub(lambda found: found["start"] + UNKNOWN, text)
    text = _marked(_ADDRESS, text, token) if "://" in text else text
    if not _may_name_one_glued(text):
        return text
    return _JOINED.sub(lambda found: _joined(found, token), _ASSIGNED.sub(lambda found: _joined(found, token), text))


def _joined(found: re.Match[str], token: Token) -> str:
    """The mark for a value within a sentence: signs of the sentence stay, unless they belong to a secret that is known."""
    value = found["value"]
    mark = token(value)
    bare = value.rstrip(_CLOSING)
    return found["start"] + (token(bare) + value[len(bare) :] if mark == UNKNOWN and bare else mark)


def _refused(line: str, token: Token, rules: Token) -> str:
    return _configuration(masked_native(line, token), token, rules, native=True)


def masked_document(text: str, token: Token, rules: Token) -> str:
    """A configuration in whatever form."""
    text = _configuration(masked_line(text, token, rules), token, rules)
    text = _NEARLY.sub(lambda found: _marked_if_near(found, token), text)
    for pattern in (_QUOTED_VARIABLE, _GLUED, _DEFAULT, _SET_VARIABLE, *([_NAMED] if _may_name_one(text) else [])):
        text = _marked(pattern, text, token)
    if not (_ABOUT_USERS.search(text) or _ABOUT_TOOLS.search(text)):
        return text
    return "\n".join(_masked_by_subject(line, token, rules) for line in text.split("\n"))


def _may_name_one(text: str) -> bool:
    """True if some directive's name may be in it: most texts name none, and looking more closely takes time."""
    lowered = text.lower()
    return "pass" in lowered or "auth" in lowered


_SOMETHING_GLUED = re.compile(r"(?:pass|auth|word|wd|phrase)\S")
"""What may be the name of a secret's directive with something directly behind it."""


def _may_name_one_glued(text: str) -> bool:
    """True if something may be glued to such a name: in a server's log it rarely is, and looking more closely takes time."""
    return _SOMETHING_GLUED.search(text.lower()) is not None


def _marked(pattern: re.Pattern[str], text: str, token: Token) -> str:
    return pattern.sub(lambda found: found["start"] + token(found["value"]) + _end(found), text)


def _marked_if_near(found: re.Match[str], token: Token) -> str:
    """Mask the text behind a name in YAML or on a command line that is nearly one of those; exact ones have their own pattern."""
    name = found["option"] or found["key"]
    near = holds_secret(name) and not is_secret_name(name) and not is_secret_variable(name)
    return found["start"] + token(found["value"]) if near else found[0]


def _configuration(text: str, token: Token, rules: Token, *, native: bool = False) -> str:
    """Lines as in redis.conf: everything behind the name of a secret's directive is one.

    :param native: whether it is such a line without doubt, and no YAML.
    """
    text = _LINE.sub(lambda found: _masked_setting(found, token, native=native), text)
    return _USER_LINE.sub(
        lambda found: found["start"] + rules(found["rest"]) if is_nearly(found["name"], "user") else found[0], text
    )


def _masked_setting(found: re.Match[str], token: Token, *, native: bool) -> str:
    sentinel, name, rest = found["sentinel"] or "", found["name"], found["rest"]
    if sentinel and not is_nearly(sentinel.strip(), "sentinel"):
        sentinel, name, rest = "", sentinel.strip(), sentinel[len(sentinel.strip()) :] + name + rest
    if not holds_secret(name) or (not native and not _is_setting(name, rest, comment=bool(found["comment"]))):
        return found[0]
    glued = glued_at(name)
    end = re.match(r"[:=]*(?=\s|$)|[:=]", rest) if glued == len(name) else None
    at = end.end() if end else 0
    behind = name[glued:] + rest[at:]
    words = list(re.finditer(_WORD, behind))
    primary = words[0].end() if sentinel and len(words) == 2 and is_nearly(name, "auth-pass") else 0
    masked = behind[:primary] + re.sub(_WORD, lambda word: token(word.group()), behind[primary:])
    return found["start"] + sentinel + name[:glued] + rest[:at] + masked


def _is_setting(name: str, rest: str, *, comment: bool) -> bool:
    """True if a line of a text that may be prose or YAML is a line of redis.conf: a comment has its own pattern where the name is exact."""
    few = len(rest.split()) <= 2
    if rest[:1] in ("", ":", "=", ",", "]", "}") or re.match(r"[\"'](?:\s*[:=,\]}]|$)|\s+[:=]", rest):
        return name.lower().startswith(_NAMES) and not is_secret_name(name) and not rest
    return few or (not comment and not (_is_called_so(name.lower()) and not is_secret_name(name)))


def _masked_by_subject(line: str, token: Token, rules: Token) -> str:
    if _ABOUT_USERS.search(line):
        line = rules(line)
    if _ABOUT_TOOLS.search(line):
        line = _marked(_AUTH, _marked(_OPTION, line, token), token)
    return line


def _end(found: re.Match[str]) -> str:
    return found["end"] if "end" in found.re.groupindex else ""
