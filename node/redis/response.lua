-- A response that is cached, and what keeps what was fetched before something was said against it from being stored.
--
-- KEYS[1]  larder:{slot}:a:<name>, a hash: t, the media type, b, the body, h, the headers as JSON, g, upstream's entity tag,
--          f, the facts as JSON or '', l, for how many ms it was to live, x, since when it counts as stale; it ends by itself
-- KEYS[2]  larder:{slot}:responses, a sorted set of the names of all responses of the slot, all of one score
-- KEYS[3]  larder:{slot}:responses-end, a sorted set of the same, by when they end, in ms
-- KEYS[4]  larder:{slot}:fence, changed by whatever is said against anything in the slot: there since a fetch began, and as
--          long as any may take
-- KEYS[5]  larder:{slot}:f:<name>, who fetches it, or 'alone' where what was fetched is not for all
-- ARGV[1]  get, put, forget, enter, leave
-- ARGV[2]  of put: the fence as it was when the fetch began, or '' of what is told by callers, which is a fence itself;
--          of forget: the tag that it must have, or ''; of enter and leave: what tells this fetch from all others
-- ARGV[3]  of put: what tells this write from all others; of forget: '1' where it is only stale from now on;
--          of enter: how long the fetch may take, in ms; of leave: '1' where others have to fetch it for themselves
-- ARGV[4]  of put: the condition, as JSON, or ''
-- ARGV[5]  of put: for how many ms it lives, 0 for none
-- ARGV[6]  to ARGV[10], of put: t, b, h, g, f
--
-- Answers {'missing'}, {'response', t, b, h, f, l, x, ms}, {'done'}, {'fenced'}, {'mismatch', which}, {'kept'}, {'gone'},
-- {'mine', fence}, {'wait', fence}, {'alone', fence}
local key, index, ends, fence, lease = unpack(KEYS)
local name = string.match(key, '^larder:{%d+}:a:(.*)$')
local what = ARGV[1]
local FENCE_MS = 3600000
local ALONE_MS = 1000

local function forget()
  redis.call('DEL', key)
  redis.call('ZREM', index, name)
  redis.call('ZREM', ends, name)
end

if what == 'get' then
  local known = redis.call('HMGET', key, 't', 'b', 'h', 'f', 'l', 'x')
  if not known[1] then return { 'missing' } end
  return { 'response', known[1], known[2], known[3], known[4], known[5], known[6] or '', redis.call('PTTL', key) }
end

if what == 'enter' then
  local said = redis.call('GET', fence)
  if not said then said = ARGV[2] end
  redis.call('SET', fence, said, 'PX', FENCE_MS)
  local holder = redis.call('GET', lease)
  if holder then return { holder == 'alone' and 'alone' or 'wait', said } end
  redis.call('SET', lease, ARGV[2], 'PX', ARGV[3])
  return { 'mine', said }
end

if what == 'leave' then
  if redis.call('GET', lease) ~= ARGV[2] then return { 'gone' } end
  if ARGV[3] == '1' then redis.call('SET', lease, 'alone', 'PX', ALONE_MS) else redis.call('DEL', lease) end
  return { 'done' }
end

if what == 'forget' then
  local known = redis.call('HMGET', key, 'h', 'l', 'x')
  if not known[1] then
    forget()
    return { 'missing' }
  end
  if ARGV[2] ~= '' then
    local headers, isMeant = cjson.decode(known[1]), false
    for tag in string.gmatch((headers['surrogate-key'] or '') .. ' ' .. (headers['cache-tag'] or ''), '[^%s,]+') do
      isMeant = isMeant or tag == ARGV[2]
    end
    if not isMeant then return { 'kept' } end
  end
  if ARGV[3] ~= '1' then
    forget()
    return { 'gone' }
  end
  local storedMs = math.max(0, known[2] - redis.call('PTTL', key))
  if not known[3] or tonumber(known[3]) > storedMs then redis.call('HSET', key, 'x', storedMs) end
  return { 'gone' }
end

if ARGV[2] ~= '' and ARGV[2] ~= 'fence:' .. (redis.call('GET', fence) or '') then return { 'fenced' } end
if ARGV[4] ~= '' then
  local known = redis.call('HGET', key, 'g')
  local condition = cjson.decode(ARGV[4])
  local function names(tags)
    for _, tag in ipairs(tags) do
      if known and (tag == '*' or (known ~= '' and tag == known)) then return true end
    end
    return false
  end
  if condition.ifMatch and not names(condition.ifMatch) then return { 'mismatch', 'ifMatch' } end
  if condition.ifNoneMatch and names(condition.ifNoneMatch) then return { 'mismatch', 'ifNoneMatch' } end
end
if ARGV[2] == '' then redis.call('SET', fence, ARGV[3], 'XX', 'PX', FENCE_MS) end
redis.call('DEL', key)
local ms = tonumber(ARGV[5])
if ms <= 0 then
  forget()
  return { 'done' }
end
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
for _, ended in ipairs(redis.call('ZRANGE', ends, '-inf', nowMs, 'BYSCORE', 'LIMIT', 0, 4)) do
  redis.call('ZREM', ends, ended)
  redis.call('ZREM', index, ended)
end
redis.call('HSET', key, 't', ARGV[6], 'b', ARGV[7], 'h', ARGV[8], 'g', ARGV[9], 'f', ARGV[10], 'l', ARGV[5])
redis.call('PEXPIRE', key, ms)
redis.call('ZADD', index, 0, name)
redis.call('ZADD', ends, nowMs + ms, name)
return { 'done' }
