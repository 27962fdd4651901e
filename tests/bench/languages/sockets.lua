-- socket + close in Lua, some calls deep: sockets.lua SIZE WARMUP prints the time of one, in ns.
--
-- SPDX-License-Identifier: Apache-2.0
local socket = require "socket"

local function repeated(size)
  for _ = 1, size do
    local made = socket.udp4()
    made:close()
  end
end

local function called(depth, size)
  if depth == 0 then
    repeated(size)
  else
    called(depth - 1, size)
  end
  return size
end

local size, warmup = tonumber(arg[1]), tonumber(arg[2])
called(6, warmup)
local started = socket.gettime()
called(6, size)
print(string.format("%f", (socket.gettime() - started) * 1e9 / math.max(1, size)))
