<?php
// A pair of sockets made and closed in PHP, some calls deep: sockets.php SIZE WARMUP prints the time of one, in ns.
//
// SPDX-License-Identifier: Apache-2.0

function repeat(int $size): void
{
    for ($i = 0; $i < $size; $i++) {
        foreach (stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0) as $end) {
            fclose($end);
        }
    }
}

function called(int $depth, int $size): void
{
    $depth ? called($depth - 1, $size) : repeat($size);
}

[, $size, $warmup] = array_map('intval', $argv);
called(6, $warmup);
$started = hrtime(true);
called(6, $size);
printf("%f\n", (hrtime(true) - $started) / max(1, $size));
