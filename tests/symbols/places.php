<?php
/* Loses a connection at each of its places; with the argument "fixed" it closes them. places.inc is included. See php_test.py. */
namespace App;

function connect(string $to)
{
    return stream_socket_client("tcp://$to"); // line: connect
}

class Client
{
    public $made;

    function __construct(string $to)
    {
        $this->made = connect($to); // line: construct
    }

    static function make(string $to)
    {
        return connect($to); // line: make
    }

    function deferred(string $to)
    {
        return (function () use ($to) {
            return fsockopen("tcp://$to"); // line: closure
        })(); // line: deferred
    }

    function __call(string $name, array $arguments)
    {
        return connect($arguments[0]); // line: call
    }

    function __destruct()
    {
        global $keep, $address;
        $keep[] = connect($address); // line: destruct
    }
}

function innermost(string $to)
{
    yield 1;
    yield connect($to); // line: innermost
}

function between(string $to)
{
    yield from innermost($to); // line: between
}

function outermost(string $to)
{
    yield from between($to); // line: outermost
}

function recursive(string $to, int $depth)
{
    if ($depth)
        return recursive($to, $depth - 1); // line: recursive
    return connect($to); // line: deepest
}

function mapped(string $to)
{
    return array_map("App\connect", [$to]); // line: mapped
}

$server = stream_socket_server("tcp://127.0.0.1:0"); // line: server
$address = stream_socket_get_name($server, false);
$keep = [];

$keep[] = connect($address); // line: plain
$keep[] = (new \ReflectionMethod("App\Client", "make"))->invoke(null, $address); // line: static
$quiet = (new \ReflectionClass("App\Client"))->newInstanceWithoutConstructor();
$keep[] = $quiet->deferred($address); // line: method
$keep[] = $quiet->anything($address); // line: magic
foreach (outermost($address) as $made) // line: generator
    if ($made != 1)
        $keep[] = $made;
$fiber = new \Fiber(function () use ($address, &$keep) {
    \Fiber::suspend();
    $keep[] = connect($address); // line: fiber
});
$fiber->start();
$fiber->resume(); // line: resume
$keep[] = include __DIR__ . "/places.inc"; // line: include
$keep[] = eval("\n\nreturn stream_socket_client('tcp://$address');"); // line: eval
$keep = array_merge($keep, mapped($address)); // line: map
$keep[] = recursive($address, 30); // line: deep
$keep[] = (new class($address) extends Client { // line: anonymous
    function __destruct()
    {
    }
})->made;
$client = $quiet;
unset($quiet);
$client = null; // line: dropped

if (($argv[1] ?? "") == "fixed") {
    foreach ($keep as $socket)
        fclose($socket);
    fclose($server);
}
