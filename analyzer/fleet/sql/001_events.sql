-- A row per line of a trace, which is in `line` as the shim wrote it. `process`, `file` and `offset` say which line it is: sent twice, it
-- is one row. fd is -1, and a number or a text empty, where the line has none; `stack` of a stack or a module is its id; `t` is
-- CLOCK_MONOTONIC of the host, `wall` its clock, in ns: hosts are not ordered by either. The granularity is that of a few processes, of which one in a hundred may be fetched.
CREATE TABLE IF NOT EXISTS {database}.events_local
(
    service String,
    version String,
    container String,
    region String,
    instance String,
    host String,
    boot String,
    process String,
    pid UInt32,
    exe String,
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
    kind String,
    from_state String,
    to_state String,
    errno String,
    violation String,
    stack UInt64,
    local String,
    peer String,
    rx UInt64,
    tx UInt64,
    line String
)
ENGINE = ReplacingMergeTree()
PARTITION BY day
ORDER BY (service, host, process, sock, t, file, offset)
{ttl day}
SETTINGS index_granularity = 1024;
