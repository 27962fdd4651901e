# Sockets that nobody refers to any more while the program runs: the collector closes them, whoever happens to start it.
# With the argument "closed", they are closed before.
# SPDX-License-Identifier: Apache-2.0
require "socket"

def drop(port)
  s = TCPSocket.new("127.0.0.1", port) # line: drop
  s.close if ARGV[0] == "closed"
end

def drop_in_loop
  5.times do
    s = UDPSocket.new # line: loop
    s.close if ARGV[0] == "closed"
  end
end

def allocate = 200_000.times { "x" * 50 }

listener = TCPServer.new("127.0.0.1", 0)
# A thread that has ended has no stack on which an address may be left.
Thread.new { drop(listener.addr[1]) }.join # line: main_drop
GC.start
Thread.new { drop_in_loop }.join # line: main_loop
Thread.new { allocate }.join
GC.start
listener.close
