# SPDX-License-Identifier: Apache-2.0
"""A temporary folder that is gone when closed."""

import tempfile


class Folder:
    """`path` is where it is: below TMPDIR, unless another parent is wanted."""

    def __init__(self, parent=None):
        self._folder = tempfile.TemporaryDirectory(prefix="scenario-", dir=parent)
        self.path = self._folder.name

    def close(self):
        self._folder.cleanup()
