#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The manual pages and the completion against the programs of this build (its directory is the current one), in both
directions: nothing undocumented, nothing stale. Options are taken from --help, which is printed from the option tables;
keys from conf/concurd.conf, which a unit test holds against the key table. mandoc looks at the pages where it is there."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

SOURCE = pathlib.Path(os.environ.get("srcdir", pathlib.Path(__file__).parents[2]))
PAGES = {"concurd.8": SOURCE / "daemon/concurd.8", "concur.1": SOURCE / "client/concur.1",
         "concurd.conf.5": SOURCE / "conf/concurd.conf.5", "concurd-log.7": SOURCE / "daemon/log/concurd-log.7"}
HELP_ROW = re.compile(r"  +(-\w)?(?:, | *)(--[a-z-]+)?(?: ([A-Z][A-Z.=]*))? +\S")

problems = []


def read(page):
    return PAGES[page].read_text(encoding="utf-8")


def output(*words):
    return subprocess.run(words, stdout=subprocess.PIPE, check=True, text=True).stdout


def compare(where, documented, real):
    for name in sorted(real - documented):
        problems.append(f"{where}: {name} is not documented")
    for name in sorted(documented - real):
        problems.append(f"{where}: {name} is documented, and is not there")


# --- options

def help_options(text, whose="all"):
    """The options that a help text lists, as "-c --long VALUE"; of the table Target, of the verb's own, or of all."""
    found, title = set(), ""
    for line in text.splitlines():
        if re.fullmatch(r"[A-Z]\w+:", line):
            title = line[:-1]
        row = HELP_ROW.match(line)
        if row and (row[1] or row[2]) and (whose == "all" or (title == "Target") == (whose == "target")):
            found.add(" ".join(part for part in row.groups() if part))
    return found


def page_options(text):
    """The options that a part of a page lists, as above: from lines as `.It Fl c , Fl -long Ar value`."""
    found = set()
    for line in re.findall(r"^\.It (Fl .*)$", text, re.M):
        words = re.findall(r"Fl (\S+)", line)
        value = re.sub(r" *Ns *=? *(Ns)? *(Ar)? *", "=", line.split(" Ar ", 1)[1]) if " Ar " in line else ""
        found.add(" ".join(["-" + word for word in words] + ([value.upper()] if value else [])))
    return found


def part(text, macro, title):
    """What is below a heading, up to the next one."""
    found = re.search(rf"^\.{macro} {re.escape(title)}$(.*?)(?=^\.S[hs] |\Z)", text, re.M | re.S)
    if found is None:
        problems.append(f"there is no heading '{title}'")
        return ""
    return found[1]


def client_verbs():
    return re.findall(r"^  ([a-z]+) ", output("./concur", "--help"), re.M)


def check_client():
    page, verbs = read("concur.1"), client_verbs()
    if len(verbs) < 5:
        problems.append(f"concur --help lists no verbs that can be read: {verbs}")
    description = page.split("\n.Sh DESCRIPTION\n")[1].split("\n.Sh ")[0]
    compare("concur.1", set(re.findall(r"^\.Ss (\w+)$", description, re.M)), set(verbs))
    compare("concur.1, SYNOPSIS", set(re.findall(r"^\.Cm (\w+)$", page.split("\n.Sh DESCRIPTION\n")[0], re.M)), set(verbs))
    targets = page_options(part(page, "Ss", "Whom it talks to"))
    for verb in verbs:
        text = output("./concur", verb, "--help")
        own = help_options(text, "own")
        if len(own) == 0:
            problems.append(f"concur {verb} --help lists no options that can be read")
        compare(f"concur.1, {verb}", page_options(part(page, "Ss", verb)), own)
        if verb not in ("compare", "passwd"):  # which talk to no server of yours
            compare(f"concur.1, target of {verb}", targets, help_options(text, "target"))


def check_daemon():
    page = read("concurd.8")
    text = output("./concurd", "--help")
    options = help_options(text)
    if len(options) < 6:
        problems.append(f"concurd --help lists no options that can be read: {options}")
    compare("concurd.8", page_options(part(page, "Sh", "DESCRIPTION")), options)
    signals = " ".join(text[text.index("signals:"):].split("Exit status")[0].split())
    compare("concurd.8, SIGNALS", set(re.findall(r"Dv (\w+)", "".join(re.findall(r"^\.It .*", part(page, "Sh", "SIGNALS"), re.M)))),
            set(re.findall(r"\b(?:TERM|INT|HUP|USR1|USR2)\b", signals)))
    status = " ".join(text[text.index("Exit status:"):].split("\n\n")[0].split())
    compare("concurd.8, EXIT STATUS", set(re.findall(r"^\.It (\d+)$", page, re.M)), set(re.findall(r"\b\d+\b", status)))


# --- keys

def words(text):
    """Prose without its line breaks and markup."""
    return " ".join(text.replace("\\&", "").split())


def annotated_keys():
    """(section, key, default, comment) of conf/concurd.conf, in order."""
    section, comment = None, []
    for line in (SOURCE / "conf/concurd.conf").read_text(encoding="utf-8").splitlines():
        key = re.fullmatch(r";(\w+) =(?: (.*))?", line)
        if line.startswith("["):
            section = line[1:-1]
        if key and section:
            yield section, key[1], key[2] or "", words("\n".join(comment))
        comment = comment + [line[2:]] if line.startswith("# ") else []


def page_keys(page):
    for section in re.finditer(r"^\.Ss Section (\w+)$(.*?)(?=^\.S[hs] |\Z)", page, re.M | re.S):
        for item in re.finditer(r"^\.It Cm (\w+) No =(?: Li ([^\n]*))?$(.*?)(?=^\.It |^\.El|\Z)", section[2], re.M | re.S):
            yield section[1], item[1], item[2] or "", words(item[3])


def check_keys():
    real, documented = list(annotated_keys()), list(page_keys(read("concurd.conf.5")))
    if len(real) < 50:
        problems.append(f"conf/concurd.conf shows {len(real)} keys that can be read")
    compare("concurd.conf.5", {f"[{s}] {k} = {d}" for s, k, d, _ in documented}, {f"[{s}] {k} = {d}" for s, k, d, _ in real})
    if [row[:2] for row in real] != [row[:2] for row in documented]:
        problems.append("concurd.conf.5: its keys are in another order than conf/concurd.conf's, or one is there twice")
    texts = {row[:2]: row[3] for row in documented}
    for section, key, _, comment in real:
        if not texts.get((section, key), "").startswith(comment):
            problems.append(f"concurd.conf.5: [{section}] {key} does not begin with what conf/concurd.conf says: {comment}")


# --- events

def real_events():
    """Each row of the event table as the page has it."""
    text = (SOURCE / "daemon/log/event.h").read_text(encoding="utf-8").replace("\\\n", " ")
    for name, level, fields in re.findall(r'EVENT\(\s*EVENT_\w+,\s*(\w+),\s*"(\w+)",\s*((?:"[^"]*"\s*)+)\)', text):
        name, level = level, name.lower()
        if name in ("log_dropped", "log_lost", "log_corrupt"):
            level = f"always, {level}"
        elif level == "loud":
            level = "always, warning"
        kinds = [word.split(":") for word in fields.replace('"', "").split()]
        yield " ".join([name, f"({level})", *(field + (" error" if kind == "e" else "") for kind, field in kinds)])


def check_events():
    page, real = read("concurd-log.7"), list(real_events())
    if len(real) < 40:
        problems.append(f"daemon/log/event.h has {len(real)} events that can be read")
    documented = re.findall(r"^\.It Cm (\w+) No (\([a-z, ]+\)) Li (.+)$", page.split("\n.Sh EVENTS\n")[1], re.M)
    compare("concurd-log.7", {" ".join(row) for row in documented}, set(real))
    reasons = (SOURCE / "daemon/shm/close_reason.h").read_text(encoding="utf-8")
    compare("concurd-log.7, close_reason", set(re.findall(r"^\.It Cm (\w+)$", part(page, "Ss", "Why a connection ended"), re.M)),
            set(re.findall(r'REASON\(CLOSE_\w+, "(\w+)"\)', reasons)))


# --- the rest

def check_lint():
    """Whether a page that one refers to is installed is a question to the machine, not to the page."""
    if shutil.which("mandoc") is None:
        print("mandoc is not installed: the pages are not looked at by it")
        return
    for path in PAGES.values():
        said = subprocess.run(["mandoc", "-T", "lint", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                              check=False).stdout
        problems.extend(line for line in said.splitlines() if "referenced manual not found" not in line)
        for name, section in re.findall(r"^\.Xr (concur\S*) (\d)", path.read_text(encoding="utf-8"), re.M):
            if f"{name}.{section}" not in PAGES:
                problems.append(f"{path}: refers to {name}({section}), which there is not")


def check_completion():
    """What bash would offer behind "-" is what the help lists."""
    script = f""". '{SOURCE}/client/concur.bash'
        COMP_WORDS=(concur "$@") COMP_CWORD=$#
        _concur ./concur "${{!#}}" "${{COMP_WORDS[COMP_CWORD-1]}}"
        printf '%s\\n' "${{COMPREPLY[@]}}" """

    def offered(*typed):
        return set(output("bash", "-c", script, "concur", *typed).split())

    compare("concur.bash", offered(""), set(client_verbs()) | {"--help", "--version"})
    for verb in client_verbs():
        names = {word for option in help_options(output("./concur", verb, "--help")) for word in option.split()
                 if word.startswith("-")}
        compare(f"concur.bash, {verb}", offered(verb, "-"), names | {"--help"})
    compare("concur.bash, --arrival", offered("load", "--arrival", ""), {"uniform", "poisson"})
    compare("concur.bash, --arrival=", offered("load", "--arrival", "="), {"uniform", "poisson"})
    compare("concur.bash, --arrival=p", offered("load", "--arrival", "=", "p"), {"poisson"})
    compare("concur.bash, behind --", offered("load", "--", "-"), set())


def main():
    check_client()
    check_daemon()
    check_keys()
    check_events()
    check_lint()
    check_completion()
    for problem in problems:
        print(f"FAIL: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
