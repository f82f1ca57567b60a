-- What there is under a key, as it is: most values have no end, and are read so.
--
-- KEYS[1]  larder:{slot}:v:<key>, as in `keys.lua`
--
-- Answers s, t, b, c, e of it, each false where there is none
return redis.call('HMGET', KEYS[1], 's', 't', 'b', 'c', 'e')
