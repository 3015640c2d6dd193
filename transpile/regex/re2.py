"""Says what RE2 rejects in a pattern, without RE2 (its grammar: "Syntax" in the RE2 wiki, and its parser)."""

from __future__ import annotations

import re

from transpile.regex.chars import SHORTHANDS

_MOST = 1_000  # times that something may be repeated, repeats of repeats multiplied
_DEEPEST = 1_000
_REPEAT = re.compile(r"\{(0|[1-9]\d*)(?:(,)(0|[1-9]\d*)?)?\}")
_FLAGS = re.compile(r"\?([imsU]*)(-[imsU]+)?([:)])")
_NAME = re.compile(r"\?P?<\w+>")
_ESCAPE = re.compile(
    r"[aftnrv]|x[0-9A-Fa-f]{2}|x\{([0-9A-Fa-f]+)\}|0[0-7]{0,2}|[1-7][0-7]{1,2}|[!-/:-@\[-`{-~ \x00-\x1f\x7f]"
)
_CLASS = re.compile(r"[dswDSW]")
_UNICODE = re.compile(r"[pP](?:\{\^?(\w*)\}|(.))", re.DOTALL)
_POSIX = re.compile(r"\[:(.*?):\]", re.DOTALL)

_CATEGORIES = "Any C Cc Cf Co Cs L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm So Z Zl Zp Zs"
# The scripts of Unicode 15, as RE2 names them.
_SCRIPTS = """
Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali Bhaiksuki Bopomofo
Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham Cherokee Chorasmian Common
Coptic Cuneiform Cypriot Cypro_Minoan Cyrillic Deseret Devanagari Dives_Akuru Dogra Duployan Egyptian_Hieroglyphs
Elbasan Elymaic Ethiopic Georgian Glagolitic Gothic Grantha Greek Gujarati Gunjala_Gondi Gurmukhi Han Hangul
Hanifi_Rohingya Hanunoo Hatran Hebrew Hiragana Imperial_Aramaic Inherited Inscriptional_Pahlavi Inscriptional_Parthian
Javanese Kaithi Kannada Katakana Kawi Kayah_Li Kharoshthi Khitan_Small_Script Khmer Khojki Khudawadi Lao Latin Lepcha
Limbu Linear_A Linear_B Lisu Lycian Lydian Mahajani Makasar Malayalam Mandaic Manichaean Marchen Masaram_Gondi
Medefaidrin Meetei_Mayek Mende_Kikakui Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani Myanmar
Nabataean Nag_Mundari Nandinagari New_Tai_Lue Newa Nko Nushu Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Old_Hungarian
Old_Italic Old_North_Arabian Old_Permic Old_Persian Old_Sogdian Old_South_Arabian Old_Turkic Old_Uyghur Oriya Osage
Osmanya Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang Runic Samaritan Saurashtra
Sharada Shavian Siddham SignWriting Sinhala Sogdian Sora_Sompeng Soyombo Sundanese Syloti_Nagri Syriac Tagalog
Tagbanwa Tai_Le Tai_Tham Tai_Viet Takri Tamil Tangsa Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta Toto Ugaritic
Vai Vithkuqi Wancho Warang_Citi Yezidi Yi Zanabazar_Square
"""
_GROUPS = frozenset(_CATEGORIES.split()) | frozenset(_SCRIPTS.split())
_POSIX_NAMES = frozenset(name for name in SHORTHANDS if len(name) > 1)


def problem_re2(pattern: str) -> str | None:
    """Why RE2 rejects the pattern, or None if it takes it.

    The one thing not foreseen is that a pattern of very many large sets needs more memory than RE2 is given.

    >>> problem_re2(r"a{3}\\d"), problem_re2("a(?=b)"), problem_re2("a**")
    (None, 'lookaround and other Perl groups are not supported: (?=b', 'a repeat of a repeat: **')
    """
    try:
        _Checker(pattern).whole()
    except _Problem as problem:
        return str(problem)
    return None


class _Problem(Exception):
    """What is wrong."""


class _Checker:
    """A cursor over a pattern that knows what a repeat would repeat. It lives for one call of `problem_re2`."""

    def __init__(self, pattern: str) -> None:
        self.text = pattern
        self.at = 0
        self.operand = False  # whether something is before the cursor that can be repeated
        self.repeated = ""  # the repeat that ends at the cursor
        # For each open group: how often, at most, a repeat in it multiplies; the last item's share is apart.
        self.weights: list[tuple[int, int]] = [(1, 1)]

    def whole(self) -> None:
        while self.at < len(self.text):
            repeated, self.repeated = self.repeated, ""
            self.one(repeated)
        if len(self.weights) > 1:
            raise _Problem("missing )")

    def accept(self, regex: re.Pattern[str]) -> re.Match[str] | None:
        found = regex.match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    def one(self, repeated: str) -> None:
        char = self.text[self.at]
        if char == "(":
            self.at += 1
            self.group()
        elif char == ")":
            self.close()
        elif char == "|":
            self.at += 1
            self.operand = False
        elif char in "*+?":
            self.at += 1
            self.repeat(char, 1, repeated)
        elif char == "{" and (found := self.accept(_REPEAT)):
            self.counted(found, repeated)
        elif char == "[":
            self.at += 1
            self.set()
            self.item()
        elif char == "\\":
            self.at += 1
            self.escape()
        else:
            self.at += 1
            self.item()

    def item(self, weight: int = 1) -> None:
        """Take note of something that a repeat may follow."""
        self.operand = True
        worst, last = self.weights[-1]
        self.weights[-1] = (max(worst, last), weight)

    def repeat(self, text: str, times: int, repeated: str) -> None:
        if not self.operand:
            raise _Problem(f"nothing to repeat before {text}")
        if self.at < len(self.text) and self.text[self.at] == "?":
            self.at += 1
            text += "?"
        if repeated:
            raise _Problem(f"a repeat of a repeat: {repeated}{text}")
        self.repeated = text
        worst, last = self.weights[-1]
        last *= max(times, 1)
        if last > _MOST and times > 1:
            raise _Problem(f"repeated more than {_MOST} times in all: {text}")
        self.weights[-1] = (worst, last)

    def counted(self, found: re.Match[str], repeated: str) -> None:
        low = int(found[1])
        most = int(found[3]) if found[3] else low
        if max(low, most) > _MOST or most < low:
            raise _Problem(f"bad repeat: {found.group()}")
        self.repeat(found.group(), most, repeated)

    def group(self) -> None:
        if len(self.weights) > _DEEPEST:
            raise _Problem(f"nested deeper than {_DEEPEST} groups")
        if self.text.startswith("?", self.at) and not self.accept(_NAME):
            flags = self.accept(_FLAGS)
            if not flags:
                raise _Problem(
                    f"lookaround and other Perl groups are not supported: ({self.text[self.at : self.at + 3]}"
                )
            if flags[3] == ")":
                return
        self.operand = False
        self.weights.append((1, 1))

    def close(self) -> None:
        if len(self.weights) == 1:
            raise _Problem("unexpected )")
        self.at += 1
        self.item(max(self.weights.pop()))

    def escape(self) -> None:
        if self.at == len(self.text):
            raise _Problem("nothing after the last backslash")
        if self.text.startswith("Q", self.at):
            end = self.text.find("\\E", self.at)
            quoted = self.text[self.at + 1 : end if end >= 0 else None]
            self.at = len(self.text) if end < 0 else end + 2
            if quoted:
                self.item()
        elif self.text[self.at] in "bBAzC":
            self.at += 1
            self.item()
        else:
            if not self.shorthand():
                self.code()
            self.item()

    def shorthand(self) -> bool:
        """Pass `\\d` and its like, or a Unicode group; False if none stands here."""
        if self.accept(_CLASS):
            return True
        if self.at < len(self.text) and self.text[self.at] in "pP":
            found = self.accept(_UNICODE)
            if not found or (found[1] if found[1] is not None else found[2]) not in _GROUPS:
                raise _Problem(f"unknown Unicode group: \\{self.text[self.at : self.at + 8]}")
            return True
        return False

    def code(self) -> int:
        """The code point of an escaped character."""
        found = self.accept(_ESCAPE)
        if not found or (found[1] and int(found[1], 16) > 0x10FFFF):
            raise _Problem(f"unknown escape: \\{self.text[self.at : self.at + 1]}")
        text = found.group()
        if text[0] == "x":
            return int(found[1] or text[1:], 16)
        if text[0].isdigit():
            return int(text, 8)
        return {"a": 7, "f": 12, "t": 9, "n": 10, "r": 13, "v": 11}.get(text, ord(text))

    def set(self) -> None:
        start = self.at - 1
        self.at += self.text.startswith("^", self.at)
        first = True
        while first or not self.text.startswith("]", self.at):
            first = False
            if self.at >= len(self.text):
                raise _Problem(f"missing ] after {self.text[start:]}")
            if posix := _POSIX.match(self.text, self.at):
                if posix[1].removeprefix("^") not in _POSIX_NAMES:
                    raise _Problem(f"unknown class {posix.group()}")
                self.at = posix.end()
                continue
            if self.text[self.at] == "\\":
                self.at += 1
                if self.shorthand():
                    continue
                self.at -= 1
            low = self.character()
            if self.text.startswith("-", self.at) and not self.text.startswith("-]", self.at):
                if self.at + 1 == len(self.text):
                    continue
                self.at += 1
                if self.character() < low:
                    raise _Problem(f"bad range in {self.text[start : self.at]}")
        self.at += 1

    def character(self) -> int:
        char = self.text[self.at]
        self.at += 1
        if char != "\\":
            return ord(char)
        if self.at == len(self.text):
            raise _Problem("nothing after the last backslash")
        return self.code()
