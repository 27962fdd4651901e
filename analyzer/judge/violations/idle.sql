-- candidates: when a connection was made that never had a byte stands in a line that is no clue
-- signs: a_gap > {limit} OR a_silent > {limit} OR (a_unused > 0 AND (least(a_started, a_inherited) = 18446744073709551615 OR a_inherited < 18446744073709551615 OR a_unused > a_started + {limit}))
-- SPDX-License-Identifier: Apache-2.0
SELECT host, boot, process, sock, fd, t
FROM {clues}
WHERE (gap > {limit} OR (closes = 1 AND last > 0 AND t > last + {limit})) AND {range}
UNION ALL
SELECT host, boot, process, a_sock AS sock, a_fd AS fd, a_t AS t
FROM
(
    SELECT host, boot, process, 0 AS a_sock, -1 AS a_fd, max(t) AS a_t
    FROM {clues}
    WHERE (ev = 'process' OR (closes = 1 AND last = 0 AND from_state != 'LISTENING')) AND {range}
    GROUP BY host, boot, process
    HAVING max(closes) = 1
       AND max(CASE WHEN closes = 1 THEN t ELSE 0 END) > min(CASE WHEN ev = 'process' THEN t ELSE 0 END) + {limit}
)
