-- candidates: what a process without an end had open, and whether another one took it over, stands in many lines
-- signs: a_leaks > 0 OR (a_ended = 0 AND a_last < {quiet})
-- SPDX-License-Identifier: Apache-2.0
SELECT host, boot, process, sock, fd, t
FROM {clues}
WHERE (ev = 'leak' OR note = 'interpreter-end') AND {range}
UNION ALL
SELECT host, boot, process, a_sock AS sock, a_fd AS fd, a_t AS t
FROM
(
    SELECT host, boot, process, 0 AS a_sock, -1 AS a_fd, max(t) AS a_t
    FROM {clues}
    WHERE {range}
    GROUP BY host, boot, process
    HAVING max(ended) = 0 AND max(wall) < {quiet}
)
