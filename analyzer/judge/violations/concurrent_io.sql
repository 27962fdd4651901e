-- candidates: its line is told as it is, but which call the other thread was in stands in a later one
-- SPDX-License-Identifier: Apache-2.0
SELECT host, boot, process, sock, fd, t
FROM {clues}
WHERE violation = 'concurrent-io' AND {range}
