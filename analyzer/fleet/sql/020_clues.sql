-- The lines that a rule may need to know of, with what the rules ask of them: a small part of all. gone: it tells that the peer is gone.
-- closes: it ends a descriptor. ended: what is known of the process ends. See analyzer/judge/violations/*.sql.
CREATE TABLE IF NOT EXISTS {database}.clues_local
(
    service String,
    version String,
    host String,
    boot String,
    process String,
    program String,
    file String,
    offset UInt64,
    wall UInt64,
    day Date,
    t UInt64,
    ev String,
    op String,
    fd Int32,
    sock UInt64,
    from_state String,
    to_state String,
    errno String,
    violation String,
    stack UInt64,
    local String,
    peer String,
    note String,
    pid UInt32,
    ppid UInt32,
    pidns UInt64,
    nofile UInt64,
    dropped UInt64,
    gap UInt64,
    waited UInt64,
    timeout UInt64,
    close_wait UInt64,
    last UInt64,
    cookie String,
    inherited UInt8,
    gone UInt8,
    closes UInt8,
    writing UInt8,
    ended UInt8
)
ENGINE = ReplacingMergeTree()
PARTITION BY day
ORDER BY (service, host, process, sock, t, file, offset)
{ttl day};
CREATE MATERIALIZED VIEW IF NOT EXISTS {database}.clues_of_events TO {database}.clues_local AS
SELECT service, version, host, boot, process, program, file, offset, wall, day, t, ev, op, fd, sock, from_state, to_state, errno, violation,
    stack, local, peer,
    visitParamExtractString(line, 'note') AS note,
    pid,
    toUInt32(visitParamExtractUInt(line, 'ppid')) AS ppid,
    visitParamExtractUInt(line, 'pidns') AS pidns,
    toUInt64(visitParamExtractFloat(line, 'nofile')) AS nofile,
    visitParamExtractUInt(line, 'dropped') AS dropped,
    visitParamExtractUInt(line, 'gap') AS gap,
    visitParamExtractUInt(line, 'waited') AS waited,
    visitParamExtractUInt(line, 'timeout') AS timeout,
    visitParamExtractUInt(line, 'close_wait') AS close_wait,
    visitParamExtractUInt(line, 'last') AS last,
    visitParamExtractString(line, 'cookie') AS cookie,
    position(line, '"inherited":true') > 0 AS inherited,
    to_state IN ('CLOSE_WAIT', 'CLOSING')
        OR (ev = 'fd' AND errno != '' AND from_state NOT IN ('', 'null', 'CLOSED', 'BOUND') AND to_state IN ('CLOSED', 'BOUND')) AS gone,
    to_state = 'CLOSED' AND from_state NOT IN ('', 'null') AND errno = '' AS closes,
    position(line, '"writing":1') > 0 AS writing,
    ev IN ('exit', 'detach') AS ended
FROM {database}.events_local
WHERE ev IN ('process', 'exit', 'detach', 'lost', 'leak', 'exec', 'round', 'checkpoint')
    OR violation != ''
    OR (ev = 'fd' AND (op = 'shutdown'
        OR to_state IN ('CLOSE_WAIT', 'CLOSING', 'BOUND', 'LISTENING')
        OR from_state IN ('CLOSE_WAIT', 'CLOSING')
        OR (to_state IN ('CLOSED', 'BOUND') AND from_state NOT IN ('', 'null') AND (errno != '' OR from_state IN ('CLOSED', 'BOUND')))
        OR (to_state = 'CLOSED' AND from_state NOT IN ('', 'null')
            AND t > visitParamExtractUInt(line, 'last') + 100000000)
        OR position(line, '"inherited":true') > 0
        OR position(line, '"cookie":') > 0
        OR position(line, '"gap":') > 0
        OR position(line, '"waited":') > 0
        OR position(line, '"close_wait":') > 0
        OR position(line, '"note":"interpreter-end"') > 0));
CREATE TABLE IF NOT EXISTS {database}.clues AS {database}.clues_local
ENGINE = {across clues_local sipHash64(host)};
