# SPDX-License-Identifier: Apache-2.0
"""What scenarios are written with: a private daemon, RESP clients one by one and by the thousand, waits with deadlines."""
