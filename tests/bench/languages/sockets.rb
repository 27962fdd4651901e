# socket + close in Ruby, some calls deep: sockets.rb SIZE WARMUP prints the time of one, in ns.
#
# SPDX-License-Identifier: Apache-2.0
require "socket"

def repeat(size) = size.times { Socket.new(:INET, :STREAM).close }

def called(depth, size) = depth.zero? ? repeat(size) : called(depth - 1, size)

size, warmup = ARGV.map(&:to_i)
called(6, warmup)
started = Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond)
called(6, size)
puts((Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond) - started).fdiv([1, size].max))
