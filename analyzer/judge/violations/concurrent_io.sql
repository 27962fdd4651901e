-- candidates: its line is told as it is, but which call the other thread was in stands in a later one
-- signs: a_tags > 0
-- SPDX-License-Identifier: Apache-2.0
SELECT host, boot, process, sock, fd, t
FROM {clues}
WHERE violation = 'concurrent-io' AND {range}
