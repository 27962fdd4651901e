-- candidates: only where a process runs on is it known what its sockets do: those of this machine
-- SPDX-License-Identifier: Apache-2.0
SELECT host, boot, process, 0 AS sock, -1 AS fd, max(t) AS t
FROM {clues}
WHERE boot = {here} AND {range}
GROUP BY host, boot, process
HAVING max(ended) = 0
