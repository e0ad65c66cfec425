#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the fuzzers for so many seconds each, from the committed seeds and from what earlier runs in the same work
directory have found. What a fuzzer ends itself over - a crash, a finding of a sanitizer or of the harness's own, a leak,
an input that takes too long or too much memory - is a failure, and the file that shows it again is named:
`tests/fuzz/replay_NAME FILE`.

Ends with a table and the count.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
GRACE_S = 120  # beyond its time, for reading what there is and for the last input
TIMEOUT_S = 20  # one input may take so long, on a busy machine
FLAGS = [f"-timeout={TIMEOUT_S}", "-rss_limit_mb=1024", "-malloc_limit_mb=600", "-max_len=4096",
         "-print_final_stats=1", "-reduce_inputs=1"]
SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:detect_stack_use_after_return=1:quarantine_size_mb=16",
    "UBSAN_OPTIONS": "print_stacktrace=1",
}
PROGRESS = re.compile(r"^#\d+\s+\w+\s+cov: (\d+) ft: (\d+) corp: (\d+)/", re.MULTILINE)
EXECUTIONS = re.compile(r"^stat::number_of_executed_units:\s*(\d+)", re.MULTILINE)
ARTIFACT = re.compile(r"Test unit written to (\S+)")


class Fuzzer:
    """One harness: its program, its directories, and how it went."""

    def __init__(self, program, work):
        self.name = program.name.removeprefix("fuzz_")
        self.program = program
        self.seeds = HERE / "corpus" / self.name
        self.work = work / self.name
        self.log = work / f"{self.name}.log"
        self.wrong = None
        self.told = ""
        self.text = ""
        self.child = None

    def command(self, seconds):
        words = [str(self.program), f"-max_total_time={seconds}", f"-artifact_prefix={self.work}/", *FLAGS]
        dictionary = HERE / f"{self.name}.dict"
        if dictionary.exists():
            words.append(f"-dict={dictionary}")
        return [*words, str(self.work / "found"), str(self.seeds)]

    def run(self, seconds):
        (self.work / "found").mkdir(parents=True, exist_ok=True)
        if not self.seeds.is_dir() or not any(self.seeds.iterdir()):
            self.wrong = f"there are no seeds in {self.seeds}"
            return
        status = self.fuzz(seconds)
        if self.clock_jumped():
            self.told = ", once more, since the clock had jumped"
            status = self.fuzz(seconds)
        self.judge(status)

    def fuzz(self, seconds):
        with open(self.log, "wb") as log:
            self.child = subprocess.Popen(self.command(seconds), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                          env={**os.environ, **SANITIZERS})
            try:
                status = self.child.wait(timeout=seconds + GRACE_S)
            except subprocess.TimeoutExpired:
                status = "no end"
            finally:
                self.end()
        self.text = self.log.read_text(errors="replace")
        return status

    def clock_jumped(self):
        """Whether it ended over an input that takes no time at all, three times: libFuzzer measures by the wall clock, and
        takes for time spent what the clock is set forward, or what a virtual machine stands still."""
        artifact = ARTIFACT.search(self.text)
        if not artifact or "ERROR: libFuzzer: timeout" not in self.text:
            return False
        for _ in range(3):
            began = time.monotonic()
            try:
                again = subprocess.run([str(self.program), artifact.group(1)], stdin=subprocess.DEVNULL, capture_output=True,
                                       env={**os.environ, **SANITIZERS}, timeout=TIMEOUT_S, check=False)
            except subprocess.TimeoutExpired:
                return False
            if again.returncode != 0 or time.monotonic() - began > TIMEOUT_S / 10:
                return False
        return True

    def end(self):
        if self.child is not None and self.child.poll() is None:
            self.child.kill()
            self.child.wait()

    def judge(self, status):
        artifact = ARTIFACT.search(self.text)
        if artifact:
            self.wrong = f"see {artifact.group(1)}"
        elif status != 0:
            self.wrong = f"it ended with {status}"
        elif not self.executions():
            self.wrong = "it has run nothing"
        if self.wrong:
            self.wrong += f", log {self.log}"

    def executions(self):
        found = EXECUTIONS.search(self.text)
        return int(found.group(1)) if found else 0

    def row(self):
        progress = PROGRESS.findall(self.text)
        covered, features, inputs = progress[-1] if progress else ("-", "-", "-")
        return f"{self.name:12} {self.executions():12,} {covered:>6} {features:>6} {inputs:>6}  {self.wrong or 'ok'}{self.told}"


def excerpt(text):
    """What the log says about a finding: from its first line on, without libFuzzer's own frames."""
    lines = text.splitlines()
    first = next((i for i, line in enumerate(lines)
                  if re.search(r"ERROR: |runtime error: |fuzz_\w+\.c:\d+: |Assert", line)), max(0, len(lines) - 20))
    return [line[:300] for line in lines[first:first + 40] if "fuzzer::" not in line]


def run_all(fuzzers, seconds, jobs):
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        futures = {pool.submit(one.run, seconds): one for one in fuzzers}
        try:
            for future in concurrent.futures.as_completed(futures):
                future.result()
                one = futures[future]
                print(f"{'FAIL' if one.wrong else 'ok'}: {one.name}", flush=True)
                if one.wrong:
                    print("\n".join("    " + line for line in excerpt(one.text)), flush=True)
        except BaseException:  # interrupted: the pool would go on with all the others
            pool.shutdown(wait=False, cancel_futures=True)
            for one in fuzzers:
                one.end()
            raise


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", required=True, type=pathlib.Path, help="the directory with fuzz_NAME")
    parser.add_argument("--work", required=True, type=pathlib.Path, help="for logs, findings and what else is kept")
    parser.add_argument("--seconds", type=int, default=30, help="for each (%(default)s)")
    parser.add_argument("--jobs", type=int, default=2, help="at a time (%(default)s)")
    parser.add_argument("names", nargs="*", help="only these")
    options = parser.parse_args()

    programs = sorted(path for path in options.programs.glob("fuzz_*") if path.suffix == "" and path.is_file())
    fuzzers = [Fuzzer(path.resolve(), options.work.resolve()) for path in programs]
    unknown = set(options.names) - {one.name for one in fuzzers}
    if unknown or not fuzzers:
        sys.exit(f"no such fuzzer in {options.programs}: {', '.join(sorted(unknown)) or 'none is built'}")
    if options.names:
        fuzzers = [one for one in fuzzers if one.name in options.names]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    began = time.monotonic()
    run_all(fuzzers, options.seconds, options.jobs)
    print(f"\n{'harness':12} {'executions':>12} {'cov':>6} {'ft':>6} {'inputs':>6}  after {time.monotonic() - began:.0f} s")
    for one in fuzzers:
        print(one.row())
    failed = sum(1 for one in fuzzers if one.wrong)
    print(f"\n{len(fuzzers) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


sys.exit(main())
