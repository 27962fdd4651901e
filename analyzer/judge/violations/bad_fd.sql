-- candidates: several such numbers queried at one place are a probe, and taken back
-- signs: a_tags > 0
-- SPDX-License-Identifier: Apache-2.0
SELECT host, boot, process, sock, fd, t
FROM {clues}
WHERE violation = 'bad-fd' AND {range}
