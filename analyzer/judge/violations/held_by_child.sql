-- candidates: who closed it when, and who used it, stands in the lines of its whole family
-- signs: a_inherited < 18446744073709551615 AND (a_ended = 0 OR a_ended > a_inherited + {limit})
-- SPDX-License-Identifier: Apache-2.0
SELECT host, boot, process, a_sock AS sock, a_fd AS fd, a_t AS t
FROM
(
    SELECT host, boot, process, max(sock) AS a_sock, max(fd) AS a_fd, min(CASE WHEN inherited = 1 THEN t ELSE 9223372036854775807 END) AS a_t
    FROM {clues}
    WHERE (inherited = 1 OR ended = 1) AND {range}
    GROUP BY host, boot, process
    HAVING max(inherited) = 1
      AND (max(ended) = 0 OR max(CASE WHEN ended = 1 THEN t ELSE 0 END)
                           > min(CASE WHEN inherited = 1 THEN t ELSE 9223372036854775807 END) + {limit})
)
