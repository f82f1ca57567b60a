-- Who is engaged with a content. A presence is named '<reaction>\0<user>', where a reaction is written so that it has no \0 in it.
--
-- KEYS[1]  larder:{slot}:r:<content>, a sorted set of all presences, all of one score: in their order
-- KEYS[2]  larder:{slot}:re:<content>, a sorted set of those that end by themselves, by when, in ms
-- KEYS[3]  larder:{slot}:rk:<content>, a hash: how many users each reaction has
-- KEYS[4]  larder:{slot}:ru:<content>, a hash: how many reactions each user shows; under '', which change was the last
-- KEYS[5]  larder:{slot}:activity, a sorted set: the contents of the slot, the one with the most users first
-- KEYS[6]  larder:{slot}:due, a sorted set: those of them where somebody ends, by when the next one does
-- KEYS[7]  larder:{slot}:sets, a sorted set: the contents of the slot that somebody shows `member`, by a hash of theirs
-- ARGV[1]  add, remove, change, touch, describe, count, users, shown
-- ARGV[2]  of all but count, users and shown: the reaction; of these two: behind which presence, as ZRANGE BYLEX has it
-- ARGV[3]  of add, remove, count: the user, '' of count for none; of users and shown: up to which presence; of change: some of
--          replaced, strict and new, with spaces
-- ARGV[4]  of add, change, touch: for how many ms, '' for ever; of users and shown: how many
-- ARGV[5]  of add: '1' where the user's other reactions end; of change: how many come
-- ARGV[6]  of add, change: how many reactions a content may have
-- ARGV[7]  of change, and all behind it: who come, and then who go
--
-- Answers {'done'}, {'full'}, {'missing'}, {'more'} where more have ended than one turn can take: ask again,
-- {'counts', users, {reaction, count, ...}, {own, ...}}, {'users', {presence, ...}}, {'changed', come, gone}, {'mismatch', which, ''},
-- {'set', stamp, users, ms} of describe, where ms is -1 unless all who show it end, {'shown', {presence, ms, ...}, {reaction, count, ...}}
local all, ending, kinds, users, activity, due, sets = unpack(KEYS)
local MEMBERSHIP = 'member'
-- What has ended as a whole is still there for so long, so that it can be told who has.
local TOLD_MS = 60000
local content = string.match(all, '^larder:{%d+}:r:(.*)$')
local what = ARGV[1]
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)

local function countDown(hash, field)
  if redis.call('HINCRBY', hash, field, -1) <= 0 then redis.call('HDEL', hash, field) end
end

local function noteOf(what, presence)
  note(what, #content .. ':' .. content .. presence)
end

local function drop(presence, what)
  redis.call('ZREM', ending, presence)
  if redis.call('ZREM', all, presence) == 0 then return end
  noteOf(what or 'hidden', presence)
  local at = string.find(presence, '%z')
  local reaction = string.sub(presence, 1, at - 1)
  countDown(kinds, reaction)
  countDown(users, string.sub(presence, at + 1))
  if reaction == MEMBERSHIP and redis.call('HEXISTS', kinds, reaction) == 0 then redis.call('ZREM', sets, content) end
end

local function put(reaction, user, ms)
  local presence = reaction .. '\0' .. user
  if redis.call('ZADD', all, 0, presence) == 1 then
    if redis.call('HINCRBY', kinds, reaction, 1) == 1 and reaction == MEMBERSHIP then
      redis.call('ZADD', sets, tonumber(string.sub(redis.sha1hex(content), 1, 8), 16), content)
    end
    redis.call('HINCRBY', users, user, 1)
  end
  if ms then redis.call('ZADD', ending, nowMs + ms, presence) else redis.call('ZREM', ending, presence) end
  noteOf('shown', presence)
end

local function countUsers()
  return math.max(0, redis.call('HLEN', users) - redis.call('HEXISTS', users, ''))
end

-- What is told of the content elsewhere in its slot, which change this was, and that all of it ends where all end.
local function tell()
  local count = countUsers()
  if count == 0 then
    redis.call('ZREM', activity, content)
    redis.call('DEL', users)
  else
    redis.call('ZADD', activity, -count, content)
    local last = tonumber(redis.call('HGET', users, '') or 0)
    redis.call('HSET', users, '', string.format('%.0f', math.max(last + 1, time[1] * 1000000 + time[2])))
  end
  local next = redis.call('ZRANGE', ending, 0, 0, 'WITHSCORES')
  if #next == 0 then redis.call('ZREM', due, content) else redis.call('ZADD', due, next[2], content) end
  local areAllEnding = #next > 0 and redis.call('ZCARD', ending) == redis.call('ZCARD', all)
  local last = areAllEnding and redis.call('ZRANGE', ending, -1, -1, 'WITHSCORES')[2]
  local hadEnd = redis.call('PTTL', all) >= 0
  for place = 1, 4 do
    if areAllEnding then redis.call('PEXPIREAT', KEYS[place], last + TOLD_MS)
    elseif hadEnd then redis.call('PERSIST', KEYS[place]) end
  end
end

local ended = redis.call('ZRANGE', ending, '-inf', nowMs, 'BYSCORE', 'LIMIT', 0, 500)
for _, presence in ipairs(ended) do drop(presence, 'ended') end

local function shownBy(user)
  local own = {}
  for _, reaction in ipairs(redis.call('HKEYS', kinds)) do
    if redis.call('ZSCORE', all, reaction .. '\0' .. user) then own[#own + 1] = reaction end
  end
  return own
end

-- When the last of those who show it ends, in ms, where they all do.
local function endOf(reaction)
  local count = redis.call('ZCARD', ending)
  if count == 0 then return math.huge end
  local latest, after = 0, '[' .. reaction .. '\0'
  repeat
    local some = redis.call('ZRANGE', all, after, '(' .. reaction .. '\1', 'BYLEX', 'LIMIT', 0, 1000)
    for _, presence in ipairs(some) do
      local ends = redis.call('ZSCORE', ending, presence)
      if not ends then return math.huge end
      latest = math.max(latest, tonumber(ends))
    end
    after = '(' .. (some[#some] or '')
  until #some < 1000
  return latest
end

local function allWhoShow(reaction)
  return redis.call('ZRANGE', all, '[' .. reaction .. '\0', '(' .. reaction .. '\1', 'BYLEX')
end

local function isShown(reaction, user)
  return redis.call('ZSCORE', all, reaction .. '\0' .. user)
end

local function isFull(reaction)
  return redis.call('HEXISTS', kinds, reaction) == 0 and redis.call('HLEN', kinds) >= tonumber(ARGV[6])
end

if what == 'describe' then
  local reaction = ARGV[2]
  if #ended > 0 then tell() end
  if #ended == 500 then return { 'more' } end
  local count = tonumber(redis.call('HGET', kinds, reaction) or 0)
  if count == 0 then
    -- Somebody has looked for it among the sets of the slot: what has ended as a whole is not there any more.
    if reaction == MEMBERSHIP then redis.call('ZREM', sets, content) end
    return { 'missing' }
  end
  local ends = endOf(reaction)
  return { 'set', '0-' .. redis.call('HGET', users, ''), count, ends == math.huge and -1 or ends - nowMs }
end

if what == 'touch' then
  return function()
    local ms = tonumber(ARGV[4])
    for _, presence in ipairs(allWhoShow(ARGV[2])) do
      if ms and ms <= 0 then drop(presence)
      else
        if ms then redis.call('ZADD', ending, nowMs + ms, presence) else redis.call('ZREM', ending, presence) end
        noteOf('shown', presence)
      end
    end
    tell()
    return { 'done' }
  end
end

if what == 'change' then
  local reaction, flags, count = ARGV[2], ARGV[3], tonumber(ARGV[5])
  if #ended > 0 then tell() end
  if #ended == 500 then return { 'more' } end
  if isFull(reaction) then return { 'full' } end
  local isReplaced = string.find(flags, 'replaced', 1, true)
  if string.find(flags, 'new', 1, true) and redis.call('HEXISTS', kinds, reaction) == 1 then
    return { 'mismatch', 'ifNoneMatch', '' }
  end
  if string.find(flags, 'strict', 1, true) then
    for at = 7 + count, #ARGV do
      if not isShown(reaction, ARGV[at]) then return { 'mismatch', 'ifMatch', '' } end
    end
  end
  return function()
    local ms, coming, come, gone = tonumber(ARGV[4]), {}, 0, 0
    -- Where there is nothing else, all of it goes at once.
    local shown = tonumber(redis.call('HGET', kinds, reaction) or 0)
    if isReplaced and count == 0 and shown > 0 and redis.call('HLEN', kinds) == 1 then
      for _, presence in ipairs(isWatched() and allWhoShow(reaction) or {}) do noteOf('hidden', presence) end
      redis.call('UNLINK', all, ending, kinds, users)
      redis.call('ZREM', sets, content)
      tell()
      return { 'changed', 0, shown }
    end
    if not ms and not isReplaced then
      local ends = endOf(reaction)
      ms = ends < math.huge and ends - nowMs or nil
    end
    for at = 7, 6 + count do coming[ARGV[at]] = true end
    local function leave(user)
      if coming[user] or not isShown(reaction, user) then return end
      drop(reaction .. '\0' .. user)
      gone = gone + 1
    end
    if isReplaced then
      for _, presence in ipairs(allWhoShow(reaction)) do leave(string.sub(presence, #reaction + 2)) end
    else
      for at = 7 + count, #ARGV do leave(ARGV[at]) end
    end
    for user in pairs(coming) do
      local isNew = not isShown(reaction, user)
      if isNew then come = come + 1 end
      if ms and ms <= 0 then drop(reaction .. '\0' .. user)
      elseif isNew or isReplaced or ARGV[4] ~= '' then put(reaction, user, ms) end
    end
    tell()
    return { 'changed', come, gone }
  end
end

if what == 'add' then
  local reaction, user = ARGV[2], ARGV[3]
  if isFull(reaction) then
    if #ended > 0 then tell() end
    return { 'full' }
  end
  if ARGV[5] == '1' then
    for _, other in ipairs(shownBy(user)) do
      if other ~= reaction then drop(other .. '\0' .. user) end
    end
  end
  put(reaction, user, tonumber(ARGV[4]))
  tell()
  return { 'done' }
end

if what == 'remove' then
  drop(ARGV[2] .. '\0' .. ARGV[3])
  tell()
  return { 'done' }
end

-- Also where all of it has ended, and nothing is left but what is told of it.
local isTold = redis.call('ZSCORE', due, content)
if #ended > 0 or (isTold and tonumber(isTold) <= nowMs) then tell() end
if #ended == 500 then return { 'more' } end
if what == 'shown' then
  local shown = redis.call('ZRANGE', all, ARGV[2], ARGV[3], 'BYLEX', 'LIMIT', 0, ARGV[4])
  local told = {}
  for _, presence in ipairs(shown) do
    local ends = redis.call('ZSCORE', ending, presence)
    told[#told + 1] = presence
    told[#told + 1] = ends and math.max(0, ends - nowMs) or -1
  end
  return { 'shown', told, redis.call('HGETALL', kinds) }
end
local count = countUsers()
if count == 0 then return { 'missing' } end
if what == 'count' then
  return { 'counts', count, redis.call('HGETALL', kinds), ARGV[3] == '' and {} or shownBy(ARGV[3]) }
end
return { 'users', redis.call('ZRANGE', all, ARGV[2], ARGV[3], 'BYLEX', 'LIMIT', 0, ARGV[4]) }
