-- What a watch kept while it was away, in one body: 50 readings, one a minute. Ends when every device was answered.
-- Arguments: tag, devices, readings, connections.
local here = debug.getinfo(1, "S").source:match("@(.*/)")
local body = dofile(here .. "reading.lua")
dofile(here .. "summary.lua")

local threads, number, answers = 0, 0, 0
local mine, enough, prefix, head, pieces

function setup(thread)
  thread:set("id", threads)
  threads = threads + 1
end

function init(args)
  local readings = tonumber(args[3])
  mine = math.floor(tonumber(args[2]) / 2)
  -- So many answers leave no first request of a device without one: each connection has a single one open.
  enough = mine + math.floor(tonumber(args[4]) / 2)
  prefix = body.before .. "BN" .. args[1] .. id
  pieces = {}
  for i = 1, readings do
    pieces[i] = body.after(os.time() - 60 * (readings - i) - 86400, 60 + i % 40)
  end
  local length = #'{"data":[]}' + readings * (#prefix + 9 + #pieces[1]) + readings - 1
  head = body.head("POST", wrk.path, length)
end

function request()
  local start = prefix .. string.format("%09d", number % mine)
  number = number + 1
  return head .. '{"data":[' .. start .. table.concat(pieces, "," .. start) .. "]}"
end

function response()
  answers = answers + 1
  if answers == enough then
    -- wrk itself goes on sleeping: this line tells that it can be interrupted.
    io.stdout:write("answered\n")
    io.stdout:flush()
    wrk.thread:stop()
  end
end
