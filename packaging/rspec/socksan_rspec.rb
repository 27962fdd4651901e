# frozen_string_literal: true

# Which example left which socket open, and where it opened it, when RSpec runs under SockSan:
#
#   socksan run -- rspec --require socksan_rspec
#
#   SockSan.ignore(socket) # meant to stay open
#
# An example answers for what it opens, its `before` hooks included; `before(:context)` and `before(:suite)` answer for their own, and for
# what their listeners accept, at the end of the group and of the suite. Without SockSan, or without Fiddle, this does nothing. See
# socksan.h for what is asked of the shim.
# SPDX-License-Identifier: Apache-2.0

begin
  require 'fiddle'
rescue LoadError
  nil # a Ruby that has it as a gem, which the project does not ask for
end

module SockSan
  GRACE = 0.2 # seconds that a thread or a peer has to close what it is about to close

  # The functions of socksan.h in this process.
  class Shim
    def initialize
      int = Fiddle::TYPE_INT
      long = Fiddle::TYPE_LONG_LONG
      { is_active: [int], mark: [long], next: [int, int, long], number: [long, int], listener: [long, int], is_own: [int, int], ignore: [int, int],
        describe: [int, int, Fiddle::TYPE_VOIDP, int] }.each do |name, (result, *arguments)|
        function = Fiddle::Function.new(Fiddle::Handle::DEFAULT["socksan_#{name}"], arguments, result)
        define_singleton_method(name) { |*given| function.call(*given) }
      end
    end

    # { number of a socket => its descriptor }
    def opened(mark)
      found = {}
      fd = -1
      found[number(fd)] = fd while (fd = self.next(fd + 1, mark)) >= 0
      found
    end

    def description(descriptor)
      text = "\0".b * 1024
      text[0, describe(descriptor, text, text.size)].force_encoding('UTF-8').scrub
    end

    def self.find
      shim = new
      shim if shim.is_active == 1
    rescue NameError, Fiddle::DLError # no Fiddle, no shim
      nil
    end
  end

  # Who answers for what is open.
  class Owners
    def initialize(shim)
      @shim = shim
      @told = {}
      @suite = {} # numbers of sockets that were opened for the suite,
      @group = {} # and for the group that runs
      @mark = 0
      @own = {} # number => whether the user's code opened it
    end

    # What was opened since the last example or group, hooks of the suite or of a group made.
    def take(whose)
      @shim.opened(@mark).each_key { |number| whose[number] = true unless @told[number] || @suite[number] }
      @mark = @shim.mark
    end

    def begin_group
      take(@suite) if @group.empty?
    end

    def begin_example
      take(@group)
    end

    def end_example(name)
      tell(name) { left }
    ensure
      @mark = @shim.mark
    end

    def end_group(name)
      take(@group)
      tell(name) { @shim.opened(0).select { |number, _| @group[number] } }
    ensure
      @group = {}
    end

    def end_suite
      take(@suite)
      tell('the suite') { @shim.opened(0).select { |number, _| @suite[number] } }
    end

    private

    # What the example that ends answers for: not for what a listener of before it accepted.
    def left
      @shim.opened(@mark).reject do |number, fd|
        listener = @shim.listener(fd)
        [@suite, @group].each { |owned| owned[number] = true if owned[listener] }
        listener.positive? && listener <= @mark
      end
    end

    def tell(whose)
      give_up = Process.clock_gettime(Process::CLOCK_MONOTONIC) + GRACE
      find = -> { yield.select { |number, fd| @own.fetch(number) { @own[number] = @shim.is_own(fd) == 1 } } }
      found = find.call
      until found.empty? || Process.clock_gettime(Process::CLOCK_MONOTONIC) >= give_up
        sleep 0.01
        found = find.call
      end
      return if found.empty?

      found.each_key { |number| @told[number] = true }
      raise LeftOpen, found.values.map { |fd| "socksan: #{whose} left open: #{@shim.description(fd)}" }.join("\n")
    end
  end

  class LeftOpen < StandardError
    def backtrace
      [] # it would be this file's
    end
  end

  SHIM = Shim.find

  # Says that a socket, or a descriptor, is meant to stay open: no example and no report tells of it. Returns it.
  def self.ignore(socket)
    SHIM&.ignore(socket.is_a?(Integer) ? socket : socket.to_io.fileno)
    socket
  end

  # The hooks are the first there are, so they come before those of the user, and after them at the end.
  def self.install(config, owners = Owners.new(SHIM))
    config.prepend_before(:context) { owners.begin_group }
    config.around do |example|
      owners.begin_example
      example.run
      owners.end_example(example.full_description)
    end
    config.append_after(:context) { owners.end_group(self.class.description) }
    config.append_after(:suite) { owners.end_suite }
  end
end

RSpec.configure { |config| SockSan.install(config) } if SockSan::SHIM
