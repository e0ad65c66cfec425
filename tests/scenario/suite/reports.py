# SPDX-License-Identifier: Apache-2.0
"""The files that `concur load` and `concur compare` write: that all of them tell the same, and what becomes of those that can't be written."""

import csv
import json
import os
import resource
import subprocess
import xml.etree.ElementTree

from harness import modes
from harness.errors import between, same, true
from harness.fake import Fake
from harness.folder import Folder
from harness.scenario import scenario

KINDS = ("json", "csv", "hgrm", "html")


def load(t, port, *arguments):
    """Exit status, output and errors of a load."""
    if t.programs.concur is None:
        t.skip("there is no concur to put a load on with")
    done = subprocess.run([t.programs.concur, "load", "-p", str(port), *arguments], capture_output=True,
                          timeout=t.seconds(50), check=False, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def read_json(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def read_csv(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_hgrm(path):
    """Rows of value, percentile and count as the plotters read them, and the figures of the last lines."""
    rows, facts = [], {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.startswith("#["):
                facts.update((name.strip(), float(value)) for name, value in
                             (part.split("=") for part in line.strip()[2:-1].split(",")))
            elif line.strip() and "Value" not in line:
                value, percentile, count = line.split()[:3]
                rows.append((float(value), float(percentile), int(count)))
    return rows, facts


class Reports:
    """Everything that one load has written."""

    def __init__(self, t, port, *arguments):
        folder = t.closing(Folder()).path
        paths = {kind: os.path.join(folder, kind) for kind in KINDS}
        options = [word for kind in KINDS for word in (f"--{kind}", paths[kind])]
        self.status, self.table, self.errors = load(t, port, *options, *arguments)
        same(sorted(os.listdir(folder)), sorted(KINDS), f"files; {self.errors}")
        self.json = read_json(paths["json"])
        self.csv = read_csv(paths["csv"])
        self.hgrm, self.hgrm_facts = read_hgrm(paths["hgrm"])
        with open(paths["html"], encoding="utf-8") as file:
            self.html = file.read()
        self.page = xml.etree.ElementTree.fromstring(self.html)

    def cells(self):
        """The page's tables: the first cell of each row, and the others."""
        rows = (row for row in self.page.iter("{http://www.w3.org/1999/xhtml}tr"))
        texts = (["".join(cell.itertext()) for cell in row] for row in rows)
        return {row[0]: row[1:] for row in texts}


def check_counts(reports):
    """What every request came to is the same everywhere."""
    requests = reports.json["requests"]
    same(requests["sent"], sum(requests[name] for name in ("ok", "error_replies", "failed", "unfinished")), "sent")
    for name in ("sent", "ok", "error_replies", "failed"):
        same(sum(int(row[name]) for row in reports.csv), requests[name], f"sum of {name} over the seconds")
        same(sum(command["requests"][name] for command in reports.json["commands"]), requests[name], f"{name} of the commands")
    cells = reports.cells()
    same(cells["sent"], [f"{requests['sent']:,}"], "sent, on the page")
    same(cells["ok"], [f"{requests['ok']:,}"], "ok, on the page")
    true(f"{requests['sent']:,} sent, {requests['ok']:,} ok" in reports.table, "the same in the table")


def check_latency(reports):
    """The percentiles too."""
    latency = reports.json["latency_us"]
    same(reports.hgrm[-1][1:], (1, latency["count"]), "the last line of the hgrm")
    same(reports.hgrm_facts["Total count"], latency["count"], "the count of the hgrm")
    for name, value in (("max", reports.hgrm[-1][0]), ("max", reports.hgrm_facts["Max"]), ("mean", reports.hgrm_facts["Mean"]),
                        *((name, value) for name, level in (("p50", 0.5), ("p90", 0.9)) for value in
                          [value for value, percentile, _ in reports.hgrm if percentile == level])):
        between(latency[name] - 0.002, value * 1000, latency[name] + 0.002, f"{name} of the hgrm")
    same(reports.cells()["latency"][0], f"{latency['count']:,}", "latencies, on the page")
    longest = max(float(row["latency_max_us"]) for row in reports.csv if row["latency_max_us"])
    # Those that did not end belong to no second, but they are in the latency.
    least = 0 if reports.json["requests"]["unfinished"] + reports.json["requests"]["unsent"] else latency["max"] - 0.002
    between(least, longest, latency["max"] + 0.002, "the longest of all seconds")


@scenario(rows=modes.only("pool", "prefork/event"))
def all_reports_tell_the_same(t):
    daemon = t.daemon()
    reports = Reports(t, daemon.port, "-c", "8", "-n", "4000", "--mix", "PING:6,SLEEP 1:1,NOSUCH '<b>&':1")
    same(reports.status, 1, f"error replies; {reports.errors}")
    same(reports.json["requests"]["sent"], 4000)
    true(reports.json["requests"]["error_replies"] > 0, "there were error replies")
    true("unknown command" in reports.json["first_error"] and "unknown command" in reports.html, "what the first said")
    check_counts(reports)
    check_latency(reports)


@scenario(rows=modes.only("pool", "event"))
def all_reports_tell_the_same_of_an_open_loop(t):
    """Of connections that don't keep up with the rate: unfinished and unsent requests are in it."""
    reports = Reports(t, t.daemon().port, "-c", "4", "-R", "500", "-d", "2500ms", "--mix", "SLEEP 20:9,PING:1")
    check_counts(reports)
    check_latency(reports)
    requests = reports.json["requests"]
    same(reports.json["latency_us"]["count"], requests["sent"] + requests["unsent"], "latencies")
    true(requests["unsent"] > 0, "a server of 4 connections and 20 ms serves no 500 a second")
    same(reports.json["target_rps"], 500)
    for row in reports.csv:
        between(499, float(row["target_rps"]), 501, f"the target in second {row['from_s']}")
    same([row["from_s"] for row in reports.csv[:2]], ["0.000", "1.000"])


@scenario(rows=modes.once)
def the_page_needs_nothing_but_itself(t):
    reports = Reports(t, t.daemon().port, "-n", "500", "--", "ECHO", "</style><script>alert(1)</script>")
    for word in ("<script", "src=", "@import", "url(", "<link", "<iframe"):
        true(word not in reports.html, f"{word} in the page")
    addresses = set(part.split('"')[0] for part in reports.html.split("http")[1:])
    same(addresses, {"://www.w3.org/1999/xhtml", "://www.w3.org/2000/svg"}, "addresses in the page")
    pictures = list(reports.page.iter("{http://www.w3.org/2000/svg}svg"))
    true(any(picture.get("role") == "img" and picture.get("aria-labelledby") for picture in pictures), "named pictures")
    lines = ["".join(line.itertext()) for line in reports.page.iter("{http://www.w3.org/1999/xhtml}pre")]
    true(any(line.startswith("concur load -p") and line.endswith("-n 500 -- ECHO '</style><script>alert(1)</script>'")
             for line in lines), f"how to do it again: {lines}")


@scenario(rows=modes.once)
def what_can_not_be_written_is_told_before_the_load(t):
    """Exit 2 and not 3: nobody listens there, and nobody was asked."""
    folder = t.closing(Folder()).path
    for kind in KINDS:
        status, out, err = load(t, 1, f"--{kind}", os.path.join(folder, "no", "such"))
        same((status, out), (2, ""), err)
        true(f"--{kind}: " in err and "No such file or directory" in err, err)
    for one, other in (("-", "-"), (f"{folder}/same", f"{folder}//./same")):
        status, _, err = load(t, 1, "--json", one, "--csv", other)
        same(status, 2, err)
        true("can't both go to" in err, err)
    same(os.listdir(folder), [], "files")


@scenario(rows=modes.once)
def a_full_disk_costs_its_own_file_only(t):
    folder = t.closing(Folder()).path
    path = os.path.join(folder, "result.json")
    status, out, err = load(t, t.daemon().port, "-n", "100", "--html", "/dev/full", "--json", path)
    same(status, 1, err)
    true("/dev/full: No space left on device" in err, err)
    true("100 sent" in out, "the table is there nevertheless")
    same(read_json(path)["requests"]["sent"], 100)


@scenario(rows=modes.once)
def a_file_over_its_limit_leaves_nothing_behind(t):
    folder = t.closing(Folder()).path
    command = [t.programs.concur or t.skip("there is no concur"), "load", "-p", str(t.daemon().port), "-n", "100",
               "--html", os.path.join(folder, "page.html")]
    done = subprocess.run(command, capture_output=True, timeout=t.seconds(50), check=False, stdin=subprocess.DEVNULL,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)))
    same(done.returncode, 1, done.stderr)
    true(b"File too large" in done.stderr, repr(done.stderr))
    same(os.listdir(folder), [], "files")


@scenario(rows=modes.once)
def standard_descriptors_that_are_closed_become_no_connection(t):
    """Or what is meant for the terminal would go there."""
    daemon = t.daemon()
    command = [t.programs.concur or t.skip("there is no concur"), "load", "-p", str(daemon.port), "-c", "3", "-d", "60s"]
    for closed in ("2>&-", "<&- >&- 2>&-"):
        before = daemon.info()["total_commands"]
        with subprocess.Popen(["sh", "-c", f'exec "$@" {closed}', "sh", *command], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL) as load_:
            try:
                t.wait_until(lambda: daemon.info()["total_commands"] > before + 100, "the load at work")
                same([os.readlink(f"/proc/{load_.pid}/fd/{fd}") for fd in range(3)], 3 * ["/dev/null"])
            finally:
                load_.kill()


@scenario(rows=modes.once)
def a_table_that_can_not_be_written_is_a_failure(t):
    if t.programs.concur is None:
        t.skip("there is no concur to put a load on with")
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([t.programs.concur, "load", "-p", str(t.daemon().port), "-n", "100"], stdout=full,
                              stderr=subprocess.PIPE, timeout=t.seconds(50), check=False, stdin=subprocess.DEVNULL)
    same(done.returncode, 1, done.stderr)
    true(b"the report: No space left on device" in done.stderr, repr(done.stderr))


@scenario(rows=modes.once)
def what_a_server_says_is_no_order_to_the_terminal(t):
    """Nor to whoever reads JSON: its mode, its errors, and a command that is echoed."""
    info = b"mode:\x1b]0;owned\x07\xff\r\ncpu_user_us:1\r\ncpu_sys_us:1\r\n"
    fake = t.closing(Fake(lambda number, words: b"-ERR \x1b[2J\x9b\xff\xc3\xa4\r\n",
                          info=b"$%d\r\n%s\r\n" % (len(info), info)))
    path = os.path.join(t.closing(Folder()).path, "result.json")
    status, out, err = load(t, fake.port, "-n", "10", "--json", path, "--", "ECHO", b"\x1b[31m\xff")
    same(status, 1, err)
    true(all(letter == "\n" or letter.isprintable() for letter in out + err), repr(out + err))
    true("ECHO ?[31m?" in out and "ERR ?[2J??\xe4" in out and "]0;owned" in out, repr(out))
    result = read_json(path)
    same((result["commands"][0]["command"], result["first_error"], result["server"]["mode"]),
         ("ECHO ?[31m?", "ERR ?[2J??\xe4", "?]0;owned??"))


@scenario(rows=modes.once)
def a_report_on_stdout_is_alone_there(t):
    daemon = t.daemon()
    for kind, first in (("csv", "from_s,to_s,sent,"), ("hgrm", "       Value "), ("html", "<!DOCTYPE html>"), ("json", "{")):
        status, out, err = load(t, daemon.port, "-n", "100", f"--{kind}", "-")
        same(status, 0, err)
        true(out.startswith(first), f"{kind}: {out[:60]!r}")
        true("100 sent" in err, "the table on stderr")


@scenario(rows=modes.once)
def a_load_that_could_not_begin_leaves_old_reports_alone(t):
    path = os.path.join(t.closing(Folder()).path, "report")
    with open(path, "w", encoding="utf-8") as file:
        file.write("old")
    status, _, err = load(t, 1, "--html", path)
    same(status, 3, err)
    with open(path, encoding="utf-8") as file:
        same(file.read(), "old")


def compare(t, *arguments):
    """Exit status and errors of a short comparison of two models."""
    if t.programs.concur is None:
        t.skip("there is no concur to compare with")
    done = subprocess.run([t.programs.concur, "compare", "--daemon", t.programs.concurd, "--models", "event,thread",
                           "--workloads", "ping", "-d", "200ms", "--repeats", "2", "-c", "4", *arguments],
                          capture_output=True, timeout=t.seconds(50), check=False, stdin=subprocess.DEVNULL)
    return done.returncode, done.stderr.decode()


@scenario(rows=modes.once)
def the_page_of_a_comparison_has_its_figures(t):
    folder = t.closing(Folder()).path
    page, result = os.path.join(folder, "page"), os.path.join(folder, "result")
    status, err = compare(t, "--html", page, "--json", result)
    same(status, 0, err)
    root = xml.etree.ElementTree.parse(page).getroot()
    text = " ".join(root.itertext())
    (workload,) = read_json(result)["workloads"]
    for entry in workload["results"]:
        rate = f"{int(entry['median']['throughput_rps'] + 0.5):,}"
        true(rate in text, f"the throughput of {entry['model']}, {rate}, on the page")
    true("Recommended here: " in text and "Ranges of the repeats" in text, "what a page has")
    same(len(list(root.iter("{http://www.w3.org/2000/svg}svg"))), 2, "pictures")


@scenario(rows=modes.once)
def a_comparison_checks_its_files_first(t):
    folder = t.closing(Folder()).path
    for kind in ("json", "html"):
        status, err = compare(t, f"--{kind}", os.path.join(folder, "no", "such"))
        same(status, 2, err)
        true(f"--{kind}: " in err and "No such file or directory" in err, err)
    status, err = compare(t, "--json", f"{folder}/same", "--html", f"{folder}/./same")
    same(status, 2, err)
    true("can't both go to" in err, err)
    status, err = compare(t, "--html", "/dev/full")
    same(status, 1, err)
    true("/dev/full: No space left on device" in err, err)
