# Sockets that are opened in each way that a program in Perl has, in the order of their descriptors, and left to the interpreter's end.
# Argument: the path of a Unix socket.
# SPDX-License-Identifier: Apache-2.0
use strict;
use warnings;
use IO::Socket::INET;
use IO::Socket::UNIX;
use Socket;

our @left;
our $listener = IO::Socket::INET->new(Listen => 5, LocalAddr => "127.0.0.1") or die; # line: listener
my $port = $listener->sockport;

# Says what caller() knows of each of its calls: the functions, and where those that called them are.
sub datagram {
    socket(my $socket, AF_INET, SOCK_DGRAM, 0) or die; # line: datagram
    push @left, $socket;
    my @caller;
    my @frames = ("$0:@{[__LINE__ - 3]} main::datagram");
    for (my $level = 0; @caller = caller $level; $level++) {
        my $around = (caller $level + 1)[3] // "(main)";
        push @frames, "$caller[1]:$caller[2] $around" if $caller[2];
    }
    print fileno $socket, "\t", join("\t", @frames), "\n";
    return 1;
}

package Client {
    sub new {
        my $class = shift;
        if ($port) {
            return bless {socket => IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port")}, $class; # line: new
        }
    }

    sub AUTOLOAD {
        return if our $AUTOLOAD =~ /DESTROY/;
        main::datagram();
    }
}

package Client::Nested {
    our @ISA = ("Client");

    sub new {
        my $class = shift;
        return $class->SUPER::new(@_); # line: nested
    }
}

sub loop {
    for my $i (1) {
        while (1) {
            datagram();
            last;
        }
    }
}

sub unless_else {
    unless ($port) {
        die;
    } else {
        datagram();
    }
}

sub deep {
    my $n = shift;
    $n ? deep($n - 1) : datagram();
}

sub main {
    push @left, Client->new; # line: main_new
    push @left, Client::Nested->new; # line: main_nested
    Client->missing;
    loop();
    unless_else();
    my $anonymous = sub { datagram() };
    $anonymous->();
    eval { datagram() };
    eval "\n\ndatagram()";
    eval { die "no" } or datagram();
    my @sorted = sort { @left < 11 ? datagram() : 0 } 2, 1;
    my @mapped = map { datagram() } 1;
    local $SIG{__WARN__} = sub { datagram() };
    warn "now";
    local $SIG{USR1} = sub { datagram() };
    kill USR1 => $$;
    "x" =~ /x(?{ datagram() })/;
    push @left, IO::Socket::UNIX->new(Local => $ARGV[0], Listen => 1); # line: main_unix
    push @left, $listener->accept; # line: main_accept
    socketpair(my $one, my $other, AF_UNIX, SOCK_STREAM, 0); # line: main_pair
    push @left, $one, $other;
    deep(40);
    return 1;
}

main(); # line: main

END {
    datagram();
}
