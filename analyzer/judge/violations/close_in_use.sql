-- candidates: a child that shuts down what its parent uses has no tag, and counts only once the parent's call fails
-- signs: a_tags > 0 OR (a_inherited < 18446744073709551615 AND a_shut > 0)
-- SPDX-License-Identifier: Apache-2.0
SELECT host, boot, process, sock, fd, t
FROM {clues}
WHERE violation = 'close-in-use' AND {range}
UNION ALL
SELECT host, boot, process, sock, a_fd AS fd, a_t AS t
FROM
(
    SELECT host, boot, process, sock, max(fd) AS a_fd, max(t) AS a_t
    FROM {clues}
    WHERE (inherited = 1 OR op = 'shutdown') AND sock > 0 AND {range}
    GROUP BY host, boot, process, sock
    HAVING max(inherited) = 1 AND max(CASE WHEN op = 'shutdown' THEN 1 ELSE 0 END) = 1
)
