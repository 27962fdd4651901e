# Threads and children that open, lose and close; the program ends in their midst. Arguments: how often, and how it ends.
# SPDX-License-Identifier: Apache-2.0
use strict;
use warnings;
use threads;
use IO::Socket::INET;
use POSIX ();
use Socket;

my ($times, $end) = @ARGV;

sub open_one {
    my $turn = shift;
    socket(my $socket, AF_INET, SOCK_DGRAM, 0) or die;
    eval "\n" x ($turn % 7) . "socket(my \$other, AF_UNIX, SOCK_STREAM, 0) or die";
    socketpair(my $one, my $two, AF_UNIX, SOCK_STREAM, 0) or die;
    close $one if $turn % 2;
}

sub nest {
    my ($depth, $turn) = @_;
    $depth ? (map { nest($depth - 1, $turn) } 1) : open_one($turn);
}

for my $turn (1 .. $times) {
    my @threads = map { my $i = $_; threads->create(sub { nest($i, $turn + $i) }) } 0 .. 2;
    defined(my $child = fork) or die;
    if (!$child) {
        nest(3, $turn);
        POSIX::_exit(0); # exit would wait for a lock of threads.so that another thread may have had at the fork
    }
    $_->join for @threads;
    waitpid $child, 0;
}
threads->create(sub { nest(2, $_) while 1 })->detach for 0 .. 2;
select undef, undef, undef, 0.02;
POSIX::_exit(0) if $end eq "_exit";
kill KILL => $$ if $end eq "kill";
