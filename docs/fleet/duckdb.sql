-- The view `clues`, on which the queries of analyzer/judge/violations/*.sql stand, for DuckDB: of the file traces.ndjson, which
-- `socksan export --format=ndjson` writes. A process is known by its pid there. See docs/fleet.md.
-- SPDX-License-Identifier: Apache-2.0
CREATE OR REPLACE VIEW lines AS
SELECT * FROM read_json('traces.ndjson', format = 'newline_delimited', columns = {
    ev: 'VARCHAR', t: 'BIGINT', pid: 'BIGINT', wall: 'DOUBLE', host: 'VARCHAR', boot: 'VARCHAR', program: 'VARCHAR', ppid: 'BIGINT',
    pidns: 'BIGINT', nofile: 'DOUBLE', op: 'VARCHAR', fd: 'BIGINT', sock: 'BIGINT', "from": 'VARCHAR', "to": 'VARCHAR', errno: 'VARCHAR',
    violation: 'VARCHAR', "local": 'VARCHAR', peer: 'VARCHAR', note: 'VARCHAR', dropped: 'BIGINT', gap: 'BIGINT', waited: 'BIGINT',
    timeout: 'BIGINT', close_wait: 'BIGINT', "last": 'BIGINT', cookie: 'VARCHAR', inherited: 'BOOLEAN', writing: 'BIGINT'});
CREATE OR REPLACE VIEW clues AS
SELECT home.host AS host, home.boot AS boot, pid AS process, program, CAST(wall * 1000000000 AS BIGINT) AS wall, CAST(t AS HUGEINT) AS t, ev,
    coalesce(op, '') AS op, coalesce(fd, -1) AS fd, coalesce(sock, 0) AS sock, coalesce("from", '') AS from_state,
    coalesce("to", '') AS to_state, coalesce(errno, '') AS errno, coalesce(violation, '') AS violation, coalesce("local", '') AS local,
    coalesce(peer, '') AS peer, coalesce(note, '') AS note, pid, ppid, pidns, nofile, coalesce(dropped, 0) AS dropped,
    coalesce(gap, 0) AS gap, coalesce(waited, 0) AS waited, coalesce(timeout, 0) AS timeout, coalesce(close_wait, 0) AS close_wait,
    coalesce("last", 0) AS last, coalesce(cookie, '') AS cookie, CAST(coalesce(inherited, false) AS INTEGER) AS inherited,
    CAST(coalesce("to" IN ('CLOSE_WAIT', 'CLOSING') OR (ev = 'fd' AND errno != '' AND "from" NOT IN ('CLOSED', 'BOUND')
        AND "to" IN ('CLOSED', 'BOUND')), false) AS INTEGER) AS gone,
    CAST(coalesce("to" = 'CLOSED' AND "from" IS NOT NULL AND errno IS NULL, false) AS INTEGER) AS closes,
    coalesce(writing, 0) AS writing, CAST(ev IN ('exit', 'detach') AS INTEGER) AS ended
FROM lines
LEFT JOIN (SELECT pid, any_value(host) AS host, any_value(boot) AS boot FROM lines WHERE ev = 'process' GROUP BY pid) AS home USING (pid);
