-- Loses a connection at each of its places; with the argument "fixed" it closes them. See lua_test.py.
local socket = require "socket"
local unpack = table.unpack or unpack
local server = assert(socket.bind("127.0.0.1", 0)) -- line: server
local host, port = server:getsockname()
kept = {server}

local function open()
	local made = assert(socket.connect(host, port)) -- line: open
	kept[#kept + 1] = made
	return made
end

local holder = {}

function holder.field()
	local made = open() -- line: field
	return made
end

function holder:method()
	local made = self.field() -- line: method
	return made
end

function global()
	local made = holder:method() -- line: global
	return made
end

local function upvalue()
	return (open()) -- line: upvalue
end

local function nested()
	local made = upvalue() -- line: nested
	return made
end

local function tail()
	return open() -- not on the stack any more
end

local function recursive(depth)
	if depth > 0 then
		local made = recursive(depth - 1) -- line: recursive
		return made
	end
	local made = open() -- line: deepest
	return made
end

global() -- line: main_global
nested() -- line: main_nested
local made = tail() -- line: main_tail
local function inner()
	local made = open() -- line: inner
	return made
end
local function outer()
	coroutine.yield()
	coroutine.wrap(function()
		inner() -- line: call_inner
	end)()
	local made = open() -- line: outer
	return made
end
local run = coroutine.wrap(function()
	outer() -- line: call_outer
end)
run()
run()
local function protected()
	local made = open() -- line: protected
	return made
end
pcall(function() -- line: main_pcall
	protected() -- line: call_protected
end)
local function order()
	sorted = sorted or open() -- line: order
	return false
end
table.sort({1, 2}, function() -- line: main_sort
	return (order()) -- line: call_order
end)
local function search()
	local made = open() -- line: search
	return made
end
local index = setmetatable({}, {__index = function()
	return (search()) -- line: index
end})
local found = index.anything -- line: main_index
local chunk = assert((loadstring or load)("\n\nlocal made = (...)() return made", "=generated"))
chunk(open) -- line: main_generated
recursive(30) -- line: main_deep
local function iterate(_, last)
	local made = not last and open() -- line: iterate
	return made
end
for value in function(...) -- line: main_iterator
	return (iterate(...) or nil) -- line: iterator
end, nil, nil do
	found = value
end

if arg[1] == "fixed" then
	for _, each in ipairs(kept) do
		each:close()
	end
end
