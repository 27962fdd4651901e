<?php
/* Fibers, generators and children that open, lose and close while the collector of cycles runs; the program ends with some under way, by itself, by
 * "exit" in a destructor or by "kill". Arguments: how often, and how it ends. SPDX-License-Identifier: Apache-2.0 */
class Lost
{
    public $self, $socket;
}

class Last
{
    function __destruct()
    {
        open_one(4);
        exit(0);
    }
}

$server = stream_socket_server("tcp://127.0.0.1:0");
$address = stream_socket_get_name($server, false);

function held()
{
    $one = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    yield $one;
}

function open_one($turn)
{
    global $server, $address;
    switch ($turn % 5) {
    case 0:
        $one = stream_socket_client("tcp://$address");
        $other = stream_socket_accept($server);
        break;
    case 1:
        $lost = new Lost();
        $lost->self = $lost;
        $lost->socket = stream_socket_server("udp://127.0.0.1:0", flags: STREAM_SERVER_BIND);
        break;
    case 2:
        return eval(str_repeat("\n", $turn % 7) . 'fclose(stream_socket_server("udp://127.0.0.1:0", flags: STREAM_SERVER_BIND));');
    case 3:
        foreach (held() as $pair)
            break;
        break;
    case 4:
        array_map("fclose", stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0));
    }
}

function nest($depth, $turn)
{
    if ($turn % 3 == 0)
        Fiber::getCurrent() && Fiber::suspend();
    if ($depth)
        array_map("nest", [$depth - 1], [$turn]);
    else
        open_one($turn);
}

function fibers($turn)
{
    $fibers = [];
    for ($i = 0; $i < 4; $i++) {
        $fibers[$i] = new Fiber("nest");
        $fibers[$i]->start(($turn + $i) % 9, $turn + $i);
    }
    return $fibers;
}

function child($turn)
{
    $child = pcntl_fork();
    if ($child == 0) {
        nest($turn % 9, $turn);
        exit(0);
    }
    pcntl_waitpid($child, $status);
    if ($status)
        echo "a child ended with $status\n";
}

for ($turn = 0; $turn < $argv[1]; $turn++) {
    $fibers = fibers($turn);
    while (array_filter($fibers, fn($fiber) => !$fiber->isTerminated()))
        foreach ($fibers as $fiber)
            if (!$fiber->isTerminated())
                $fiber->resume();
    if ($turn % 7 == 0)
        gc_collect_cycles();
    if ($turn % 10 == 0)
        child($turn);
}
$left = [fibers(0), fibers(1), held()];
$left[2]->current();
if ($argv[2] == "exit")
    $last = new Last();
if ($argv[2] == "kill")
    posix_kill(getmypid(), SIGKILL);
