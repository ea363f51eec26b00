-- SPDX-License-Identifier: Apache-2.0
-- Copyright 2026 The Mortise developers
--
-- What wrk sends: pushes signed beforehand, each with a delivery id of its own.
--   wrk -s webhooks.lua URL -- FOLDER RUN
-- FOLDER/head and FOLDER/N.tail (N from 1) are a request before and after the value of
-- X-GitHub-Delivery; RUN sets this run's delivery ids apart.
local heads, tails, run, sent = nil, {}, nil, 0

local function slurp (name)
  local file = io.open(name, "rb")
  if not file then return nil end
  local text = file:read("*a")
  file:close()
  return text
end

function init (args)
  heads = slurp(args[1] .. "/head")
  run = args[2]
  repeat
    tails[#tails + 1] = slurp(args[1] .. "/" .. (#tails + 1) .. ".tail")
  until not slurp(args[1] .. "/" .. (#tails + 1) .. ".tail")
end

function request ()
  sent = sent + 1
  return heads .. string.format("%s-%08x", run, sent) .. tails[sent % #tails + 1]
end

function done (summary, latency)
  io.write(string.format('{"requests":%d,"us":%d,"bytes":%d,"refused":%d,"broken":%d,"p50_us":%d,"p99_us":%d,"max_us":%d}\n',
    summary.requests, summary.duration, summary.bytes, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    latency:percentile(50), latency:percentile(99), latency.max))
end
