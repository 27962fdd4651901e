-- candidates: a connection that comes back, or that others have too, needs all of its lines
-- signs: a_close_wait > {limit} OR a_gone > {limit}
-- SPDX-License-Identifier: Apache-2.0
SELECT host, boot, process, sock, a_fd AS fd, a_t AS t
FROM
(
    SELECT host, boot, process, sock, max(fd) AS a_fd, max(t) AS a_t
    FROM {clues}
    WHERE (gone = 1 OR close_wait > 0 OR to_state = 'CLOSED') AND sock > 0 AND {range}
    GROUP BY host, boot, process, sock
    HAVING max(close_wait) > {limit}
      OR (max(gone) = 1 AND max(CASE WHEN closes = 1 THEN t ELSE 0 END) = 0)
      OR (max(gone) = 1 AND max(CASE WHEN closes = 1 THEN t ELSE 0 END)
                          > min(CASE WHEN gone = 1 THEN t ELSE 9223372036854775807 END) + {limit})
      OR (max(gone) = 0 AND max(CASE WHEN from_state IN ('CLOSE_WAIT', 'CLOSING') THEN 1 ELSE 0 END) = 1)
)
