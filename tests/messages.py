# SPDX-License-Identifier: Apache-2.0
"""The messages that the plan can print, of its sources, against those that the documentation quotes.

A message is documented where a quote has all of its text; a quote may have "..." (one character)
for a value, or for a part of the text. For tests/rules.

What it does not see: which part goes into which format, and whether a value is one.
"""
import functools
import re

FORMAT_AT = {"plan_error": 3, "plan_warning": 3, "plan_refuse": 2, "device_error": 2, "board_error": 2, "board_warning": 2,
             "pci_refuse": 2, "pci_refuse_behind": 2, "config_error": 1, "image_error": 1}  # which argument is the format
SOURCES = r"(core|drivers)/.*\.[ch]"  # whose calls tell
PARTS = r"(core/plan/|drivers/(pci|smmu)/|drivers/gic/its|core/guest/(msi|stream)).*"  # that say why, too
PAGES = ["docs/system-file.md", "docs/debugging.md"]

STRING = r'"(?:[^"\\]|\\.)*"'
CONVERSION = re.compile(r"%[-0-9.]*(?:l?[uxds]|\.\*s)")
NODE = r"(?:[\w.-]+: )?(?:/\S*|the system file)(?: [\w:.]+)?: "
HEAD = rf"(?:bulkhead: (?:error|warning): )?(?:{NODE})?"


# ---- of the sources ----

def literals(code):
    """Strings of C, neighbours joined: ["a b"] of '"a " "b"'."""
    return [re.sub(r"\\(.)", r"\1", "".join(s[1:-1] for s in re.findall(STRING, run)))
            for run in re.findall(rf"{STRING}(?:\s*{STRING})*", code)]


def arguments(code, start):
    """Those of the call whose parenthesis is at start."""
    depth, begin, found = 0, start + 1, []
    for m in re.compile(rf"{STRING}|[(){{}},]").finditer(code, start):
        depth += {"(": 1, "{": 1, ")": -1, "}": -1}.get(m.group(), 0)
        if (m.group() == "," and depth == 1) or depth == 0:
            found.append(code[begin:m.start()])
            begin = m.end()
        if depth == 0:
            break
    return found


def with_macros(code):
    code = re.sub(r"\bPRI([uxd])\w+", r'"l\1"', code)
    for name, value in re.findall(rf"^#define (\w+)\s+({STRING})", code, re.M):
        code = "".join(part if part.startswith('"') else re.sub(rf"\b{name}\b", lambda m, v=value: v, part)
                       for part in re.split(rf"({STRING})", code))
    return code


@functools.cache
def is_text(s):
    """More than a name or a frame such as "%s: %s"."""
    return len(re.findall(r"[A-Za-z]{2,}", CONVERSION.sub("", s))) >= 2 and " " in s.strip()


def of_source(name, code):
    """(formats, parts): what is told, and what is put into that."""
    code = with_macros(code)
    formats, parts = [], []
    for m in re.finditer(r"^#define \w+\((?:.*\\\n)*.*", code, re.M):
        parts += literals(m.group())
    code = re.sub(r"^#(?:.*\\\n)*.*", "", code, flags=re.M)
    for m in re.finditer(rf"\b({'|'.join(FORMAT_AT)})\(", code):
        args = arguments(code, m.end() - 1)
        at = FORMAT_AT[m.group(1)]
        if len(args) > at and not args[at].lstrip().startswith("const char"):
            formats += literals(args[at])
            parts += [s for arg in args[at + 1:] for s in literals(arg)]
    if re.fullmatch(PARTS, name):
        parts += reasons(code)
    return formats, [s for s in parts if s.strip()]


def reasons(code):
    """What is kept, or returned, to be told by another, and tables of it."""
    parts = []
    for m in re.finditer(rf"(?:\b(?:why|must|broken|name) =(?!=)|\breturn\b)((?:[^;\"]|{STRING})*);", code):
        parts += literals(m.group(1))
    for m in re.finditer(r"\b(?:kinds|names|words)\[\] = \{(.*?)\};", code, re.S):
        parts += literals(m.group(1))
    return parts


# ---- of the documentation ----

def quotes(lines):
    """(line, quote): the first column of tables of messages, and lines of the log."""
    table = False
    for number, line in enumerate(lines, 1):
        table = line.startswith("|") and (table or re.match(r"\| (message|warning) \|", line) is not None)
        if table:
            column = re.sub(r"\((?:also|or):? [^)]*\)", "", line.split(" | ")[0])
            yield from ((number, quote) for quote in re.findall(r"`([^`]+)`", column))
        elif line.startswith(("bulkhead: error: ", "bulkhead: warning: ")):
            yield number, line


# ---- one against the other ----

VALUE = r'(?:"[^"]*"|/\S+ [\w:.]+|(?:[^\s"]+, )*[^\s"]*)'


def pattern(text, put):
    """A regular expression of what the format prints; `put`: that of what %s stands for."""
    pieces = re.split(f"({CONVERSION.pattern})", text)
    quoted = ["".join(pieces[:i]).count('"') % 2 == 1 for i in range(len(pieces))]
    return "".join(re.escape(s) if i % 2 == 0 else "(?:[0-9a-f]+|…)" if not s.endswith("s") else
                   '[^"]*' if quoted[i] else put for i, s in enumerate(pieces))


def prints(text, put):
    """A test of whether the format can print a quote, in full or with parts left out ("…")."""
    full = re.compile(HEAD + pattern(text, put))
    plain = CONVERSION.sub("…", text)
    return lambda quote: full.fullmatch(quote) or \
        ("…" in quote and is_text(quote) and glob(quote).fullmatch(plain))


@functools.cache
def glob(quote):
    return re.compile(".*".join(re.escape(s.strip()) for s in re.sub(f"^{HEAD}", "", quote).split("…")))


def claims(part):
    """Of claims.c, which puts its messages together of parts alone."""
    its = rf"{part} ?{part}?{part}?{VALUE}(?: in {VALUE})?(?:, {VALUE})?"
    return re.compile(rf"{HEAD}{part}{part}? ?{VALUE} {its}: {part}")


def breaches(sources, pages):
    """(where, what): a message that no page quotes, a quote of what nothing prints."""
    told = {name: of_source(name, "\n".join(lines)) for name, lines in sources.items()}
    parts = sorted({s for _, put in told.values() for s in put}, key=len, reverse=True)
    part = "(?:" + "|".join(pattern(s, VALUE) for s in parts) + ")"
    formats = {f for made, _ in told.values() for f in made if "%s" * 6 not in f}
    tests = {f: prints(f, f"(?:{part}{{0,2}} ?{VALUE})") for f in formats}
    tests |= {s: prints(s, VALUE) for s in parts if is_text(s)}
    quoted = [(f"{name}:{line}", q) for name, lines in pages.items() for line, q in quotes(lines)]
    texts = "\n".join(q for _, q in quoted)
    for where, quote in quoted:
        if not any(test(quote) for test in tests.values()) and not claims(part).fullmatch(quote):
            yield where, f"nothing prints: {quote}"
    for name, (made, put) in sorted(told.items()):
        for s in dict.fromkeys(made + put):
            if is_text(s) and s.strip() not in texts and not any(tests[s](q) for _, q in quoted):
                yield name, f"no page quotes: {s}"
