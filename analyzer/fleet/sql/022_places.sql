-- Where in the code a stack is: its innermost frame outside of the system's libraries, or that of its interpreter.
CREATE VIEW IF NOT EXISTS {database}.places AS
SELECT host, process, stack, any(script) AS script_frame,
    if(script_frame != '', script_frame, argMin(frame_text, frame_rank)) AS place
FROM
(
    SELECT host, process, stack, script, module, n,
        n + if(match(path, '^(/usr)?/lib|^$|libsocksan'), 1000, 0) AS frame_rank,
        concat(if(path = '', '?', extract(path, '([^/]*)$')), extract(frame, '([+].*)')) AS frame_text
    FROM
    (
        SELECT host, process, stack, script, n, frame, toUInt64(extract(frame, '^([0-9]+)')) AS module
        FROM {database}.stacks
        ARRAY JOIN frames AS frame, arrayEnumerate(frames) AS n
    )
    GLOBAL ANY LEFT JOIN (SELECT host, process, module, path FROM {database}.modules) USING (host, process, module)
)
GROUP BY host, process, stack;
