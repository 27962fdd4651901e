-- candidates: who made it, and whether the program goes on to use it, stands in other lines and in other traces
-- signs: a_executed > 0
-- SPDX-License-Identifier: Apache-2.0
SELECT host, boot, process, sock, fd, t
FROM {clues}
WHERE inherited = 1 AND op = 'execve' AND fd > 2 AND {range}
