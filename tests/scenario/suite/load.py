# SPDX-License-Identifier: Apache-2.0
"""`concur load`: open and closed loops against daemons, and against servers that are silent, dead or lie."""

import os
import signal
import time

from harness import modes, proc
from harness.concur import FAILED, FINE, SUSPECT, UNREACHABLE, USAGE, Load, load
from harness.errors import between, same, true
from harness.fake import Fake
from harness.folder import Folder
from harness.scenario import scenario


def fine(status, one):
    """A machine that others use may keep a client from its schedule: then it says so, and is otherwise right."""
    true(status == FINE or (status == SUSPECT and one.result["client"]["suspect"] and one.result["client"]["reasons"]),
         f"exit status {status}: {one.text}")


# --- an open loop -------------------------------------------------------------------------------------------------

@scenario()
def an_open_loop_sends_what_it_means_to(t):
    daemon = t.daemon()
    before = daemon.info()["total_commands"]
    status, one = load(t, "-p", daemon.port, "-c", 8, "-t", 2, "-R", 500, "-d", "2s")
    fine(status, one)
    requests = one.result["requests"]
    same(requests["sent"] + requests["unsent"], 1000, "requests that were due")
    same((requests["failed"], requests["error_replies"]), (0, 0))
    between(2.0, one.result["duration_s"], t.seconds(2.5), "duration")
    # The server's own count has INFO in it, too: two of ours, and those of the load.
    t.wait_until(lambda: 0 <= daemon.info()["total_commands"] - before - requests["sent"] < 12, "the server's own count")


@scenario(rows=modes.once)
def a_counted_open_loop_ends_with_its_last_reply(t):
    daemon = t.daemon()
    for arrival in ("uniform", "poisson"):
        status, one = load(t, "-p", daemon.port, "-c", 7, "-t", 3, "-R", "2.5k", "-n", 1001, "--arrival", arrival,
                           "--", "ECHO", "x")
        fine(status, one)
        same((one.result["requests"]["sent"], one.result["requests"]["ok"]), (1001, 1001))
        between(0.2, one.result["duration_s"], t.seconds(3), "duration")


@scenario()
def requests_wait_for_a_connection_and_none_is_skipped(t):
    """One connection, 20 ms per request, 100 a second: half of them can't be sent, and that is not the client's fault."""
    daemon = t.daemon()
    status, one = load(t, "-p", daemon.port, "-c", 1, "-R", 100, "-d", "2s", "--", "SLEEP", 20)
    requests = one.result["requests"]
    same(requests["sent"] + requests["unsent"], 200, "due")
    true(requests["unsent"] >= 90, f"{requests['unsent']} unsent")
    true(one.result["latency_us"]["max"] > 900_000, f"the last waits for a second: {one.result['latency_us']}")
    true(one.result["service_us"]["p50"] < 400_000, "and then takes 20 ms")
    same((status, one.result["client"]["suspect"]), (FINE, False), one.text)
    true("did not keep up" in one.text, one.text)
    unanswered = requests["unfinished"] + requests["unsent"]
    said = [remark for remark in one.result["remarks"] if remark.startswith(f"{unanswered} of 200 requests had no reply yet")]
    true(len(said) == 1 and "lower bound" in said[0] and said[0] in one.text, one.text)


@scenario(rows=modes.once)
def a_pipeline_takes_what_one_connection_can_carry(t):
    daemon = t.daemon()
    status, one = load(t, "-p", daemon.port, "-c", 1, "-P", 8, "-R", 2000, "-d", "1s", "--mix", "PING:3,ECHO hello:1",
                       "--verify")
    fine(status, one)
    same(one.result["requests"]["sent"] + one.result["requests"]["unsent"], 2000)


@scenario(rows=modes.once)
def a_ramp_rises_and_a_warmup_is_not_measured(t):
    daemon = t.daemon()
    before = daemon.info()["total_commands"]
    status, one = load(t, "-p", daemon.port, "-c", 4, "-R", 1000, "--ramp", "1s", "--warmup", "500ms", "-d", "1500ms")
    fine(status, one)
    # 1000 t^2 / 2 by the end of the warm-up: 125 of the 500 that the ramp has; then 1,000 more in the last second
    requests = one.result["requests"]
    between(1374, requests["sent"] + requests["unsent"], 1376, "due behind the warm-up")
    t.wait_until(lambda: 1499 <= daemon.info()["total_commands"] - before < 1530, "the warm-up's 125 requests, too")
    status, one = load(t, "-p", daemon.port, "-c", 4, "--warmup", "300ms", "-n", 200)
    fine(status, one)
    same(one.result["requests"]["sent"], 200, "counted behind the warm-up")


# --- how it ends --------------------------------------------------------------------------------------------------

@scenario(rows=modes.once)
def a_signal_ends_it_early_with_a_report(t):
    daemon = t.daemon()
    for number, arguments in ((signal.SIGTERM, ["-d", "60s"]), (signal.SIGINT, ["-d", "60s", "-R", "500"]),
                              (signal.SIGTERM, ["-n", "1000000", "-R", "1k", "--mix", "PING:1,SLEEP 1:1"]),
                              (signal.SIGTERM, ["-d", "60s", "--warmup", "60s"])):
        before = daemon.info()["total_commands"]
        one = Load(t, "-p", daemon.port, "-c", 4, *arguments)
        t.wait_until(lambda: daemon.info()["total_commands"] > before + 50, "the load at work")
        one.signal(number)
        fine(one.wait(10), one)
        same(one.result["interrupted"], True)
        true("Ended early" in one.text, one.text)
        true(one.result["duration_s"] < 30 and one.took < t.seconds(20), f"{arguments}: {one.took} s")


@scenario(rows=modes.once)
def signals_one_after_the_other_cost_no_report(t):
    """Whenever they come: during the load, while the server is asked for its figures, when the reports are written. They
    interrupt the waiting for a server that tells nothing any more."""
    daemon = t.daemon()
    for stopped in (False, True):
        before = daemon.info()["total_commands"]
        one = Load(t, "-p", daemon.port, "-d", "60s", "-R", 500, prepare=proc.go_first)
        t.wait_until(lambda: daemon.info()["total_commands"] > before + 100, "the load at work")
        if stopped:
            daemon.signal(signal.SIGSTOP)
        began = time.monotonic()
        while one.process.poll() is None and time.monotonic() < began + t.seconds(10):
            one.signal(signal.SIGINT)
            one.signal(signal.SIGTERM)
            time.sleep(0.001)
        took = time.monotonic() - began
        status = one.wait()
        daemon.signal(signal.SIGCONT)
        true(one.result is not None, f"no report of a load that ended with {status} and said {one.text!r}")
        true("Ended early by a signal" in one.text, one.text)
        true(took < t.seconds(1), f"it took {took:.2f} s to end")


@scenario(rows=modes.once)
def a_silent_server_ends_in_time(t):
    fake = t.closing(Fake(lambda number, words: None, mute=True))
    for arguments in (["-n", "100000"], ["-n", "100000", "-R", "1k"], ["-d", "1s"], ["-d", "1s", "-R", "100"],
                      ["-d", "1s", "-R", "100", "--arrival", "poisson", "--mix", "PING:1,ECHO x:1"]):
        status, one = load(t, "-p", fake.port, "-c", 3, "--timeout", "200ms", *arguments, seconds=15)
        same(status, FAILED, one.text)
        true("No reply came at all." in one.text, one.text)
        requests = one.result["requests"]
        same((requests["ok"], one.result["gave_up"]), (0, "-n" in arguments), one.text)
        true(one.result["errors"]["timed_out"] >= 3, str(one.result["errors"]))
        if "-R" in arguments:
            true(requests["unsent"] > 0 and one.result["latency_us"]["max"] > 200_000, "those that wait grow old")


@scenario(rows=modes.once)
def a_server_that_dies_does_not_look_fast(t):
    for arguments in ([], ["-R", "200"]):
        fake = t.closing(Fake())
        one = Load(t, "-p", fake.port, "-c", 4, "-d", "4s", *arguments)
        t.wait_until(lambda fake=fake: len(fake.asked) > 50, "requests")
        fake.close()
        same(one.wait(), FAILED, one.text)
        errors = one.result["errors"]
        true(errors["refused"] > 4 and errors["closed"] + errors["reset"] > 0, str(errors))
        true(0 < one.result["last_reply_s"] < 3, f"the last reply at {one.result['last_reply_s']} s")
        true("No reply came in the last" in one.text, one.text)
        if arguments:
            true(one.result["latency_us"]["max"] > 1_000_000, "what was due since then has its age in the latency")
            same(one.result["client"]["suspect"], False, one.text)


@scenario(rows=modes.once)
def nobody_there_is_3(t):
    fake = Fake()
    fake.close()
    for arguments in ([], ["-R", "10"], ["--idle", "5"]):
        status, one = load(t, "-p", fake.port, "-d", "1s", *arguments)
        same((status, one.result), (UNREACHABLE, None), one.text)
        true("Connection refused" in one.text, one.text)


@scenario(rows=modes.once)
def wrong_usage_is_2_before_anything_is_sent(t):
    fake = t.closing(Fake())
    missing = os.path.join(t.closing(Folder()).path, "nowhere", "x.json")
    for arguments, word in ((["-R", "fast"], "no rate"), (["-R", "0"], "not between"), (["--arrival", "poisson"], "-R"),
                            (["-R", "5", "--arrival", "even"], "neither"), (["--mix", "PING"], "weight"),
                            (["--work", "cpu=1"], "cpu="), (["--mix", "PING:1", "--work", "cpu=1us"], "one of"),
                            (["--fail-if", "p98>1ms"], "no such figure"), (["--fail-if", "p99>5"], "5ms"),
                            (["--verify", "--", "INFO"], "not known"), (["--csv", missing], "nowhere"),
                            (["--html"], "needs a value: FILE"), (["--hgrm", "--csv", "x"], "needs a value: FILE"),
                            (["-d", "1s", "--ramp", "5s"], "--ramp"), (["-c", "1", "-t", "2"], "-t")):
        status, one = load(t, "-p", fake.port, *arguments)
        same((status, one.result), (USAGE, None), str(arguments))
        true(word in one.text, f"{arguments}: {one.text}")
    same(fake.asked, [], "requests sent")


@scenario(rows=modes.once)
def conditions_decide_the_exit_status(t):
    daemon = t.daemon()
    base = ["-p", daemon.port, "-c", 2, "-n", 50]
    status, one = load(t, *base, "--fail-if", "p50<1us,errors>0", "--fail-if", "throughput<1", "--", "SLEEP", 5)
    same((status, one.result["failed_if"]), (FINE, []), one.text)
    status, one = load(t, *base, "--fail-if", "p50>4ms,errors>0", "--fail-if", "throughput>0.001k", "--", "SLEEP", 5)
    same((status, len(one.result["failed_if"])), (FAILED, 2), one.text)
    true(one.result["failed_if"][0].startswith("p50>4ms: it is ") and "FAILED: p50>4ms" in one.text, one.text)
    status, one = load(t, *base, "--", "NOSUCH")
    same((status, one.result["requests"]["error_replies"], one.result["errors"]["error_reply"]), (FAILED, 50, 50))
    true(one.result["first_error"].startswith("ERR unknown command"), f"saw {one.result['first_error']!r}")


# --- what is sent -------------------------------------------------------------------------------------------------

@scenario(rows=modes.once)
def one_seed_is_one_sequence(t):
    def asked(seed, *arguments):
        fake = t.closing(Fake(lambda number, words: b"+OK\r\n"))
        fine(*load(t, "-p", fake.port, "-n", 300, "--seed", seed, "--mix", "PING:2,ECHO __rand_int__:1,GET __rand_int__:1",
                   *arguments))
        fake.close()
        return fake.asked
    for arguments in (["-c", 1], ["-c", 1, "-P", 7], ["-c", 1, "-R", "3k"], ["-c", 1, "-R", "3k", "--arrival", "poisson"]):
        first = asked(7, *arguments)
        same(len(first), 300)
        same(asked(7, *arguments), first, f"{arguments}: the same seed")
        true(asked(8, *arguments) != first, f"{arguments}: another seed")
    # Whichever thread or connection sends it, one by one or not: counted requests are the same ones.
    one = sorted(asked(7, "-c", 1))
    same(sorted(asked(7, "-c", 6, "-t", 3)), one, "several threads")
    same(sorted(asked(7, "-c", 2, "-P", 7)), one, "a pipeline")


@scenario(rows=modes.once)
def weights_and_drawn_values_are_kept(t):
    fake = t.closing(Fake(lambda number, words: b"+OK\r\n"))
    fine(*load(t, "-p", fake.port, "-c", 4, "-n", 2000, "-r", 500, "--mix", "PING:9,SET k:__rand_int__ 1:1"))
    drawn = [words[1] for words in fake.asked if words[0] == b"SET"]
    between(140, len(drawn), 260, "of 2,000, one in ten")
    true(all(len(key) == 14 and int(key[2:]) < 500 for key in drawn), str(drawn[:5]))
    true(len(set(drawn)) > 100, "values differ")


@scenario()
def connections_are_opened_anew(t):
    daemon = t.daemon()
    for arguments in ([], ["-R", "2k"], ["-P", 3]):
        before = daemon.info()["total_connections"]
        status, one = load(t, "-p", daemon.port, "-c", 4, "-n", 400, "--reconnect-every", 10, *arguments)
        fine(status, one)
        same(one.result["requests"]["ok"], 400)
        # 40 for the requests, some for connections that were opened once more or not at all, and for INFO
        opened = daemon.info()["total_connections"] - before
        between(38, opened, 60, f"{arguments}: connections")


@scenario(rows=modes.once)
def idle_connections_stand_there_until_the_end(t):
    daemon = t.daemon()
    one = Load(t, "-p", daemon.port, "-c", 2, "--idle", 300, "-d", "60s", "-R", 100)
    t.wait_until(lambda: daemon.info()["connected_clients"] >= 302, "300 idle clients and 2 that are not")
    t.wait_until(lambda: daemon.info()["total_commands"] > 50, "the load at work")
    one.signal()
    fine(one.wait(), one)
    same((one.result["config"]["idle"], one.result["idle_lost"]), (300, 0))
    hasty = t.daemon({"server.idle_timeout": "300ms"})
    status, one = load(t, "-p", hasty.port, "-c", 2, "--idle", 20, "-d", "2s")
    same((status, one.result["idle_lost"]), (FAILED, 20), one.text)
    true("LOST: 20 of 20 idle connections" in one.text, one.text)


@scenario(rows=modes.once)
def a_shape_of_work_and_a_unix_socket(t):
    path = os.path.join(t.closing(Folder()).path, "socket")
    t.daemon({"server.listen": f"unix:{path}"})
    status, one = load(t, "-s", path, "-c", 4, "-d", "1s", "--work", "cpu=10us wait=5ms reply=100", "--verify")
    fine(status, one)
    true(one.result["requests"]["ok"] > 10 and one.result["service_us"]["p50"] >= 5000, str(one.result["service_us"]))
    same((one.result["config"]["socket"], one.result["config"]["work"]), (path, "cpu=10us wait=5ms reply=100"))


# --- verification -------------------------------------------------------------------------------------------------

@scenario()
def right_answers_are_known(t):
    daemon = t.daemon({"commands.disable": "none"})
    mix = "PING:1,PING hi:1,ECHO a__rand_int__:1,SQUARE -7:1,PRIMES 1000:1,SLEEP 1:1,BLOCK 0:1,SPIN 10:1," \
          "WORK reply=9:1,SET s 1:1,INCR n:1,DECR n:1,INCRBY m 5:1,DECRBY n 2:1"
    for arguments in (["-n", 2000, "-P", 5], ["-n", 500, "-R", "1k", "--warmup", "200ms"], ["-d", "500ms"]):
        status, one = load(t, "-p", daemon.port, "-c", 6, "-t", 2, "--verify", "--mix", mix, *arguments)
        fine(status, one)
        same((one.result["errors"]["wrong_reply"], one.result["wrong_total"]), (0, None), one.text)


@scenario(rows=modes.once)
def a_server_that_lies_is_caught(t):
    answers = {b"PING": b"+PONG\r\n", b"ECHO": b"$5\r\nhello\r\n"}
    fake = t.closing(Fake(lambda number, words: b"+PANG\r\n" if number % 10 == 9 else answers[words[0]]))
    for arguments in (["-c", 3], ["-c", 1, "-P", 5], ["-c", 3, "-R", "1k"]):
        fake.asked.clear()
        status, one = load(t, "-p", fake.port, "-n", 200, "--verify", "--mix", "PING:1,ECHO hello:1", *arguments)
        true(status in (FAILED, SUSPECT), one.text)
        same((one.result["errors"]["wrong_reply"], one.result["requests"]["failed"]), (20, 20), one.text)
        same(one.result["requests"]["ok"], 180)
    fake.asked.clear()
    status, one = load(t, "-p", fake.port, "-n", 200, "--mix", "PING:1,ECHO hello:1")
    fine(status, one)
    # One client's echo to another
    crossed = t.closing(Fake(lambda number, words: b"$12\r\n000000000001\r\n"))
    status, one = load(t, "-p", crossed.port, "-n", 100, "--verify", "--", "ECHO", "__rand_int__")
    same((status, one.result["errors"]["wrong_reply"]), (FAILED, 100), one.text)


@scenario()
def lost_updates_are_caught(t):
    sound = t.daemon()
    status, one = load(t, "-p", sound.port, "-c", 8, "-n", 2000, "--verify", "--", "INCR", "n")
    fine(status, one)
    counted = []

    def lose(_number, words):
        """Every tenth update is acknowledged and lost."""
        if words[0] == b"INCR":
            counted.append(words)
        value = 5 + len(counted) - len(counted) // 10
        return b":%d\r\n" % value if words[0] == b"INCR" else b"$%d\r\n%d\r\n" % (len(str(value)), value)
    racy = t.closing(Fake(lose))
    status, one = load(t, "-p", racy.port, "-c", 8, "-n", 400, "--verify", "--", "INCR", "n")
    same((status, one.result["wrong_total"]),
         (FAILED, "counter 'n' moved by 360, but the answered requests make 400"), one.text)
    same((one.result["requests"]["failed"], one.result["errors"]["wrong_reply"]), (0, 1))


@scenario(rows=modes.once)
def a_stopped_server_is_seen_and_is_not_our_fault(t):
    """Stopped for a second in a load of four, at a fixed rate: a quarter of the requests were meant for that second."""
    daemon = t.daemon()
    one = Load(t, "-p", daemon.port, "-c", 8, "-d", "4s", "-R", 500, prepare=proc.go_first)
    before = daemon.info()["total_commands"]
    t.wait_until(lambda: daemon.info()["total_commands"] > before + 100, "the load at work")
    daemon.signal(signal.SIGSTOP)
    time.sleep(1)  # the fault itself
    daemon.signal(signal.SIGCONT)
    status = one.wait()
    same((status, one.result["client"]["suspect"]), (FINE, False), one.text)
    between(500_000, one.result["latency_us"]["p90"], 4_000_000, "p90 of the latency")
    true(one.result["latency_us"]["max"] >= 990_000, f"the longest: {one.result['latency_us']['max']}")
    true(one.result["service_us"]["p90"] < 500_000, "what was in the server's hands were eight requests")
