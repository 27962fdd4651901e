<?php
/* Sockets of ext-sockets, whose calls find libc's functions first; with the argument "fixed" they are closed. See php_test.py. */
class Node
{
    public $self, $socket;
}

function listen()
{
    $server = socket_create(AF_INET, SOCK_STREAM, SOL_TCP); // line: listen
    socket_bind($server, "127.0.0.1");
    socket_listen($server, 9);
    return $server;
}

function connect($server)
{
    socket_getsockname($server, $host, $port);
    $one = socket_create(AF_INET, SOCK_STREAM, SOL_TCP); // line: connect
    socket_connect($one, $host, $port);
    return $one;
}

function lose($server)
{
    $node = new Node();
    $node->self = $node;
    $node->socket = connect($server); // line: lose
}

$server = listen(); // line: server
$kept = connect($server); // line: kept
$accepted = socket_accept($server); // line: accepted
socket_create_pair(AF_UNIX, SOCK_STREAM, 0, $pair); // line: pair
connect($server); // goes at once, with the only reference to it
if (($argv[1] ?? "") == "fixed") {
    array_map("socket_close", [$server, $kept, $accepted, ...$pair]);
} else {
    lose($server); // line: lost
    gc_collect_cycles();
}
