#include "lib/antispam/classifier/cells.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "lib/antispam/classifier/varint.hpp"
#include "tests/support/catch.hpp"

namespace postern::antispam {
namespace {

Features some_features(std::initializer_list<Slot> singles, std::initializer_list<Slot> grams) {
  Features features;
  features.lists[0] = singles;
  features.lists[2] = grams;
  return features;
}

const Lesson spam_lesson{{700, 0, -3, 0}, 1, 0};
const Lesson ham_lesson{{-70'000, 0, 12, 0}, 0, 1};

TEST_CASE("Lesson: only singles and pairs are counted", "[antispam]") {
  CHECK(spam_lesson.cell(FeatureFamily::single) == Cell{700, 1, 0});
  CHECK(spam_lesson.cell(FeatureFamily::pair) == Cell{0, 1, 0});
  CHECK(spam_lesson.cell(FeatureFamily::header_gram) == Cell{-3, 0, 0});
}

TEST_CASE("CellTable: unlearning is exact, whatever was learned since", "[antispam]") {
  CellTable table;
  const Features first = some_features({1, 5, 900'000}, {7});
  const Features second = some_features({5, 6}, {7, 1});
  table.add(first, spam_lesson);
  table.add(second, ham_lesson);
  table.add(first, spam_lesson.inverse());
  CellTable only_second;
  only_second.add(second, ham_lesson);
  CHECK(table.contents() == only_second.contents());
}

TEST_CASE("CellTable: sums that wrap round come back", "[antispam]") {
  CellTable table;
  const Features features = some_features({3}, {});
  const Lesson most{{std::numeric_limits<std::int32_t>::max(), 0, 0, 0}, 1, 0};
  table.add(features, most);
  table.add(features, most);
  table.add(features, most.inverse());
  table.add(features, most.inverse());
  CHECK(table.contents() == CellDeltas());
}

TEST_CASE("CellDeltas: trainers at once come to one model in any order", "[antispam]") {
  const CellDeltas a(some_features({1, 5, 9}, {7}), spam_lesson);
  const CellDeltas b(some_features({5, 6}, {7}), ham_lesson);
  CellDeltas ab = a, ba = b;
  ab.merge(b);
  ba.merge(a);
  CHECK(ab == ba);
  CellTable one, other;
  one.add(ab);
  other.add(b);
  other.add(a);
  CHECK(one.contents() == other.contents());
  CHECK(one.totals() == Cell{0, 1, 1});
  ab.merge(CellDeltas(some_features({1, 5, 9}, {7}), spam_lesson.inverse()));
  CHECK(ab == b);
}

TEST_CASE("parse_cell_deltas: what was written is read", "[antispam]") {
  CellDeltas deltas(some_features({0, 77, max_slots - 1}, {78}), ham_lesson);
  const std::string octets = deltas.format();
  const auto read = parse_cell_deltas(octets);
  REQUIRE(read);
  CHECK(*read == deltas);
  CHECK(octets.size() < 40);
  CHECK(parse_cell_deltas(CellDeltas().format()));
}

TEST_CASE("parse_cell_deltas: damage is refused", "[antispam][security]") {
  const std::string octets = CellDeltas(some_features({3, 4}, {}), spam_lesson).format();
  for (std::size_t size = 0; size < octets.size(); ++size) {
    CHECK_FALSE(parse_cell_deltas(std::string_view(octets).substr(0, size)));
  }
  CHECK_FALSE(parse_cell_deltas(octets + "x"));
  std::string other_version = octets;
  other_version[0] = 99;
  const auto refused = parse_cell_deltas(other_version);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().problem == "the model was learned by another version of this program");
}

TEST_CASE("parse_cell_deltas: slots beyond the last are refused", "[antispam][security]") {
  std::string octets;
  for (const std::uint32_t number : {feature_version, slot_bits, 0U, 0U, 0U, 1U}) {
    append_unsigned(octets, number);
  }
  std::string beyond = octets;
  append_unsigned(beyond, max_slots);
  for (int i = 0; i < 3; ++i) append_signed(beyond, 1);
  CHECK_FALSE(parse_cell_deltas(beyond));
  append_unsigned(octets, max_slots - 1);
  for (int i = 0; i < 3; ++i) append_signed(octets, 1);
  CHECK(parse_cell_deltas(octets));
}

TEST_CASE("varint: numbers at the edges", "[antispam]") {
  for (const std::int32_t number : {0, 1, -1, 63, 64, -65, std::numeric_limits<std::int32_t>::max(),
                                    std::numeric_limits<std::int32_t>::min()}) {
    std::string octets;
    append_signed(octets, number);
    VarintReader reader(octets);
    std::int32_t read = 0;
    REQUIRE(reader.read_signed(read));
    CHECK(read == number);
    CHECK(reader.is_at_end());
  }
  std::uint32_t number = 0;
  CHECK_FALSE(VarintReader(std::string("\x80\x00", 2)).read_unsigned(number));  // not the shortest
  CHECK_FALSE(VarintReader("\xFF\xFF\xFF\xFF\x1F").read_unsigned(number));      // 33 bits
  CHECK_FALSE(VarintReader("\x80").read_unsigned(number));
}

}  // namespace
}  // namespace postern::antispam
