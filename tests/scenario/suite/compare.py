# SPDX-License-Identifier: Apache-2.0
"""`concur compare`, end to end: what it writes, how it ends, and that no daemon of its own outlives it."""

import json
import os
import signal
import subprocess

from harness import modes, proc
from harness.errors import Failed, same, true
from harness.folder import Folder
from harness.scenario import scenario

FIGURES = ("throughput_rps", "latency_p50_us", "latency_p99_us", "latency_p999_us", "cpu_us_per_request",
           "switches_per_request", "memory_bytes", "memory_bytes_per_connection", "failed_share")
CONFIG = "[server]\nmode = event\n[event]\nthreads = 1\n[log]\naccess = commands\n"


class Compare:
    """A comparison that runs; `daemons` are the process ids of those that it was seen to keep."""

    def __init__(self, t, *arguments):
        if t.programs.concur is None:
            t.skip("there is no concur to compare with")
        self.t = t
        self.folder = t.closing(Folder())
        self.json_path = os.path.join(self.folder.path, "result.json")
        self.daemons = set()
        with open(os.path.join(self.folder.path, "out"), "wb") as out:
            self.process = subprocess.Popen(
                [t.programs.concur, "compare", "--daemon", t.programs.concurd, "--json", self.json_path, *arguments],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        t.closing(self)

    def close(self):
        """At the scenario's end, whatever happened."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def output(self):
        with open(os.path.join(self.folder.path, "out"), encoding="utf-8") as out:
            return out.read()

    def see_daemon(self):
        """Waits until it keeps a daemon that was not seen yet; answers its process id."""
        def new():
            fresh = [pid for pid in proc.children(self.process.pid) if pid not in self.daemons and is_daemon(pid)]
            self.daemons.update(fresh)
            return fresh
        return self.t.wait_until(new, "a daemon of the comparison")[0]

    def wait(self, seconds=40):
        """Its exit status; all the daemons that it had are gone then."""
        def ended():
            self.daemons.update(proc.children(self.process.pid))
            return self.process.poll() is not None
        self.t.wait_until(ended, "the end of the comparison", seconds)
        self.all_gone()
        return self.process.returncode

    def all_gone(self):
        true(self.daemons, "daemons were seen")
        self.t.wait_until(lambda: not any(proc.alive(pid) for pid in self.daemons), "every daemon gone")

    def report(self):
        with open(self.json_path, encoding="utf-8") as file:
            report = json.load(file)
        same(report["schema"], "concur.compare/1")
        return report

    def expect(self, status):
        """Ends with that; the report."""
        seen = self.wait()
        if seen != status:
            raise Failed(f"exit status {seen} and not {status}; it said:\n{self.output()}")
        return self.report()


def is_daemon(pid):
    """A child between fork and exec is still the comparison itself."""
    try:
        return os.readlink(f"/proc/{pid}/exe").endswith("concurd")
    except OSError:
        return False


def usage(t, *arguments):
    """Exit status and words of one that is to be refused before anything runs."""
    if t.programs.concur is None:
        t.skip("there is no concur to compare with")
    done = subprocess.run([t.programs.concur, "compare", *arguments], capture_output=True, timeout=t.seconds(10),
                          check=False, stdin=subprocess.DEVNULL)
    return done.returncode, done.stderr.decode()


def config_file(t, name, text):
    path = os.path.join(t.closing(Folder()).path, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def results_of(report, workload=0):
    return {result["model"]: result for result in report["workloads"][workload]["results"]}


@scenario(rows=modes.once)
def two_models_and_one_workload(t):
    compare = Compare(t, "--models", "thread,event", "--workloads", "sleep", "-d", "300ms", "--repeats", "2", "-c", "8",
                      "--seed", "7")
    report = compare.expect(0)
    same((report["seed"], report["interrupted"], report["config"]["repeats"]), (7, False, 2))
    same([model["name"] for model in report["models"]], ["thread", "event"])
    for key in ("name", "kernel", "cpu", "cores", "memory_bytes", "version"):
        true(report["host"][key], f"host.{key}")
    (workload,) = report["workloads"]
    same((workload["name"], workload["command"]), ("sleep", "SLEEP 5"))
    for result in workload["results"]:
        same((result["state"], len(result["repeats"])), ("done", 2), result["model"])
        for name in FIGURES:
            values = [run[name] for run in result["repeats"]]
            least, most = result["range"][name]
            true(least <= result["median"][name] <= most, f"{name}: the median is within the range")
            same((least, most), (min(values), max(values)), name)
        true(result["median"]["latency_p50_us"] >= 5000, "SLEEP 5 takes 5 ms")
        true(0 < result["median"]["throughput_rps"] <= 1600, "8 connections, 5 ms each")
        for run in result["repeats"]:
            requests = run["requests"]
            same(requests["sent"], requests["ok"] + requests["error_replies"] + requests["failed"]
                 + requests["unfinished"], "requests")
    verdict = workload["verdict"]
    true(verdict["best"] and set(verdict["best"]) <= {"thread", "event"}, "somebody is best")
    true(verdict["reason"], "and the reason is said")
    true(report["recommendation"]["model"] in ("thread", "event"), "one is recommended")
    words = compare.output()
    true(f"=> {verdict['reason'][:40]}" in words, "the table has the verdict")
    true("RECOMMENDED HERE" in words, "and the recommendation")
    true(max(len(line) for line in words.splitlines()) <= 110, "no line is too long")
    true(len(compare.daemons) >= 4, "a daemon for each run")


@scenario(rows=modes.once)
def a_command_of_ones_own_and_a_shape(t):
    report = Compare(t, "--models", "event", "--workloads", "none", "-d", "200ms", "--repeats", "1", "--",
                     "ECHO", "a b,c:d").expect(0)
    same(report["workloads"][0]["command"], 'ECHO "a b,c:d"')
    same(results_of(report)["event"]["repeats"][0]["errors"]["error_reply"], 0)
    long = "x" * 5000
    compare = Compare(t, "--models", "event", "--workloads", "none", "-d", "200ms", "--repeats", "1", "--", "ECHO", long)
    same(compare.expect(0)["workloads"][0]["command"], f"ECHO {long}")
    true(long not in compare.output() and "xxx..." in compare.output(), "people get the beginning of it")
    report = Compare(t, "--models", "event", "--workloads", "ping", "-d", "200ms", "--repeats", "1", "--work",
                     "cpu=10us wait=1ms reply=4k").expect(0)
    same([workload["name"] for workload in report["workloads"]], ["own", "ping"])
    true(results_of(report)["event"]["median"]["latency_p50_us"] >= 1000, "it waits")


@scenario(rows=modes.once)
def interrupted_it_reports_what_there_is(t):
    for number in (signal.SIGINT, signal.SIGTERM):
        compare = Compare(t, "--models", "thread,event", "--workloads", "sleep,ping", "-d", "1s", "--repeats", "2")
        for _ in range(5):  # two smallest ones, and the third of the runs
            compare.see_daemon()
        compare.process.send_signal(number)
        report = compare.expect(0)
        same(report["interrupted"], True)
        states = [result["state"] for workload in report["workloads"] for result in workload["results"]]
        same((states[:2], states[2:]), (["done", "done"], ["not reached", "not reached"]))
        true("Ended early" in compare.output(), "and the table says so")


@scenario(rows=modes.once)
def killed_it_leaves_no_daemon(t):
    for model in ("pool", "prefork"):
        compare = Compare(t, "--models", model, "--workloads", "block", "-d", "10s", "--repeats", "1")
        compare.see_daemon()  # the smallest one, and the one of the run
        daemon = compare.see_daemon()
        t.wait_until(lambda: model == "pool" or len(proc.children(daemon)) >= 2, "its workers")
        compare.daemons.update(proc.children(daemon))
        compare.process.kill()
        compare.process.wait()
        compare.all_gone()


@scenario(rows=modes.once)
def configuration_files_are_models(t):
    good = config_file(t, "mine.conf", CONFIG)
    bad = config_file(t, "bad.conf", "[server]\nmdoe = event\n")
    compare = Compare(t, "--models", f"{good},event,{bad}", "--workloads", "ping", "-d", "300ms", "--repeats", "1")
    report = compare.expect(1)
    results = results_of(report)
    same({name: result["state"] for name, result in results.items()},
         {"mine": "done", "event": "done", "bad": "failed"})
    true("status 78" in results["bad"]["why"] and "mode" in results["bad"]["why"], f"why: {results['bad']['why']}")
    same(results["mine"]["repeats"][0]["trouble"], None)
    true(results["mine"]["median"]["cpu_us_per_request"] > 0, "its access log keeps nobody from being ready")
    true("failed: " in compare.output(), "the table says so")


@scenario(rows=modes.once)
def a_crash_is_survived_by_a_restart_of_the_daemon_or_of_a_worker(t):
    compare = Compare(t, "--models", "thread,prefork", "--workloads", "crash", "-d", "2500ms", "--repeats", "1")
    compare.wait()
    true(compare.process.returncode in (0, 4), f"status {compare.process.returncode}: {compare.output()}")
    results = results_of(compare.report())
    for name, result in results.items():
        same(result["state"], "done", name)
        (run,) = result["repeats"]
        same(run["crashes"], 2, f"{name}: crashes, half a second and one and a half after the load began")
        same(run["unrecovered"], 0, f"{name}: crashes that it did not come back from")
        true(run["outage_us"] > 0, f"{name}: time until service returned")
        true(run["requests"]["ok"] > 1000, f"{name}: others were served")
        lost = sum(run["errors"][name] for name in ("reset", "closed", "refused"))
        restarts = (run["daemon_restarts"], run["worker_restarts"])
        if name == "thread":
            true(run["crashes"] - 1 <= restarts[0] <= run["crashes"], f"{restarts[0]} restarts of the daemon")
            same(restarts[1], 0, "restarts of a worker")
            true(lost >= 50 * (run["crashes"] - 1), f"every connection is lost with the daemon: {lost}")
            same(run["cpu_us_per_request"], None, "what the last daemon took is not what all did")
        else:
            same(restarts[0], 0, "restarts of the daemon")
            true(restarts[1] >= run["crashes"] - 1, f"{restarts[1]} restarts of a worker")
    true("restarts of the daemon" in compare.output(), "the table says so")


@scenario(rows=modes.once)
def idle_connections_are_there_and_cost_memory(t):
    compare = Compare(t, "--models", "thread,event", "--workloads", "idle", "-d", "300ms", "--repeats", "1")
    compare.wait()
    results = results_of(compare.report())
    cost = {name: result["median"]["memory_bytes_per_connection"] for name, result in results.items()}
    true(cost["thread"] > 2 * cost["event"], f"bytes per connection: {cost}")


@scenario(rows=modes.once)
def what_a_worker_takes_is_no_memory_of_connections(t):
    """A second worker is there without any of them: its 2 MiB are none of eight connections'."""
    if t.programs.sanitized:
        t.skip("a sanitizer's memory is no connection's either")
    report = Compare(t, "--models", "prefork", "--workloads", "ping", "-d", "300ms", "--repeats", "1", "-c", "8").expect(0)
    median = results_of(report)["prefork"]["median"]
    true(0 <= median["memory_bytes_per_connection"] < 128 * 1024, f"bytes per connection: {median}")


@scenario(rows=modes.once)
def rates_rise_until_the_slo_breaks(t):
    """Eight connections that wait 20 ms each can't be served more than 400 times a second."""
    page = os.path.join(t.closing(Folder()).path, "page.html")
    for _ in range(4):  # on a busy machine the client may be too late to tell; one sweep that can tell is asked for
        compare = Compare(t, "--models", "event", "--rate-sweep", "--slo", "p50<40ms", "--workloads", "none", "-d", "1s",
                          "--repeats", "1", "-c", "8", "--html", page, "--", "SLEEP", "20")
        compare.wait()
        (curve,) = compare.report()["sweep"]["models"]
        if not curve["unclear"]:
            break
    rates = [point["rate_rps"] for point in curve["points"]]
    true(len(rates) >= 8 and rates == sorted(rates), f"rates: {rates}")
    true(20 < curve["slo_rps"] <= 410, f"the rate that is kept: {curve['slo_rps']}")
    for point in curve["points"]:
        true(point["achieved_rps"] <= point["rate_rps"] * 1.05, f"{point}")
    true("keeps p50<40ms up to" in compare.output(), "the table says so")
    true(os.path.getsize(page) > 1000, "there is a page")


@scenario(rows=modes.once)
def a_daemon_that_does_not_end_is_killed_and_told(t):
    real = t.daemon()
    fake = config_file(t, "fake", f"""#!/bin/sh
trap '' TERM
echo 'level=info event=ready worker=0 listen={real.listens[0]} mode=event' >&2
while :; do sleep 0.2; done
""")
    os.chmod(fake, 0o755)
    compare = Compare(t, "--models", "event", "--workloads", "ping", "-d", "200ms", "--repeats", "1", "-c", "4", "--daemon",
                      fake)
    t.wait_until(lambda: compare.daemons.update(proc.children(compare.process.pid)) or compare.daemons, "the fake")
    report = compare.expect(1)
    (run,) = results_of(report)["event"]["repeats"]
    true("was killed" in run["trouble"] and run["killed"], f"trouble: {run['trouble']}")
    true("was killed" in " ".join(compare.output().split()), "the table says so")


def is_busy(pid, seconds):
    """Whether it has used so much CPU."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            fields = file.read().rsplit(")", 1)[1].split()
    except OSError:
        return False
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") >= seconds


@scenario(rows=modes.once)
def a_daemon_that_hangs_is_not_slow_but_failed(t):
    """As fast as it was until then, it would even be recommended."""
    compare = Compare(t, "--models", "event", "--workloads", "ping", "-d", "4s", "--repeats", "1", "-c", "8")
    compare.see_daemon()  # the smallest one, and the one of the run
    daemon = compare.see_daemon()
    t.wait_until(lambda: is_busy(daemon, 0.7), "a daemon at work")
    os.kill(daemon, signal.SIGSTOP)
    report = compare.expect(1)
    result = results_of(report)["event"]
    (run,) = result["repeats"]
    true("No reply came in the last" in run["trouble"], f"trouble: {run['trouble']}")
    same((result["state"], result["why"], run["ran"], run["killed"]), ("failed", run["trouble"], False, True))
    same((run["requests"]["unfinished"], run["requests"]["failed"], run["errors"]["timed_out"]), (0, 8, 8))
    same((report["workloads"][0]["verdict"]["best"], report["recommendation"]["model"]), ([], None))
    true("No reply came in the last" in compare.output(), "the table says so")


@scenario(rows=modes.once)
def a_daemon_within_a_script_ends_with_it(t):
    """The script is what was started, and ends by the signal; the daemon is its child."""
    script = config_file(t, "wrapped", f'#!/bin/sh\n"{t.programs.concurd}" "$@"\nexit $?\n')
    os.chmod(script, 0o755)
    compare = Compare(t, "--models", "thread,prefork", "--workloads", "ping,crash", "-d", "300ms", "--repeats", "1",
                      "-c", "4", "--daemon", script)

    def ended():
        for pid in list(compare.daemons):
            compare.daemons.update(proc.children(pid))
        compare.daemons.update(proc.children(compare.process.pid))
        return compare.process.poll() is not None
    t.wait_until(ended, "the end of the comparison", 40)
    true(any(is_daemon(pid) for pid in compare.daemons) or len(compare.daemons) >= 8, "daemons within scripts")
    left = [pid for pid in compare.daemons if proc.alive(pid)]
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    same(left, [], "daemons that are left")
    for workload in (0, 1):
        for name, result in results_of(compare.report(), workload).items():
            same(result["state"], "done", name)
    thread = results_of(compare.report(), 1)["thread"]["repeats"][0]
    true(thread["daemon_restarts"] >= 1, "it was started again, on the same port")


@scenario(rows=modes.once)
def what_a_daemon_says_does_not_reach_the_terminal_as_it_is(t):
    fake = config_file(t, "fake", "#!/bin/sh\nprintf 'bad \\033[31mred\\007\\n' >&2; exit 3\n")
    os.chmod(fake, 0o755)
    compare = Compare(t, "--models", "event", "--workloads", "ping", "-d", "200ms", "--repeats", "1", "--daemon", fake)
    same(compare.process.wait(t.seconds(20)), 3)
    same(results_of(compare.report())["event"]["why"], "concurd ended with status 3, saying: bad ?[31mred?")
    true("\033" not in compare.output() and "\007" not in compare.output(), "no control characters")


@scenario(rows=modes.once)
def a_table_that_could_not_be_written_is_1(t):
    if t.programs.concur is None:
        t.skip("there is no concur to compare with")
    arguments = [t.programs.concur, "compare", "--daemon", t.programs.concurd, "--models", "event", "--workloads", "ping", "-d",
                 "200ms", "--repeats", "1", "-c", "4"]
    for more in ([], ["--list"]):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(arguments + more, stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE, check=False,
                                  timeout=t.seconds(30))
        same(done.returncode, 1, done.stderr.decode())
        true("could not be written" in done.stderr.decode(), f"it says: {done.stderr.decode()}")


@scenario(rows=modes.once)
def one_repeat_whose_daemon_died_is_told_and_is_1(t):
    compare = Compare(t, "--models", "event", "--workloads", "ping", "-d", "2s", "--repeats", "2")
    compare.see_daemon()  # the smallest one
    daemon = compare.see_daemon()
    t.wait_until(lambda: proc.cpu_seconds([daemon]) > 0.2, "it serves")
    os.kill(daemon, signal.SIGKILL)
    report = compare.expect(1)
    result = results_of(report)["event"]
    same([run["ran"] for run in result["repeats"]], [False, True])
    true("signal 9" in result["repeats"][0]["trouble"], f"trouble: {result['repeats'][0]['trouble']}")
    same(result["range"]["throughput_rps"], [result["repeats"][1]["throughput_rps"]] * 2)
    true("event could not be run in 1 of 2 repeats" in report["workloads"][0]["verdict"]["reason"], "and told")


@scenario(rows=modes.once)
def a_daemon_that_fails_to_start_is_quoted(t):
    fake = config_file(t, "fake", "#!/bin/sh\necho first; echo the last words >&2; exit 3\n")
    os.chmod(fake, 0o755)
    compare = Compare(t, "--models", "event", "--workloads", "ping", "-d", "200ms", "--repeats", "1", "--daemon", fake)
    same(compare.process.wait(t.seconds(20)), 3)
    same(results_of(compare.report())["event"]["why"], "concurd ended with status 3, saying: the last words")


@scenario(rows=modes.once)
def servers_elsewhere_are_models(t):
    daemon = t.daemon()
    compare = Compare(t, "--target", f"here={daemon.listens[0]}", "--target", "nobody=127.0.0.1:1", "--workloads",
                      "ping,crash", "-d", "300ms", "--repeats", "2", "-c", "4")
    compare.process.wait(t.seconds(30))
    report = compare.report()
    results = results_of(report)
    same((results["here"]["state"], results["nobody"]["state"]), ("done", "failed"))
    true("refused" in results["nobody"]["why"], f"why: {results['nobody']['why']}")
    same(report["workloads"][0]["verdict"]["best"], ["here"])
    same(results_of(report, 1)["here"]["state"], "left out")
    same((compare.process.returncode, proc.children(compare.process.pid)), (1, []))
    commands = sum(run["requests"]["ok"] for run in results["here"]["repeats"])
    true(daemon.info()["total_commands"] >= commands, "it was that daemon")


@scenario(rows=modes.once)
def only_servers_that_nobody_reaches_are_3(t):
    compare = Compare(t, "--target", "nobody=127.0.0.1:1", "--workloads", "ping", "-d", "300ms", "--repeats", "1")
    same(compare.process.wait(t.seconds(30)), 3)


@scenario(rows=modes.once)
def what_is_refused_or_makes_no_sense_is_1(t):
    """Servers were there, so it is not 3; and a misspelt command is found before its repeats."""
    compare = Compare(t, "--models", "event,thread", "--workloads", "none", "-d", "20s", "--", "NOSUCH")
    same(compare.wait(15), 1)
    true("event refuses 'NOSUCH': ERR unknown command" in compare.output(), compare.output())
    compare = Compare(t, "--models", "pool", "--workloads", "ping", "-c", "100000")
    same(compare.process.wait(t.seconds(20)), 1)
    true("left out: " in compare.output(), "the table says why")


@scenario(rows=modes.once)
def what_got_worse_since_a_baseline_is_1(t):
    arguments = ("--models", "event", "--workloads", "sleep", "-d", "300ms", "--repeats", "3", "-c", "8")
    report = Compare(t, *arguments).expect(0)
    for result in report["workloads"][0]["results"]:  # as if it had been ten times as fast
        for name in ("median", "range"):
            values = result[name]["throughput_rps"]
            result[name]["throughput_rps"] = [10 * one for one in values] if name == "range" else 10 * values
    baseline = config_file(t, "old.json", json.dumps(report))
    compare = Compare(t, *arguments, "--baseline", baseline)
    report = compare.expect(1)
    (change,) = [one for one in report["baseline"]["changes"] if one["figure"] == "throughput_rps"]
    same((change["workload"], change["model"], change["better"]), ("sleep", "event", False))
    true("WORSE" in compare.output(), "the table says so")


@scenario(rows=modes.once)
def pinned_they_share_no_core(t):
    if len(os.sched_getaffinity(0)) < 2:
        t.skip("there is only one core")
    compare = Compare(t, "--models", "thread", "--workloads", "sleep", "-d", "1s", "--repeats", "1", "--pin")
    compare.see_daemon()
    daemon = compare.see_daemon()
    ours, its = os.sched_getaffinity(compare.process.pid), os.sched_getaffinity(daemon)
    true(ours and its and not ours & its, f"cores {ours} and {its}")
    compare.expect(0)


@scenario(rows=modes.once)
def wrong_usage_is_2_before_anything_runs(t):
    folder = t.closing(Folder()).path
    for arguments, words in (
            (["--models", "evnt"], "did you mean 'event'"), (["--models", "./nosuch.conf"], "nosuch.conf"),
            (["--workloads", "pong"], "did you mean 'ping'"),
            (["--slo", "p99<1ms"], "--rate-sweep"), (["--rate-sweep", "--slo", "p99>1ms"], "nothing like"),
            (["--target", "x"], "--target"), (["--daemon", "/nonexistent"], "/nonexistent"), (["--daemon", "/tmp"], "directory"),
            (["--target", "a\033[31m=h:1"], "control characters"), (["word"], "'--'"),
            (["--work", "cpu=1us", "--", "PING"], "either"), (["--workloads", "none"], "none"),
            (["--baseline", "/nonexistent"], "/nonexistent"), (["-c", "0"], "-c"), (["--repeats", "0"], "--repeats"),
            (["-c", "1", "-t", "2"], "-t"), (["--json", f"{folder}/no/such"], "no/such")):
        status, said = usage(t, *arguments)
        same(status, 2, f"{arguments}: {said}")
        true(words in said, f"{arguments}: {said}")
    status, said = usage(t, "--list")
    same((status, said), (0, ""))
