-- The questions of `socksan fleet top`, a view each. `day` is what --since and --until select by.
CREATE VIEW IF NOT EXISTS {database}.top_growth AS
SELECT day, service, place, sum(left_open) AS left_open, uniqExact(process) AS processes, uniqExact(host) AS hosts
FROM
(
    SELECT day, service, host, process, stack, count() AS left_open
    FROM {database}.clues WHERE ev = 'leak' AND stack != 0
    GROUP BY day, service, host, process, stack
)
GLOBAL ANY LEFT JOIN (SELECT host, process, stack, place FROM {database}.places) USING (host, process, stack)
GROUP BY day, service, place;
CREATE VIEW IF NOT EXISTS {database}.top_new AS
SELECT max(day) AS day, service, code, place, argMin(version, wall) AS first_version, toDateTime(intDiv(min(wall), 1000000000)) AS first_seen,
    count() AS times, uniqExact(host) AS hosts
FROM
(
    SELECT day, wall, service, version, host, process, stack, violation AS code FROM {database}.clues WHERE violation != ''
)
GLOBAL ANY LEFT JOIN (SELECT host, process, stack, place FROM {database}.places) USING (host, process, stack)
GROUP BY service, code, place;
CREATE VIEW IF NOT EXISTS {database}.top_limit AS
SELECT max(day) AS day, service, host, program, process, max(fd) + 1 AS highest, max(nofile) AS nofile_limit,
    round(100 * highest / nofile_limit, 1) AS percent
FROM {database}.clues
GROUP BY service, host, program, process
HAVING nofile_limit > 0;
CREATE VIEW IF NOT EXISTS {database}.top_close_wait AS
SELECT day, service, peer_host, count() AS connections, countIf(kept > 5) AS kept_5_s, round(max(kept), 1) AS longest_s
FROM
(
    SELECT max(day) AS day, service, process, sock, any_peer AS peer_host, kept FROM
    (
        SELECT max(day) AS day, service, host, process, sock,
            extract(anyIf(peer, peer != ''), '^(.*?)(?::[0-9]+)?$') AS any_peer,
            (toFloat64(max(t)) - toFloat64(minIf(t, to_state = 'CLOSE_WAIT'))) / 1000000000 AS kept
        FROM {database}.events
        WHERE ev IN ('fd', 'leak') AND (host, process, sock) GLOBAL IN
            (SELECT host, process, sock FROM {database}.clues WHERE to_state = 'CLOSE_WAIT')
        GROUP BY service, host, process, sock
    )
    GROUP BY service, process, sock, any_peer, kept
)
GROUP BY day, service, peer_host;
CREATE VIEW IF NOT EXISTS {database}.top_ports AS
SELECT day, service, place, count() AS connections, uniqExact(host) AS hosts, uniqExact(process) AS processes
FROM
(
    SELECT max(day) AS day, service, host, process, sock, maxIf(stack, op = 'socket') AS stack
    FROM {database}.events
    WHERE ev = 'fd' AND op IN ('socket', 'connect') AND sock > 0
    GROUP BY service, host, process, sock
    HAVING max(op = 'connect') = 1 AND max(substring(peer, 1, 5) = 'unix:') = 0
)
GLOBAL ANY LEFT JOIN (SELECT host, process, stack, place FROM {database}.places) USING (host, process, stack)
GROUP BY day, service, place;
