<?php
/* Requests by ext-curl, whose connections stay with their handles: one that goes at once and one that is kept, or five with the argument "pile".
 * See php_test.py. */
$more = ($argv[1] ?? "") == "pile" ? 5 : 1;
$server = stream_socket_server("tcp://127.0.0.1:0");
$address = stream_socket_get_name($server, false);
if (!pcntl_fork()) {
    for ($i = 0; $i <= $more; $i++) {
        $got[$i] = stream_socket_accept($server);
        fread($got[$i], 1000);
        fwrite($got[$i], "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    }
    foreach ($got as $one) {
        fread($one, 1); // until the client is gone
        fclose($one);
    }
    fclose($server);
    exit(0);
}
fclose($server);

function ask($address)
{
    $handle = curl_init("http://$address/");
    curl_setopt($handle, CURLOPT_RETURNTRANSFER, true);
    if (curl_exec($handle) != "hi") // line: ask
        echo curl_error($handle);
    curl_close($handle); // which does nothing since PHP 8
    return $handle;
}

ask($address); // goes at once
for ($i = 0; $i < $more; $i++) {
    $kept[] = ask($address); // line: main
    usleep(50000);
}
