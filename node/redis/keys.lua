-- Put before `value.lua` and `counter.lua`: what a key has, and that it is found among the keys of its slot.
--
-- KEYS[1]  larder:{slot}:v:<key>, a hash: of a value t, its media type, j, '1' where that is JSON, and b, its body; of a
--          counter c, its total, and g, the write that began it; of both s, the last write, '<time>-<origin>', and e where
--          they end by themselves, as PTTL then tells
-- KEYS[2]  larder:{slot}:keys, a sorted set: the keys of the slot, by a hash of theirs
-- KEYS[3]  larder:{slot}:ends, a sorted set: those of them that end by themselves, by when, in ms
local key, index, ends = KEYS[1], KEYS[2], KEYS[3]
local name = string.match(key, '^larder:{%d+}:v:(.*)$')
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)

-- Which write this is: the time in ticks of 1/1024 ms, and what is like no other.
local function stampBy(origin)
  return string.format('%.0f-%s', time[1] * 1024000 + math.floor(time[2] * 1.024), origin)
end

-- What has ended is not looked for by anybody: whoever adds one takes out some of those.
local function list()
  redis.call('ZADD', index, tonumber(string.sub(redis.sha1hex(name), 1, 8), 16), name)
  for _, ended in ipairs(redis.call('ZRANGE', ends, '-inf', nowMs, 'BYSCORE', 'LIMIT', 0, 4)) do
    redis.call('ZREM', ends, ended)
    if ended ~= name then
      redis.call('ZREM', index, ended)
      note('expired', ended)
    end
  end
end

local function forget()
  local wasThere = redis.call('DEL', key) == 1
  redis.call('ZREM', index, name)
  local wasEnding = redis.call('ZREM', ends, name) == 1
  if wasThere or wasEnding then note(wasThere and 'deleted' or 'expired', name) end
end

-- From now on it lives so long, or for ever.
local function live(ms, hadEnd)
  if ms and ms <= 0 then
    forget()
  elseif ms then
    redis.call('HSET', key, 'e', '1')
    redis.call('PEXPIRE', key, ms)
    redis.call('ZADD', ends, nowMs + ms, name)
  elseif hadEnd then
    redis.call('HDEL', key, 'e')
    redis.call('PERSIST', key)
    redis.call('ZREM', ends, name)
  end
end

local function leftMs()
  return redis.call('PTTL', key)
end
