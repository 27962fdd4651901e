-- candidates: a daemon that closes a range of numbers, or a stale-close, looks the same in its line
-- signs: a_tags > 0
-- SPDX-License-Identifier: Apache-2.0
SELECT host, boot, process, sock, fd, t
FROM {clues}
WHERE violation = 'double-close' AND {range}
