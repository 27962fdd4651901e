-- candidates: a death by SIGPIPE has no line, only a process without an end that was writing
-- signs: a_tags > 0 OR (a_writing > 0 AND a_ended = 0)
-- SPDX-License-Identifier: Apache-2.0
SELECT host, boot, process, sock, fd, t
FROM {clues}
WHERE violation = 'broken-pipe' AND {range}
UNION ALL
SELECT host, boot, process, a_sock AS sock, a_fd AS fd, a_t AS t
FROM
(
    SELECT host, boot, process, 0 AS a_sock, -1 AS a_fd, max(t) AS a_t
    FROM {clues}
    WHERE {range}
    GROUP BY host, boot, process
    HAVING max(writing) = 1 AND max(ended) = 0
)
