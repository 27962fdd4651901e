-- candidates: one that turns out to be a stale-close is taken back
-- signs: a_tags > 0
-- SPDX-License-Identifier: Apache-2.0
SELECT host, boot, process, sock, fd, t
FROM {clues}
WHERE violation = 'unread-data' AND {range}
