-- candidates: only where a process runs on is it known what its sockets do: those of this machine
-- signs: boot = {here} AND a_ended = 0
-- SPDX-License-Identifier: Apache-2.0
SELECT host, boot, process, a_sock AS sock, a_fd AS fd, a_t AS t
FROM
(
    SELECT host, boot, process, 0 AS a_sock, -1 AS a_fd, max(t) AS a_t
    FROM {clues}
    WHERE boot = {here} AND {range}
    GROUP BY host, boot, process
    HAVING max(ended) = 0
)
