-- exact
-- signs: a_tags > 0
-- SPDX-License-Identifier: Apache-2.0
SELECT host, boot, process, sock, a_fd AS fd, a_t AS t
FROM
(
    SELECT host, boot, process, sock, max(fd) AS a_fd, min(CASE WHEN violation = 'listen-unbound' THEN t ELSE 9223372036854775807 END) AS a_t
    FROM {clues}
    WHERE violation IN ('listen-unbound', 'address-in-use') AND {range}
    GROUP BY host, boot, process, sock
    HAVING max(CASE WHEN violation = 'listen-unbound' THEN 1 ELSE 0 END) = 1
      AND min(CASE WHEN violation = 'listen-unbound' THEN t ELSE 9223372036854775807 END)
        < min(CASE WHEN violation = 'address-in-use' THEN t ELSE 9223372036854775807 END)
)
