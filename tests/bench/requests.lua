-- One request after another from a file: "path", or "path <tab> cart token <tab> one-time key <tab> JSON" for an order.
-- Thread k of n takes lines k, k + n, ...: no cart is ordered twice. A file of paths starts anew at its end.
local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

function init(args)
  lines = {}
  local place = 0
  for line in io.lines(args[1]) do
    place = place + 1
    if place % tonumber(args[2]) == number % tonumber(args[2]) then lines[#lines + 1] = line end
  end
  at = 0
end

function request()
  at = at % #lines + 1
  local path, token, key, body = lines[at]:match("([^\t]+)\t([^\t]+)\t([^\t]+)\t(.+)")
  if not path then return wrk.format("GET", lines[at]) end
  local headers = {["Content-Type"] = "application/json", ["X-Cart-Token"] = token, ["Idempotency-Key"] = key}
  return wrk.format("POST", path, headers, body)
end

function done(summary, latency, requests)
  local errors = summary.errors
  local failed = errors.status + errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format('{"requests": %d, "microseconds": %d, "failed": %d, "p99": %d}\n',
    summary.requests, summary.duration, failed, latency:percentile(99)))
end
