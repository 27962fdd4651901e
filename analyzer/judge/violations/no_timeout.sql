-- exact
-- signs: a_waited > {limit}
-- SPDX-License-Identifier: Apache-2.0
SELECT host, boot, process, sock, a_fd AS fd, a_t AS t
FROM
(
    SELECT host, boot, process, sock, max(fd) AS a_fd, min(CASE WHEN waited > {limit} THEN t ELSE 9223372036854775807 END) AS a_t
    FROM {clues}
    WHERE ((waited > {limit} AND timeout = 0) OR inherited = 1) AND sock > 0 AND {range}
    GROUP BY host, boot, process, sock
    HAVING max(inherited) = 0
)
