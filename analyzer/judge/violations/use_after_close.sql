-- candidates: queries of many numbers, and what follows from a stale-close, look the same in their lines
-- signs: a_tags > 0
-- SPDX-License-Identifier: Apache-2.0
SELECT host, boot, process, sock, fd, t
FROM {clues}
WHERE violation = 'use-after-close' AND {range}
