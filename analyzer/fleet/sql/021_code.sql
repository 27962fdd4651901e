-- What the ids in a trace stand for: stacks, innermost frame first, and modules. A `script` is the innermost frame of an interpreter.
CREATE TABLE IF NOT EXISTS {database}.stacks_local
(
    day Date,
    host String,
    process String,
    stack UInt64,
    frames Array(String),
    script String
)
ENGINE = ReplacingMergeTree()
PARTITION BY day
ORDER BY (host, process, stack)
{ttl day};
CREATE MATERIALIZED VIEW IF NOT EXISTS {database}.stacks_of_events TO {database}.stacks_local AS
SELECT day, host, process, stack,
    extractAll(visitParamExtractRaw(line, 'frames'), '"([0-9]+.0x[0-9a-f]+)"') AS frames,
    extract(line, '"(?:py|java|js|ruby|php|perl|lua)":."([^"]*)') AS script
FROM {database}.events_local
WHERE ev = 'stack';
CREATE TABLE IF NOT EXISTS {database}.stacks AS {database}.stacks_local
ENGINE = {across stacks_local sipHash64(host)};
CREATE TABLE IF NOT EXISTS {database}.modules_local
(
    day Date,
    host String,
    process String,
    module UInt64,
    path String,
    build_id String
)
ENGINE = ReplacingMergeTree()
PARTITION BY day
ORDER BY (host, process, module)
{ttl day};
CREATE MATERIALIZED VIEW IF NOT EXISTS {database}.modules_of_events TO {database}.modules_local AS
SELECT day, host, process, stack AS module, visitParamExtractString(line, 'path') AS path,
    visitParamExtractString(line, 'build_id') AS build_id
FROM {database}.events_local
WHERE ev = 'module';
CREATE TABLE IF NOT EXISTS {database}.modules AS {database}.modules_local
ENGINE = {across modules_local sipHash64(host)};
