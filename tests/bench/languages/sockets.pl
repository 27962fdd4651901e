# socket + close in Perl, some calls deep: sockets.pl SIZE WARMUP prints the time of one, in ns.
#
# SPDX-License-Identifier: Apache-2.0
use strict;
use warnings;
use Socket;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

sub repeat {
    my ($size) = @_;
    for (1 .. $size) {
        socket(my $made, PF_INET, SOCK_STREAM, 0) or die "socket: $!";
        close $made;
    }
}

sub called {
    my ($depth, $size) = @_;
    return $depth ? called($depth - 1, $size) : repeat($size);
}

my ($size, $warmup) = @ARGV;
called(6, $warmup);
my $started = clock_gettime(CLOCK_MONOTONIC);
called(6, $size);
printf "%f\n", (clock_gettime(CLOCK_MONOTONIC) - $started) * 1e9 / ($size || 1);
