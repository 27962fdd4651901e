-- candidates: its line is told as it is, but what the program does next makes it an error or a note
-- signs: a_tags > 0
-- SPDX-License-Identifier: Apache-2.0
SELECT host, boot, process, sock, fd, t
FROM {clues}
WHERE violation = 'wrong-state' AND {range}
