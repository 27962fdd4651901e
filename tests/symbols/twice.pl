# Descriptors that are closed behind the back of what holds them. With the argument "fixed", they are not.
# SPDX-License-Identifier: Apache-2.0
use strict;
use warnings;
use POSIX ();
use Socket;

my $fixed = @ARGV && $ARGV[0] eq "fixed";

sub datagram {
    socket(my $socket, AF_INET, SOCK_DGRAM, 0) or die; # line: datagram
    return $socket;
}

sub close_twice {
    my $socket = datagram(); # line: opened_twice
    POSIX::close(fileno $socket) unless $fixed; # line: first
    close $socket; # line: second
}


sub use_closed {
    my $socket = datagram(); # line: opened_used
    POSIX::close(fileno $socket) unless $fixed; # line: closed
    send $socket, "x", 0, sockaddr_in(9, INADDR_LOOPBACK); # line: used
    open $socket, "<", "/dev/null" or die; # line: lost
}

close_twice(); # line: twice
use_closed(); # line: use
