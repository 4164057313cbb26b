#include "lib/store/value.hpp"

#include <cstdio>

#include "lib/store/bounds.hpp"
#include "lib/store/hash.hpp"

namespace postern::store {
namespace {

// Numbers stand in the byte order of the host: a file moves between hosts of one kind only, which
// LMDB wants anyway.
constexpr char format_version = 1;
constexpr char expendable_flag = 0x40;  // beside the kind
constexpr std::size_t header_size = 2 + 3 * sizeof(std::int64_t);
constexpr std::size_t checksum_size = sizeof(std::uint64_t);

template <typename T>
void append(std::string& octets, T number) {
  char bytes[sizeof number];
  std::memcpy(bytes, &number, sizeof number);
  octets.append(bytes, sizeof number);
}

template <typename T>
T read(std::string_view octets, std::size_t offset) {
  T number{};
  std::memcpy(&number, octets.data() + offset, sizeof number);
  return number;
}

Time time_of(std::int64_t number) {
  return Time(Lifetime(number));
}

// The end of a life may come after the last time.
bool is_time(std::int64_t number) {
  return number >= -max_time.count() && number <= (max_time + max_lifetime).count();
}

bool is_kind(char c) {
  return c >= static_cast<char>(Kind::value) && c <= static_cast<char>(Kind::admission);
}

std::string join(const std::vector<double>& sums) {
  std::string text;
  for (const double sum : sums) {
    char number[32];
    std::snprintf(number, sizeof number, "%.6g", sum);
    if (!text.empty()) text += ' ';
    text += number;
  }
  return text;
}

}  // namespace

std::string encode(std::string_view key, const StoredValue& value) {
  std::string octets;
  octets.reserve(header_size + value.payload.size() + checksum_size);
  octets += format_version;
  const auto kind = static_cast<char>(value.kind);
  octets += static_cast<char>(value.expendable ? kind | expendable_flag : kind);
  append(octets, value.written.time_since_epoch().count());
  append(octets, value.lifetime.count());
  append(octets, value.indexed.time_since_epoch().count());
  octets += value.payload;
  append(octets, fnv1a(octets, fnv1a(key)));
  return octets;
}

Parsed<StoredValue> decode(std::string_view key, std::string_view octets) {
  if (octets.size() < header_size + checksum_size) return parse_error(octets.size(), "too short");
  const std::string_view covered = octets.substr(0, octets.size() - checksum_size);
  if (read<std::uint64_t>(octets, covered.size()) != fnv1a(covered, fnv1a(key))) {
    return parse_error(covered.size(), "wrong checksum");
  }
  if (octets[0] != format_version) return parse_error(0, "unknown version");
  const auto kind = static_cast<char>(octets[1] & ~expendable_flag);
  if (!is_kind(kind)) return parse_error(1, "unknown kind");
  StoredValue value;
  value.kind = static_cast<Kind>(kind);
  value.expendable = kind != octets[1];
  const auto written = read<std::int64_t>(octets, 2);
  const auto lifetime = read<std::int64_t>(octets, 10);
  const auto indexed = read<std::int64_t>(octets, 18);
  if (!is_time(written) || !is_time(indexed)) {
    return parse_error(2, "impossible time");
  }
  if (lifetime < 0 || lifetime > max_lifetime.count())
    return parse_error(10, "impossible lifetime");
  value.written = time_of(written);
  value.lifetime = Lifetime(lifetime);
  value.indexed = time_of(indexed);
  value.payload = covered.substr(header_size);
  return value;
}

std::string pack(std::initializer_list<std::int64_t> numbers) {
  std::string payload;
  for (const std::int64_t number : numbers) append(payload, number);
  return payload;
}

std::string pack_sums(Time at, const std::vector<double>& sums) {
  std::string payload;
  append(payload, at.time_since_epoch().count());
  for (const double sum : sums) append(payload, sum);
  return payload;
}

std::optional<SumsAt> unpack_sums(std::string_view payload) {
  constexpr std::size_t at_size = sizeof(std::int64_t);
  if (payload.size() < at_size || payload.size() % sizeof(double) != 0) return std::nullopt;
  const std::size_t count = payload.size() / sizeof(double) - 1;
  if (count > max_sums) return std::nullopt;
  SumsAt result{clamp_time(time_of(read<std::int64_t>(payload, 0))), {}};
  for (std::size_t i = 0; i < count; ++i) {
    result.sums.push_back(read<double>(payload, at_size + i * sizeof(double)));
  }
  return result;
}

std::string text_of(const StoredValue& value) {
  switch (value.kind) {
    case Kind::value: return value.payload;
    case Kind::sums: {
      const auto sums = unpack_sums(value.payload);
      return sums ? join(sums->sums) : std::string();
    }
    case Kind::counter:
    case Kind::bucket:
    case Kind::window:
    case Kind::admission: break;
  }
  std::string text;
  for (std::size_t i = 0; i + sizeof(std::int64_t) <= value.payload.size();
       i += sizeof(std::int64_t)) {
    if (!text.empty()) text += ' ';
    text += std::to_string(read<std::int64_t>(value.payload, i));
  }
  return text;
}

}  // namespace postern::store
