<?php
/* What the collector of cycles closes; what is closed as its last reference goes, and what the program closes from a destructor that the collector
 * runs, is not the collector's. See php_test.py. */
class Node
{
    public $peer, $socket;
}

class Closing extends Node
{
    function __destruct()
    {
        fclose($this->socket);
    }
}

function connect($class, $to)
{
    $one = new $class();
    $one->peer = $one;
    $one->socket = stream_socket_client("tcp://$to"); // line: connect
    return $one;
}

function lose($to)
{
    connect("Node", $to); // line: lose
}

$server = stream_socket_server("tcp://127.0.0.1:0");
$address = stream_socket_get_name($server, false);
if (($argv[1] ?? "") != "fixed")
    lose($address); // line: main
$node = connect("Node", $address);
$node->peer = null;
$node = null;
connect("Closing", $address);
gc_collect_cycles(); // line: collect
fclose($server);
