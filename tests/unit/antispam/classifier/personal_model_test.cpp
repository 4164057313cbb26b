#include "lib/antispam/classifier/personal_model.hpp"

#include <string>

#include "lib/antispam/classifier/model.hpp"
#include "tests/support/catch.hpp"

namespace postern::antispam {
namespace {

Features numbered(Slot first, Slot count) {
  Features features;
  for (Slot slot = first; slot < first + count; ++slot)
    features.lists[0].push_back(slot * 977 % max_slots);
  return features;
}

void teach_one(PersonalModel& own, const Features& features, MailClass taught) {
  const CellTable site;
  own.add(features, teach_personal(features, read_cells(features, site), own, taught));
}

TEST_CASE("PersonalModel: works from the first message", "[antispam]") {
  PersonalModel own;
  const Features letter = numbered(1, 100);
  CHECK(own.log_odds(letter) == 0);
  teach_one(own, letter, MailClass::spam);
  CHECK(own.log_odds(letter) > 0.5);
  const Features similar = numbered(20, 100);
  CHECK(own.log_odds(similar) > 0.2);
  const Features other = numbered(500, 100);
  CHECK(own.log_odds(other) < 0.3 * own.log_odds(letter));
}

TEST_CASE("PersonalModel: learns nothing that the site knows", "[antispam]") {
  CellTable site;
  const Features letter = numbered(1, 100);
  site.add(letter, {{weight_unit, 0, 0, 0}, 1, 0});
  const PersonalModel own;
  const auto lesson = teach_personal(letter, read_cells(letter, site), own, MailClass::spam);
  CHECK(lesson == PersonalLesson{0, 1, 0});
}

TEST_CASE("PersonalModel: unlearning is exact", "[antispam]") {
  PersonalModel own;
  teach_one(own, numbered(1, 50), MailClass::ham);
  const PersonalModel before = own;
  const Features letter = numbered(30, 90);
  const CellTable site;
  const auto lesson = teach_personal(letter, read_cells(letter, site), own, MailClass::spam);
  own.add(letter, lesson);
  CHECK_FALSE(own == before);
  own.add(letter, lesson.inverse());
  CHECK(own == before);
}

TEST_CASE("PersonalModel: two processes merge", "[antispam]") {
  PersonalModel one, other, both;
  const PersonalLesson lesson{500, 1, 0};
  one.add(numbered(1, 50), lesson);
  other.add(numbered(9, 50), lesson);
  both.add(numbered(9, 50), lesson);
  both.add(numbered(1, 50), lesson);
  one.merge(other);
  CHECK(one == both);
}

TEST_CASE("PersonalModel: few kilobytes, whatever is taught", "[antispam]") {
  PersonalModel own;
  CHECK(own.format().size() < 16);
  for (Slot i = 0; i < 500; ++i) {
    teach_one(own, numbered(i * 300, 300), i % 2 == 0 ? MailClass::spam : MailClass::ham);
  }
  CHECK(own.format().size() < 8 * 1024);
  const auto read = parse_personal_model(own.format());
  REQUIRE(read);
  CHECK(*read == own);
}

TEST_CASE("parse_personal_model: damage is refused", "[antispam][security]") {
  PersonalModel own;
  teach_one(own, numbered(1, 5), MailClass::spam);
  const std::string octets = own.format();
  for (std::size_t size = 0; size < octets.size(); ++size) {
    CHECK_FALSE(parse_personal_model(std::string_view(octets).substr(0, size)));
  }
  CHECK_FALSE(parse_personal_model(octets + "x"));
  CHECK_FALSE(parse_personal_model("\x63" + octets.substr(1)));
}

}  // namespace
}  // namespace postern::antispam
