# Threads that wait to connect to an address in a string of their own while the collector moves objects. Prints how often somebody touched a page
# that the collector had protected. Argument: how many connections.
# SPDX-License-Identifier: Apache-2.0
require "fcntl"
require "socket"

ADDRESS = [Socket::AF_UNIX].pack("S") + "\0moved-#{$$}" # short enough for a string to hold it by itself
listener = Socket.new(:UNIX, :STREAM)
listener.bind(ADDRESS)
listener.listen(0)
parent, held = IO.pipe
server = fork do
  held.close
  Thread.new { parent.read; exit!(0) } # it has ended, or died
  loop { listener.accept[0].close && sleep(0.002) }
end

Thread.new { loop { GC.compact && Thread.pass } }
rounds = ARGV[0].to_i / 12
12.times.map do
  Thread.new do
    kept = []
    rounds.times do |round|
      kept[round % 4] = Array.new(100) { Object.new } # they move, and leave pages that are protected
      socket = Socket.new(:UNIX, :STREAM)
      socket.fcntl(Fcntl::F_SETFL, 0) # it waits in the kernel
      begin
        socket.connect(ADDRESS + "")
      rescue Errno::EFAULT # it was protected when the kernel looked
        nil
      end
      socket.close
    end
  end
end.each(&:join)
held.close
Process.wait(server)
puts GC.stat(:read_barrier_faults)
$stdout.flush
exit!(0)
