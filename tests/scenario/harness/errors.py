# SPDX-License-Identifier: Apache-2.0
"""How a scenario ends when it does not end well, and the asserts that say what they saw."""


class Failed(AssertionError):
    """The daemon did not do what it must."""


class Skipped(Exception):
    """Something that the scenario needs is missing; the text says what."""


def same(seen, expected, what=""):
    if seen != expected:
        raise Failed(f"{what + ': ' if what else ''}expected {shown(expected)}, saw {shown(seen)}")


def true(condition, what):
    if not condition:
        raise Failed(what)


def between(least, seen, most, what):
    if not least <= seen <= most:
        raise Failed(f"{what}: expected {least} to {most}, saw {seen}")


def shown(value):
    text = repr(value)
    return text if len(text) <= 400 else f"{text[:300]}...{text[-80:]}"
