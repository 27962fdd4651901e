-- Coroutines that open, lose and close while the collector runs; the program ends with some under way, by itself, by "exit" or, where it can, by
-- "close", which ends the interpreter first. Arguments: how often, and how it ends.
-- SPDX-License-Identifier: Apache-2.0
local socket = require "socket"
local load = loadstring or load
local server = assert(socket.bind("127.0.0.1", 0, 100))
local host, port = server:getsockname()

local function datagram()
	local one = assert(socket.udp())
	one:setsockname("127.0.0.1", 0)
	return one
end

local function open_one(turn)
	if turn % 4 == 0 then
		local one = assert(socket.connect(host, port))
		server:accept():close()
		one:close()
	elseif turn % 4 == 1 then
		datagram() -- the collector's to close
	elseif turn % 4 == 2 then
		load(("\n"):rep(turn % 7) .. "local datagram = ... datagram():close()", "=made")(datagram)
	else
		local one = datagram()
		coroutine.yield()
		one:close()
	end
end

local function nest(depth, turn)
	if depth == 0 then
		open_one(turn)
	elseif depth % 3 == 0 then
		local inner = coroutine.create(nest)
		while coroutine.status(inner) ~= "dead" do
			assert(coroutine.resume(inner, depth - 1, turn))
			coroutine.yield()
		end
	else
		nest(depth - 1, turn)
		local waste = {}
		for i = 1, 20 do waste[i] = {tostring(i)} end
	end
end

local function four(turn)
	local made = {}
	for i = 1, 4 do
		made[i] = coroutine.create(nest)
		assert(coroutine.resume(made[i], (turn + i) % 9, turn + i))
	end
	return made
end

for turn = 1, tonumber(arg[1]) do
	local made = four(turn)
	for _, each in ipairs(made) do
		while coroutine.status(each) ~= "dead" do
			assert(coroutine.resume(each))
		end
	end
	if turn % 50 == 0 then collectgarbage() else collectgarbage("step", 10) end
end
left = {four(0), four(1)}
if arg[2] == "exit" then os.exit(0) end
if arg[2] == "close" then os.exit(0, true) end
