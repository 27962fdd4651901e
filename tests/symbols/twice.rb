# Two objects that each take a descriptor for their own. With the argument "fixed", one of them knows better.
# SPDX-License-Identifier: Apache-2.0
require "socket"

FIXED = ARGV[0] == "fixed"

def pair
  first = UDPSocket.new # line: pair
  [first, Socket.for_fd(first.fileno)]
end

def close_twice
  first, second = pair # line: opened_twice
  second.autoclose = !FIXED
  first.close # line: first
  second.close unless FIXED # line: second
rescue Errno::EBADF
  nil
end

def use_closed
  first, second = pair # line: opened_used
  first.close unless FIXED # line: closed
  second.autoclose = false
  second.send("x", 0, Addrinfo.udp("127.0.0.1", 9)) # line: used
  first.close if FIXED
rescue Errno::EBADF
  nil
end

close_twice # line: twice
use_closed # line: use
