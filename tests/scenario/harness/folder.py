# SPDX-License-Identifier: Apache-2.0
"""A temporary folder that is gone when closed."""

import tempfile


class Folder:
    """`path` is where it is."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="scenario-")
        self.path = self._folder.name

    def close(self):
        self._folder.cleanup()
