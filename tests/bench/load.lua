-- wrk's side: sends prepared requests at random. The environment says which, and how long a connection
-- thinks, on average, before each: without that, it sends the next as soon as it has its answer.

local path = os.getenv("BENCH_REQUESTS")
local think_ms = tonumber(os.getenv("BENCH_THINK_MS"))
local requests = {}
local threads = 0

function setup(thread)
   threads = threads + 1
   thread:set("place", threads)
end

function init()
   local file = assert(io.open(path, "rb"))
   for request in file:read("*a"):gmatch("[^\30]+") do
      requests[#requests + 1] = request
   end
   file:close()
   math.randomseed(os.time() * 100 + place)
end

function request()
   return requests[math.random(#requests)]
end

if think_ms then
   -- Exponential: requests come as from many clients that know nothing of each other.
   function delay()
      return math.floor(-think_ms * math.log(1 - math.random()) + 0.5)
   end
end

function done(summary, latency)
   local errors = summary.errors
   io.write(string.format(
      '\n{"requests":%d,"duration_us":%d,"p50_us":%d,"p99_us":%d,"mean_us":%.1f,"lost":%d}\n',
      summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
      latency.mean, errors.connect + errors.read + errors.write + errors.timeout))
end
