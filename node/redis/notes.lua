-- Put before all scripts: what they change is noted for those who watch, in a stream of the primary that carries them out. As
-- long as nobody watches there is no such stream, and nothing is noted.
--
-- A primary has one stream for all of its slots, so its name says nothing of the slot that a script is about: it comes with
-- every call, behind all else, '' where the node does not know it. What could not be noted there, as the slot of the stream
-- has just moved, is said on a channel: then those who watch have missed something.
--
-- A note is what has happened, and to what: there, turned (which was a value before and is a counter now, or the other way
-- round), deleted, expired of what is under a key; shown, hidden, ended of '<bytes of the content>:<content><presence>'.
local feed, notes = table.remove(ARGV), {}

local function note(what, name)
  notes[#notes + 1] = what
  notes[#notes + 1] = name
end

local function isWatched()
  return feed == '' or redis.pcall('EXISTS', feed) ~= 0
end

local function noted(answer)
  if not notes[1] or not isWatched() then return answer end
  for from = 1, #notes, 1000 do
    local place = feed ~= '' and redis.pcall('XADD', feed, 'NOMKSTREAM', 'MAXLEN', '~', 20000, '*',
      unpack(notes, from, math.min(#notes, from + 999)))
    if type(place) ~= 'string' then
      redis.pcall('PUBLISH', 'larder:unnoted', '')
      break
    end
  end
  return answer
end
