# SPDX-License-Identifier: Apache-2.0
"""Becomes a program that inherits listening sockets, as systemd would start it: descriptors from 3 on, and who they are
for and what they are called in the environment.

    activate.py DESCRIPTORS NAMES PROGRAM [ARGUMENT...]    (both lists as a:b:c; NAMES - is left out)"""

import os
import sys

FIRST = 3


def main():
    descriptors, names, *argv = sys.argv[1:]
    # Out of the way first: those that come may stand where others are to go.
    high = [os.dup2(int(descriptor), 200 + place) for place, descriptor in enumerate(descriptors.split(":"))]
    os.closerange(FIRST, 200)
    for place, descriptor in enumerate(high):
        os.dup2(descriptor, FIRST + place)
        os.close(descriptor)
    os.environ.setdefault("LISTEN_PID", str(os.getpid()))
    os.environ.setdefault("LISTEN_FDS", str(len(high)))
    if names != "-":
        os.environ["LISTEN_FDNAMES"] = names
    os.execv(argv[0], argv)


main()
