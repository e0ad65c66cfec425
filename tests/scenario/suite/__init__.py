# SPDX-License-Identifier: Apache-2.0
"""The scenarios, a file per noun. Importing a file registers what it holds."""
