-- One reading of a watch per request, about 560 bytes. No (device, second) is sent twice.
-- Arguments: tag (2 characters, another one for each run), devices, think time in ms (0: none), method.
local here = debug.getinfo(1, "S").source:match("@(.*/)")
local body = dofile(here .. "reading.lua")
dofile(here .. "summary.lua")

local threads, number = 0, 0
local devices, prefix, head, tail, start

function setup(thread)
  thread:set("id", threads)
  threads = threads + 1
end

function init(args)
  local think = tonumber(args[3])
  devices = tonumber(args[2])
  prefix = '{"data":' .. body.before .. "BN" .. args[1] .. id
  head = body.head(args[4] or "POST", wrk.path, #prefix + 9 + #body.after(0, 0) + 1)
  start = os.time() - 90 * 86400
  math.randomseed(os.time() + id)
  if think > 0 then
    -- Uniform with this mean, so that connections do not march in step.
    function delay()
      return math.random(0, 2 * think)
    end
  end
end

function request()
  local device = number % devices
  if device == 0 or tail == nil then
    tail = body.after(start + math.floor(number / devices), 60 + math.floor(number / devices) % 40) .. "}"
  end
  number = number + 1
  return head .. prefix .. string.format("%09d", device) .. tail
end
