-- Requests of many customers:  wrk -s shop.lua URL -- WORKLOAD DIRECTORY RUN [RATE]
--
-- DIRECTORY has what there is to ask for; RUN makes idempotency keys that no other run has used; RATE is the requests a
-- second that are begun, however long answers take, as long as there are connections that wait for none. Without it each
-- connection asks again as soon as it is answered. The last line is JSON.

local ffi = require("ffi")
ffi.cdef("struct timeval { long seconds; long microseconds; }; int gettimeofday(struct timeval *, void *);")

local threads = 0
local present = ffi.new("struct timeval")

local function now_ms()
  ffi.C.gettimeofday(present, nil)
  return tonumber(present.seconds) * 1000 + tonumber(present.microseconds) / 1000
end

function setup(thread)
  thread:set("id", threads)
  threads = threads + 1
end

local function lines_of(file)
  local lines = {}
  for line in io.lines(file) do lines[#lines + 1] = line end
  return lines
end

local tokens, products, orders, run
local sent, served = 0, 0

local function headers(customer)
  return "\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " .. tokens[customer]
end

-- One after the other, so that a short run has seen them all.
local function next_customer()
  served = served % #tokens + 1
  return served
end

local function place(lines)
  sent = sent + 1
  local body = '{"lines":[' .. lines .. "]}"
  return "POST /v1/orders HTTP/1.1" .. headers(next_customer())
    .. "\r\nIdempotency-Key: " .. run .. "-" .. id .. "-" .. sent
    .. "\r\nContent-Type: application/json\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body
end

local function line(product, quantity)
  return '{"product_id":"' .. product .. '","quantity":' .. quantity .. "}"
end

local workloads = {
  health = function()
    return "GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
  end,
  product = function()
    return "GET /v1/products/" .. products[math.random(#products)] .. " HTTP/1.1"
      .. headers(next_customer()) .. "\r\n\r\n"
  end,
  page = function()
    return "GET /v1/products?limit=20 HTTP/1.1" .. headers(next_customer()) .. "\r\n\r\n"
  end,
  order = function()
    local order, owner = orders[math.random(#orders)]:match("(%S+) (%d+)")
    return "GET /v1/orders/" .. order .. " HTTP/1.1" .. headers(tonumber(owner)) .. "\r\n\r\n"
  end,
  place = function()
    local first = math.random(#products)
    local second = first % #products + 1
    return place(line(products[first], 1) .. "," .. line(products[second], 2))
  end,
  hot = function()
    return place(line(products[1], 1))
  end,
}

function init(arguments)
  local directory = arguments[2]
  tokens = lines_of(directory .. "/tokens.txt")
  products = lines_of(directory .. "/products.txt")
  orders = lines_of(directory .. "/orders.txt")
  run = arguments[3]
  math.randomseed(os.time() * 10 + id)
  request = workloads[arguments[1]]
  local rate = tonumber(arguments[4] or 0)
  if rate > 0 then
    local turn = now_ms()
    delay = function()
      local now = now_ms()
      -- What could not be begun in time is not made up for at once.
      turn = math.max(turn + 1000 / rate, now - 50)
      return math.max(0, math.floor(turn - now))
    end
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%.6f,"p50_ms":%.3f,"p99_ms":%.3f,"max_ms":%.3f,"refused":%d,"lost":%d,"timeouts":%d}\n',
    summary.requests, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3,
    errors.status, errors.connect + errors.read + errors.write, errors.timeout
  ))
end
