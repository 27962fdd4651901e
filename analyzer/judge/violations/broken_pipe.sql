-- candidates: a death by SIGPIPE has no line, only a process without an end that was writing
-- SPDX-License-Identifier: Apache-2.0
SELECT host, boot, process, sock, fd, t
FROM {clues}
WHERE violation = 'broken-pipe' AND {range}
UNION ALL
SELECT host, boot, process, 0 AS sock, -1 AS fd, max(t) AS t
FROM {clues}
WHERE {range}
GROUP BY host, boot, process
HAVING max(writing) = 1 AND max(ended) = 0
