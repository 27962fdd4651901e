# Sockets that are opened in each way that a program in Ruby has, in the order of their descriptors, and left to the interpreter's end.
# SPDX-License-Identifier: Apache-2.0
require "net/http"
require "socket"

LEFT = []
LISTENER = TCPServer.new("127.0.0.1", 0) # line: listener
PORT = LISTENER.addr[1]

class Client
  attr_reader :socket

  def initialize
    @socket = TCPSocket.new("127.0.0.1", PORT) # line: new
  end

  def self.open = new # line: open

  def each_block
    [1].each do # line: each
      LEFT << TCPSocket.open("127.0.0.1", PORT) # line: block
    end
  end

  def method_missing(name)
    LEFT << UDPSocket.new if name == :datagram # line: missing
  end

  def respond_to_missing?(*) = true

  define_method(:defined) { LEFT << Socket.new(:UNIX, :STREAM) } # line: defined
end

module Tools
  class << self
    def rescued # line: rescued_def
      raise "no"
    rescue RuntimeError
      LEFT << Socket.new(:INET, :STREAM) # line: rescued
    end
  end

  def self.ensured
    1
  ensure
    LEFT << UDPSocket.new # line: ensured
  end
end

def größe_文_with_a_name_that_is_too_long_for_its_object
  LEFT << TCPSocket.new("127.0.0.1", PORT) # line: names
end

def deep(n)
  n.zero? ? LEFT << UDPSocket.new : deep(n - 1) # line: deep
end

def main
  LEFT << Client.open # line: main_new
  Client.allocate.tap(&:each_block) # line: main_block
  Client.allocate.datagram # line: main_missing
  Client.allocate.defined # line: main_defined
  Tools.rescued # line: main_rescued
  Tools.ensured # line: main_ensured
  größe_文_with_a_name_that_is_too_long_for_its_object # line: main_names
  eval("\nLEFT <<\n  UDPSocket.new") # line: main_eval
  LEFT << Net::HTTP.start("127.0.0.1", PORT) # line: main_http
  LEFT << UNIXServer.new(ARGV[0]) # line: main_unix
  LEFT << LISTENER.accept # line: main_accept
  Fiber.new { LEFT << UDPSocket.new }.resume # line: fiber
  Thread.new { Client.open.then { LEFT << _1 } }.join # line: thread
  deep(40) # line: main_deep
end

main # line: main
