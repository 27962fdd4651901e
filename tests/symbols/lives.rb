# Threads and fibers that open, lose and close while the collector runs and moves what they refer to; the program ends in their midst, by itself
# with "exit!" or with "kill". Arguments: how often, and how it ends.
# SPDX-License-Identifier: Apache-2.0
require "socket"

LISTENER = TCPServer.new("127.0.0.1", 0)
PORT = LISTENER.addr[1]

def open_one(turn)
  case turn % 4
  when 0 then TCPSocket.new("127.0.0.1", PORT).close
  when 1 then TCPSocket.new("127.0.0.1", PORT) && nil # line: lost
  when 2 then UNIXSocket.pair.each(&:close)
  when 3 then eval("#{"\n" * (turn % 7)}UDPSocket.open { |s| s.connect('127.0.0.1', #{PORT}); s.syswrite('x' * 2000) }")
  end
end

def nest(depth, turn)
  depth.zero? ? open_one(turn) : [1].each { nest(depth - 1, turn) }
end

Thread.new do
  loop { LISTENER.accept.close }
end
Thread.new do
  0.step do |turn|
    GC.auto_compact = turn.even?
    turn % 3 == 0 ? GC.compact : GC.start
    sleep(0.001)
  end
end

ARGV[0].to_i.times do |turn|
  4.times.map { |i| Thread.new { Fiber.new { nest((turn + i) % 9, turn + i) }.resume } }.each(&:join)
end
4.times { |i| Thread.new { i.step { |turn| nest(turn % 9, turn) } } }
sleep(0.05)
exit!(0) if ARGV[1] == "exit!"
Process.kill(:KILL, $$) if ARGV[1] == "kill"
