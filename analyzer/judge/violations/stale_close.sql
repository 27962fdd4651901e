-- candidates: the victim's line has a tag of its own, and who made and closed the number's lives needs all of its lines
-- signs: a_tags > 0
-- SPDX-License-Identifier: Apache-2.0
SELECT host, boot, process, sock, fd, t
FROM {clues}
WHERE violation IN ('double-close', 'use-after-close') AND {range}
