#include "lib/store/value.hpp"

#include <array>

#include "lib/store/bounds.hpp"
#include "tests/support/catch.hpp"

namespace postern::store {
namespace {

using namespace std::chrono_literals;

StoredValue sample() {
  return {Kind::value, Time(1000000ms), 1h, Time(1000500ms), std::string("text\0more", 9)};
}

TEST_CASE("decode: undoes encode", "[store]") {
  const std::string octets = encode("key", sample());
  const auto decoded = decode("key", octets);
  REQUIRE(decoded.has_value());
  CHECK(*decoded == sample());
  StoredValue expendable = sample();
  expendable.expendable = true;
  CHECK(decode("key", encode("key", expendable)).value() == expendable);
  StoredValue empty = sample();
  empty.payload.clear();
  CHECK(decode("", encode("", empty)).value() == empty);
}

TEST_CASE("decode: every flipped bit, every cut, and another key are noticed", "[store]") {
  const std::string octets = encode("key", sample());
  for (std::size_t i = 0; i < octets.size() * 8; ++i) {
    std::string damaged = octets;
    damaged[i / 8] = static_cast<char>(damaged[i / 8] ^ (1 << i % 8));
    CHECK_FALSE(decode("key", damaged).has_value());
  }
  for (std::size_t size = 0; size < octets.size(); ++size) {
    CHECK_FALSE(decode("key", octets.substr(0, size)).has_value());
  }
  CHECK_FALSE(decode("kez", octets).has_value());
  CHECK_FALSE(decode("key", octets + '\0').has_value());
}

TEST_CASE("decode: a right checksum does not excuse impossible contents", "[store]") {
  StoredValue value = sample();
  value.lifetime = -1ms;
  CHECK_FALSE(decode("k", encode("k", value)).has_value());
  value.lifetime = max_lifetime + 1ms;
  CHECK_FALSE(decode("k", encode("k", value)).has_value());
  value = sample();
  value.written = Time::max();
  CHECK_FALSE(decode("k", encode("k", value)).has_value());
  value = sample();
  value.kind = static_cast<Kind>(99);
  CHECK_FALSE(decode("k", encode("k", value)).has_value());
}

TEST_CASE("StoredValue: a clock that steps back ends no life", "[store]") {
  const StoredValue value = sample();
  CHECK(value.is_live(value.written - 24h));
  CHECK(value.is_live(value.written));
  CHECK(value.is_live(value.expires() - 1ms));
  CHECK_FALSE(value.is_live(value.expires()));
}

TEST_CASE("unpack: only what pack made", "[store]") {
  CHECK(unpack<2>(pack({1, -2})) == Numbers<2>{1, -2});
  CHECK_FALSE(unpack<3>(pack({1, -2})).has_value());
  CHECK_FALSE(unpack<1>("short").has_value());
  const auto sums = unpack_sums(pack_sums(Time(5ms), {1.5, -2}));
  REQUIRE(sums.has_value());
  CHECK(sums->at == Time(5ms));
  CHECK(sums->sums == std::vector<double>{1.5, -2});
  CHECK_FALSE(unpack_sums("").has_value());
  CHECK_FALSE(unpack_sums(std::string(8 * (max_sums + 2), '\0')).has_value());
}

TEST_CASE("text_of: what people read", "[store]") {
  StoredValue value = sample();
  CHECK(text_of(value) == value.payload);
  value.kind = Kind::counter;
  value.payload = pack({-42});
  CHECK(text_of(value) == "-42");
  value.kind = Kind::sums;
  value.payload = pack_sums(Time(5ms), {1.5, -2});
  CHECK(text_of(value) == "1.5 -2");
}

}  // namespace
}  // namespace postern::store
