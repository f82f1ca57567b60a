-- What was noted (`notes.lua`) after a place, of a stream that is there from now on, and for a while when nobody asks any more.
--
-- KEYS[1]  larder:{slot}:feed, the stream
-- ARGV[1]  behind which place, '' for none
-- ARGV[2]  how many at the most
-- ARGV[3]  for how many ms it is kept
--
-- Answers {first place, last place, {{place, {what, name, ...}}, ...}}
local feed = KEYS[1]
if redis.call('EXISTS', feed) == 0 then redis.call('XADD', feed, '*', 'begun', '') end
redis.call('PEXPIRE', feed, ARGV[3])
local first = redis.call('XRANGE', feed, '-', '+', 'COUNT', 1)[1][1]
local last = redis.call('XREVRANGE', feed, '+', '-', 'COUNT', 1)[1][1]
local some = ARGV[1] == '' and {} or redis.call('XRANGE', feed, '(' .. ARGV[1], '+', 'COUNT', ARGV[2])
return { first, last, some }
