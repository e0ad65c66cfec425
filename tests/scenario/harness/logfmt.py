# SPDX-License-Identifier: Apache-2.0
"""Log lines of the daemon as dictionaries, whichever style they are in."""

import json
import re

_WORD = re.compile(r'([A-Za-z_]+)=("(?:[^"\\]|\\.)*"|[^ ]*)')

# Written by the log thread about itself: not among what the producers attempted.
OWN_EVENTS = {"drained", "log_dropped", "log_lost", "log_corrupt", "sink_failed", "sink_recovered", "reopened",
              "reopen_failed"}


def parse(line):
    """The fields of one line, as texts; None when it is none of the daemon's."""
    return fields(line) if line.startswith(('{"ts":', "ts=")) else None


def fields(line):
    """The same of a line that is known to be one, or of a message, which is one without time and level."""
    if line.startswith("{"):
        return {name: str(value) for name, value in json.loads(line).items()}
    return {name: value[1:-1] if value[:1] == '"' else value for name, value in _WORD.findall(line)}
