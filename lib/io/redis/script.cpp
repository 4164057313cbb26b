#include "lib/io/redis/script.hpp"

namespace postern::io::redis {

// All numbers stay below 2^53, where doubles are exact: see store::Scale. Times and levels are
// whole; a - a % b makes divisions so.
constexpr std::string_view script = R"lua(
local key = KEYS[1]
local now = tonumber(ARGV[2])
local foreign = '0'

local function whole(n) return string.format('%.0f', n) end

-- The text behind our mark, or nil.
local function read(from, kind)
  local text = redis.pcall('GET', from)
  if type(text) == 'table' then
    if redis.call('HEXISTS', from, 'P1c') == 0 then foreign = '1' end
    return nil
  end
  if not text then return nil end
  if string.sub(text, 1, 3) == 'P1' .. kind then return string.sub(text, 4) end
  if string.sub(text, 1, 2) ~= 'P1' then foreign = '1' end
  return nil
end

-- HEXISTS fails on what is neither a string nor a hash.
local function safe_read(from, kind)
  local held = redis.call('TYPE', from).ok
  if held == 'none' then return nil end
  if held ~= 'string' and held ~= 'hash' then
    foreign = '1'
    return nil
  end
  return read(from, kind)
end

local function write(to, kind, text, lifetime)
  if tonumber(lifetime) <= 0 then
    redis.call('DEL', to)
  else
    redis.call('SET', to, 'P1' .. kind .. text, 'PX', lifetime)
  end
end

local function numbers(text, count)
  if not text then return nil end
  local list = {}
  for word in string.gmatch(text, '%S+') do
    local n = tonumber(word)
    if not n or n ~= n then return nil end
    list[#list + 1] = n
  end
  if count and #list ~= count then return nil end
  return list
end

local op = {}

function op.get()
  local text = safe_read(key, 'v')
  if text then return {foreign, text} end
  return {foreign}
end

-- value, lifetime
function op.put()
  write(key, 'v', ARGV[3], ARGV[4])
  return {foreign}
end

-- value, lifetime
function op.put_if_absent()
  local text = safe_read(key, 'v')
  if not text then
    write(key, 'v', ARGV[3], ARGV[4])
    return {foreign}
  end
  if redis.call('PTTL', key) < tonumber(ARGV[4]) then redis.call('PEXPIRE', key, ARGV[4]) end
  return {foreign, text}
end

-- delta, lifetime
function op.add()
  local held = redis.call('TYPE', key).ok
  if held == 'hash' then
    local count = redis.call('HGET', key, 'P1c')
    if not count or not string.match(count, '^%-?%d+$') then
      foreign = '1'
      redis.call('DEL', key)
    end
  elseif held ~= 'none' then
    if held ~= 'string' or redis.call('GETRANGE', key, 0, 1) ~= 'P1' then foreign = '1' end
    redis.call('DEL', key)
  end
  local done = redis.pcall('HINCRBY', key, 'P1c', ARGV[3])
  if type(done) == 'table' and done.err and string.find(done.err, 'not an integer', 1, true) then
    foreign = '1'
    redis.call('DEL', key)
    done = redis.pcall('HINCRBY', key, 'P1c', ARGV[3])
  end
  if type(done) == 'table' and done.err then
    if not string.find(done.err, 'overflow', 1, true) then return done end
    local least = string.sub(ARGV[3], 1, 1) == '-'
    redis.call('HSET', key, 'P1c', least and '-9223372036854775808' or '9223372036854775807')
  end
  local count = redis.call('HGET', key, 'P1c')
  if tonumber(ARGV[4]) <= 0 then
    redis.call('DEL', key)
  else
    redis.call('PEXPIRE', key, ARGV[4])
  end
  return {foreign, count}
end

local function divide_up(a, b)
  local rest = a % b
  if rest == 0 then return a / b end
  return (a - rest) / b + 1
end

-- What was taken in units of another scale.
local function rescale(units, from, shift, most)
  return math.min(math.ceil(units * 2 ^ from / 2 ^ shift), most)
end

local function take_gcra(units, period, shift, cost, skew)
  local s = numbers(safe_read(key, 'g'), 4) or {0, 0, 0, 0}
  local at, level = s[1], s[2]
  if s[3] ~= period or s[4] ~= shift then
    local used = s[3] > 0 and divide_up(level, s[3]) or 0
    at, level = now, rescale(used, s[4], shift, units) * period
  end
  level = math.max(0, math.min(level, units * period))
  local changed = false
  if at - now > skew then at, changed = now, true end
  local kept = level
  local elapsed = math.max(0, math.min(now - at, period))
  level = math.max(level - elapsed * units, 0)
  local capacity = units * period
  local after = cost <= units and level + cost * period or capacity + 1
  local admitted = after <= capacity
  local left = capacity - (admitted and after or level)
  local retry = 0
  if not admitted then
    retry = cost > units and period or divide_up(after - capacity, units) + math.max(at - now, 0)
  end
  if admitted and cost > 0 then
    kept, at, changed = after, math.max(at, now), true
  end
  if changed then
    write(key, 'g', whole(at) .. ' ' .. whole(kept) .. ' ' .. whole(period) .. ' ' .. whole(shift),
          ARGV[9])
  end
  return admitted, (left - left % period) / period, retry
end

local function take_window(units, period, shift, cost, skew)
  local s = numbers(safe_read(key, 'w'), 5) or {0, 0, 0, 0, 0}
  local start, current, previous = s[1], s[2], s[3]
  local here = now - now % period
  if s[4] ~= period or s[5] ~= shift then
    start, current, previous = here, rescale(current, s[5], shift, units), 0
  end
  current = math.max(0, math.min(current, units))
  previous = math.max(0, math.min(previous, units))
  local changed = false
  if start - now > skew then start, previous, changed = here, 0, true end
  if here > start then
    previous = here - start == period and current or 0
    start, current = here, 0
  end
  local ahead = math.max(start - now, 0)
  local elapsed = math.max(now - start, 0)
  local capacity = units * period
  local before = previous * (period - elapsed) + current * period
  local admitted = cost <= units and before + cost * period <= capacity
  local retry = 0
  if not admitted then
    local room = units - cost
    local covered
    if room < 0 then
      retry = period
    elseif current <= room then
      covered = (room - current) * period
      covered = (covered - covered % previous) / previous
      retry = math.max(period - elapsed - covered, 1) + ahead
    else
      covered = room * period
      covered = (covered - covered % current) / current
      retry = period - elapsed + math.max(period - covered, 0) + ahead
    end
  elseif cost > 0 then
    current, changed = current + cost, true
  end
  local left = math.max(capacity - before - (admitted and cost * period or 0), 0)
  if changed then
    write(key, 'w', whole(start) .. ' ' .. whole(current) .. ' ' .. whole(previous) .. ' ' ..
          whole(period) .. ' ' .. whole(shift), ARGV[9])
  end
  return admitted, (left - left % period) / period, retry
end

-- algorithm, units, period, shift, cost, skew, lifetime of the state, and of the answer
function op.take()
  local answer = KEYS[2]
  if answer then
    local known = numbers(safe_read(answer, 'a'), 4)
    if known then
      return {foreign, whole(known[1]), whole(known[2]), whole(known[3]), whole(known[4])}
    end
  end
  local take = ARGV[3] == 'gcra' and take_gcra or take_window
  local shift = tonumber(ARGV[6])
  local admitted, remaining, retry = take(tonumber(ARGV[4]), tonumber(ARGV[5]), shift,
                                          tonumber(ARGV[7]), tonumber(ARGV[8]))
  local result = {admitted and '1' or '0', whole(remaining), whole(shift), whole(retry)}
  if answer then write(answer, 'a', table.concat(result, ' '), ARGV[10]) end
  return {foreign, result[1], result[2], result[3], result[4]}
end

local function bounded(n)
  if n ~= n then return 0 end
  return math.max(-1e300, math.min(n, 1e300))
end

-- half-life, lifetime, allowed skew, whether to write, deltas
function op.accumulate()
  local half_life, lifetime = tonumber(ARGV[3]), tonumber(ARGV[4])
  local count = #ARGV - 6
  local s = numbers(safe_read(key, 's'), count + 1)
  local at = now
  local share = 0
  if s then
    if s[1] > now and s[1] - now <= tonumber(ARGV[5]) then at = s[1] end
    local elapsed = math.max(0, math.min(at - s[1], math.max(lifetime, 1)))
    share = half_life > 0 and 2 ^ (-elapsed / half_life) or 1
  end
  local result = {foreign}
  local text = whole(at)
  for i = 1, count do
    local sum = tonumber(ARGV[6 + i])
    if s then sum = bounded(bounded(s[i + 1]) * share + sum) end
    result[i + 1] = string.format('%.17g', sum)
    text = text .. ' ' .. result[i + 1]
  end
  result[1] = foreign
  if ARGV[6] == '1' then write(key, 's', text, ARGV[4]) end
  return result
end

function op.erase()
  redis.call('DEL', key)
  return {foreign}
end

-- For scans: the kind, the text, and what is left of the lifetime.
function op.item()
  local held = redis.call('TYPE', key).ok
  local ttl = whole(redis.call('PTTL', key))
  if held == 'hash' then
    local count = redis.call('HGET', key, 'P1c')
    if count then return {'0', 'c', count, ttl} end
  elseif held == 'string' then
    local text = redis.call('GET', key)
    if string.sub(text, 1, 2) == 'P1' and #text > 2 then
      return {'0', string.sub(text, 3, 3), string.sub(text, 4), ttl}
    end
  end
  return {held == 'none' and '0' or '1'}
end

return op[ARGV[1]]()
)lua";

}  // namespace postern::io::redis
