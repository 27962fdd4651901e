-- The same of all servers. A host's lines are on one of them, so that its sockets can be followed there.
CREATE TABLE IF NOT EXISTS {database}.events AS {database}.events_local
ENGINE = {across events_local sipHash64(host)};
