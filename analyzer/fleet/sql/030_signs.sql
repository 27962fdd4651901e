-- What each process did, in a few numbers per INSERT: enough to see which processes a report has to look at. Columns are neutral where a row does not
-- know: a report takes the largest, or of started and inherited the least. Two rows are of the same lines: that of all lines (`lines` of all), and
-- that of clues. first, last: wall. started, ended, inherited, unused: t. silent, gap, waited, close_wait: the longest. gone: how long a peer was gone
-- until the socket was closed, a very large number if only one of both is among these lines. The conditions of the rules on them are in the lines
-- "-- signs:" of analyzer/judge/violations/*.sql. Lines that were there before this table have one row per process, which says that it is to be looked at.
CREATE TABLE IF NOT EXISTS {database}.signs_local
(
    day Date,
    service String,
    version String,
    host String,
    boot String,
    process String,
    lines UInt64,
    first UInt64,
    last UInt64,
    processes UInt64,
    sockets UInt64,
    events UInt64,
    pid UInt32,
    ppid UInt32,
    pidns UInt64,
    started UInt64,
    ended UInt64,
    inherited UInt64,
    tags UInt64,
    leaks UInt64,
    losses UInt64,
    writing UInt64,
    executed UInt64,
    shut UInt64,
    gap UInt64,
    silent UInt64,
    unused UInt64,
    waited UInt64,
    close_wait UInt64,
    gone UInt64,
    cookies UInt64,
    in_use UInt64,
    no_ports UInt64
)
ENGINE = ReplacingMergeTree()
PARTITION BY day
ORDER BY (service, host, process, first, last, lines)
{ttl day};
CREATE MATERIALIZED VIEW IF NOT EXISTS {database}.signs_of_events TO {database}.signs_local AS
SELECT day, service, version, host, boot, process,
    sum(sipHash64(file, offset)) AS lines,
    min(wall) AS first,
    max(wall) AS last,
    countIf(ev = 'process') AS processes,
    countIf(ev = 'fd' AND from_state IN ('', 'null') AND to_state NOT IN ('', 'null') AND kind IN ('', 'socket')
        AND op NOT IN ('fork', 'execve', 'attach', 'recvmsg', 'recvmmsg')) AS sockets,
    countIf(ev = 'fd') AS events,
    toUInt32(0) AS pid,
    toUInt32(0) AS ppid,
    toUInt64(0) AS pidns,
    18446744073709551615 AS started,
    maxIf(t, ev IN ('exit', 'detach')) AS ended,
    18446744073709551615 AS inherited,
    countIf(violation != '') AS tags,
    toUInt64(0) AS leaks,
    toUInt64(0) AS losses,
    toUInt64(0) AS writing,
    toUInt64(0) AS executed,
    countIf(op = 'shutdown') AS shut,
    toUInt64(0) AS gap,
    toUInt64(0) AS silent,
    toUInt64(0) AS unused,
    toUInt64(0) AS waited,
    toUInt64(0) AS close_wait,
    toUInt64(0) AS gone,
    toUInt64(0) AS cookies,
    countIf(errno = 'EADDRINUSE') AS in_use,
    countIf(errno = 'EADDRNOTAVAIL' AND violation != '') AS no_ports
FROM {database}.events_local
GROUP BY day, service, version, host, boot, process;
CREATE MATERIALIZED VIEW IF NOT EXISTS {database}.signs_of_clues TO {database}.signs_local AS
SELECT day, service, version, host, boot, process,
    sum(sipHash64(file, offset, 'clue')) AS lines,
    min(wall) AS first,
    max(wall) AS last,
    toUInt64(0) AS processes,
    toUInt64(0) AS sockets,
    toUInt64(0) AS events,
    maxIf(pid, ev = 'process') AS pid,
    maxIf(toUInt32(visitParamExtractUInt(line, 'ppid')), ev = 'process') AS ppid,
    maxIf(visitParamExtractUInt(line, 'pidns'), ev = 'process') AS pidns,
    min(if(ev = 'process', t, 18446744073709551615)) AS started,
    toUInt64(0) AS ended,
    min(if(position(line, '"inherited":true') > 0, t, 18446744073709551615)) AS inherited,
    toUInt64(0) AS tags,
    countIf(ev = 'leak' OR position(line, '"note":"interpreter-end"') > 0) AS leaks,
    countIf(ev IN ('lost', 'round') OR visitParamExtractUInt(line, 'dropped') > 0) AS losses,
    countIf(position(line, '"writing":1') > 0) AS writing,
    countIf(position(line, '"inherited":true') > 0 AND op = 'execve' AND fd > 2) AS executed,
    toUInt64(0) AS shut,
    max(visitParamExtractUInt(line, 'gap')) AS gap,
    maxIf(toUInt64(t - visitParamExtractUInt(line, 'last')), to_state = 'CLOSED' AND from_state NOT IN ('', 'null') AND errno = ''
        AND visitParamExtractUInt(line, 'last') > 0 AND t > visitParamExtractUInt(line, 'last')) AS silent,
    maxIf(t, to_state = 'CLOSED' AND from_state NOT IN ('', 'null', 'LISTENING') AND errno = '' AND visitParamExtractUInt(line, 'last') = 0) AS unused,
    maxIf(visitParamExtractUInt(line, 'waited'), visitParamExtractUInt(line, 'timeout') = 0) AS waited,
    max(visitParamExtractUInt(line, 'close_wait')) AS close_wait,
    toUInt64(0) AS gone,
    countIf(position(line, '"cookie":') > 0) AS cookies,
    toUInt64(0) AS in_use,
    toUInt64(0) AS no_ports
FROM {database}.events_local
WHERE ev IN ('process', 'lost', 'leak', 'round', 'exit')
    OR position(line, '"inherited":true') > 0
    OR position(line, '"cookie":') > 0
    OR position(line, '"gap":') > 0
    OR position(line, '"waited":') > 0
    OR position(line, '"close_wait":') > 0
    OR position(line, '"dropped":') > 0
    OR position(line, '"writing":1') > 0
    OR position(line, '"note":"interpreter-end"') > 0
    OR (to_state = 'CLOSED' AND from_state NOT IN ('', 'null', 'LISTENING') AND t > visitParamExtractUInt(line, 'last') + 100000000)
GROUP BY day, service, version, host, boot, process;
CREATE MATERIALIZED VIEW IF NOT EXISTS {database}.signs_of_peers TO {database}.signs_local AS
SELECT day, service, version, host, boot, process,
    sum(sipHash64(file, offset, 'peer')) AS lines,
    min(wall) AS first,
    max(wall) AS last,
    toUInt64(0) AS processes,
    toUInt64(0) AS sockets,
    toUInt64(0) AS events,
    toUInt32(0) AS pid,
    toUInt32(0) AS ppid,
    toUInt64(0) AS pidns,
    18446744073709551615 AS started,
    toUInt64(0) AS ended,
    18446744073709551615 AS inherited,
    toUInt64(0) AS tags,
    toUInt64(0) AS leaks,
    toUInt64(0) AS losses,
    toUInt64(0) AS writing,
    toUInt64(0) AS executed,
    toUInt64(0) AS shut,
    toUInt64(0) AS gap,
    toUInt64(0) AS silent,
    toUInt64(0) AS unused,
    toUInt64(0) AS waited,
    toUInt64(0) AS close_wait,
    arrayReduce('max', arrayMap((kept, some) -> if(some > 0, toUInt64(kept), toUInt64(0)),
        tupleElement(sumMap(array(sock),
            array(multiIf(to_state = 'CLOSED' AND errno = '', toInt64(t), from_state IN ('CLOSE_WAIT', 'CLOSING'), toInt64(0), -toInt64(t))),
            array(toUInt64(NOT (errno = '' AND to_state = 'CLOSED' AND from_state IN ('CLOSED', 'BOUND'))))) AS peers, 2),
        tupleElement(peers, 3))) AS gone,
    toUInt64(0) AS cookies,
    toUInt64(0) AS in_use,
    toUInt64(0) AS no_ports
FROM {database}.events_local
WHERE sock > 0 AND ev = 'fd' AND (from_state IN ('CLOSE_WAIT', 'CLOSING') OR to_state IN ('CLOSE_WAIT', 'CLOSING')
    OR (to_state IN ('CLOSED', 'BOUND') AND errno != '' AND from_state NOT IN ('', 'null', 'CLOSED', 'BOUND'))
    OR (to_state = 'CLOSED' AND errno = '' AND from_state IN ('CLOSED', 'BOUND')))
GROUP BY day, service, version, host, boot, process;
INSERT INTO {database}.signs_local (day, service, version, host, boot, process, lines, first, last, processes, sockets, events, pid, ppid, pidns,
    started, ended, inherited, tags, cookies, in_use, no_ports)
SELECT day, service, version, host, boot, process, sum(sipHash64(file, offset)), min(wall), max(wall), countIf(ev = 'process'),
    countIf(ev = 'fd' AND from_state IN ('', 'null') AND to_state NOT IN ('', 'null') AND kind IN ('', 'socket')
        AND op NOT IN ('fork', 'execve', 'attach', 'recvmsg', 'recvmmsg')),
    countIf(ev = 'fd'), maxIf(pid, ev = 'process'), maxIf(toUInt32(visitParamExtractUInt(line, 'ppid')), ev = 'process'),
    maxIf(visitParamExtractUInt(line, 'pidns'), ev = 'process'), 18446744073709551615, maxIf(t, ev IN ('exit', 'detach')), 18446744073709551615,
    1, 1, countIf(errno = 'EADDRINUSE'), countIf(errno = 'EADDRNOTAVAIL' AND violation != '')
FROM {database}.events_local
GROUP BY day, service, version, host, boot, process
SETTINGS max_bytes_before_external_group_by = 2000000000;
CREATE TABLE IF NOT EXISTS {database}.signs AS {database}.signs_local
ENGINE = {across signs_local sipHash64(host)};
