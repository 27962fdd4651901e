-- What the collector closes while the program runs; what the program itself closes, in a finalizer, a hook or from C, is not the collector's. See
-- lua_test.py.
local socket = require "socket"
local server = assert(socket.bind("127.0.0.1", 0))
local host, port = server:getsockname()

local function connect()
	local made = assert(socket.connect(host, port)) -- line: connect
	return made
end

local function lose()
	local made = connect() -- line: lose
	made = nil
end

if arg[1] ~= "fixed" then
	lose() -- line: main_lose
	collectgarbage() -- line: collect
	lose() -- line: main_again
	for i = 1, 100000 do
		local waste = {i, tostring(i) .. "."} -- line: waste
	end
end

-- A finalizer that is the program's.
local closing = connect()
local function finalizer() closing:close() end
if newproxy then
	local proxy = newproxy(true)
	getmetatable(proxy).__gc = finalizer
else
	setmetatable({}, {__gc = finalizer})
end
collectgarbage()
collectgarbage()

-- A hook, in which finalizers look as if they ran.
local hooked = connect()
debug.sethook(function()
	debug.sethook()
	hooked:close()
end, "l")
local x = 1
local y = x

-- C that calls C.
local called = connect()
pcall(called.close, called)
local last = connect()
last.close(last)
collectgarbage()
server:close()
