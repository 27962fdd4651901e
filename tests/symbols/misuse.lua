-- Two objects of one number: what one closes, the other closes again, or uses. See lua_test.py.
local socket = require "socket"
local one, other = assert(socket.udp()), assert(socket.udp())
one:setsockname("127.0.0.1", 0) -- line: opened
other:setsockname("127.0.0.1", 0)
local alias = assert(socket.udp())
alias:setsockname("127.0.0.1", 0)
local own = alias:getfd()

local function first()
	one:close() -- line: first
end

local function second()
	alias:close() -- line: second
end

alias:setfd(one:getfd())
first() -- line: main_first
if arg[1] == "use" then
	alias:sendto("x", "127.0.0.1", 9) -- line: use
	alias:setfd(own)
end
if arg[1] == "fixed" then
	alias:setfd(own)
end
second() -- line: main_second
other:close()
