#include "lib/antispam/classifier/model.hpp"

#include <cmath>
#include <string>

#include "lib/antispam/classifier/explanation.hpp"
#include "lib/antispam/classifier/features.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/antispam/message/plain_environment.hpp"

namespace postern::antispam {
namespace {

std::string letter(int number) {
  return "From: Ann <ann@example.org>\nSubject: Report " + std::to_string(number) +
         "\n\nThe minutes of meeting " + std::to_string(number) +
         " are attached, please read them before Monday.\n";
}

std::string offer(int number) {
  return "From: Winner <w" + std::to_string(number) +
         "@example.com>\nSubject: You won!!!\n\nClaim your prize of $" +
         std::to_string(number * 1000) + " now at http://prize.example.com/claim\n";
}

Features features_of(const std::string& text) {
  const PlainEnvironment environment;
  RenderedMessage message(text, environment.render);
  return read_features(message);
}

Lesson learn(CellTable& model, const std::string& text, MailClass taught) {
  const Features features = features_of(text);
  const Lesson lesson = teach(features, read_cells(features, model), taught);
  model.add(features, lesson);
  return lesson;
}

double probability_of(const CellTable& model, const std::string& text) {
  const Features features = features_of(text);
  return classify(features, read_cells(features, model)).probability;
}

CellTable& taught_model(CellTable& model) {
  for (int i = 0; i < 5; ++i) {
    learn(model, letter(i), MailClass::ham);
    learn(model, offer(i), MailClass::spam);
  }
  return model;
}

TEST_CASE("classify: nothing learned, nothing known", "[antispam]") {
  CHECK(probability_of(CellTable(), letter(1)) == 0.5);
  CHECK(probability_of(CellTable(), "") == 0.5);
}

TEST_CASE("classify: few lessons tell letters from offers", "[antispam]") {
  CellTable model;
  taught_model(model);
  CHECK(probability_of(model, letter(77)) < 0.1);
  CHECK(probability_of(model, offer(77)) > 0.9);
}

TEST_CASE("teach: what was foreseen teaches no weight", "[antispam]") {
  CellTable model;
  taught_model(model);
  for (int i = 0; i < 60; ++i) learn(model, offer(3), MailClass::spam);
  CHECK(learn(model, offer(3), MailClass::spam) == Lesson{{}, 1, 0});
}

TEST_CASE("teach_again: counts nothing", "[antispam]") {
  const CellTable model;
  const Features features = features_of(letter(1));
  const Lesson lesson = teach_again(features, read_cells(features, model), MailClass::ham);
  CHECK(lesson.spam == 0);
  CHECK(lesson.ham == 0);
  CHECK(lesson.weights[0] < 0);
}

TEST_CASE("teach: a lesson taken back leaves no trace", "[antispam]") {
  CellTable model;
  const Lesson wrong = learn(model, offer(9), MailClass::ham);
  taught_model(model);
  const CellDeltas with = model.contents();
  model.add(features_of(offer(9)), wrong.inverse());
  CHECK_FALSE(model.contents() == with);
  CHECK(model.totals() == Cell{0, 5, 5});
  model.add(features_of(offer(9)), wrong);
  CHECK(model.contents() == with);
}

TEST_CASE("classify: a user's own model counts for him alone", "[antispam]") {
  CellTable site;
  taught_model(site);
  const Features features = features_of(letter(8));
  const KnownCells known = read_cells(features, site);
  const double before = classify(features, known).log_odds;
  PersonalModel own;
  for (int i = 0; i < 10; ++i) {
    own.add(features, teach_personal(features, known, own, MailClass::spam));
  }
  CHECK(classify(features, known, &own).probability > 0.5);
  CHECK(classify(features, known).log_odds == before);
}

TEST_CASE("features_digest: tells whether features are the same", "[antispam]") {
  CHECK(features_digest(features_of(letter(1))) == features_digest(features_of(letter(1))));
  CHECK(features_digest(features_of(letter(1))) != features_digest(features_of(offer(1))));
}

TEST_CASE("classify: damaged counts are passed over", "[antispam][security]") {
  const Features features = features_of(letter(1));
  KnownCells known;
  known.cells.resize(features.size(), {0, -5, 3});
  known.totals = {0, -2, -2147483647};
  const double probability = classify(features, known).probability;
  CHECK(probability == 0.5);
}

TEST_CASE("explain: in words, the weightiest first", "[antispam]") {
  CellTable model;
  taught_model(model);
  const PlainEnvironment environment;
  const std::string text = offer(5);
  RenderedMessage message(text, environment.render);
  const auto reasons = explain(message, model, 400);
  REQUIRE(reasons.size() > 10);
  for (std::size_t i = 1; i < reasons.size(); ++i) {
    CHECK(std::fabs(reasons[i - 1].log_odds) >= std::fabs(reasons[i].log_odds));
  }
  const auto has = [&](std::string_view wanted) {
    for (const auto& reason : reasons) {
      if (reason.text == wanted) return reason.log_odds > 0;
    }
    return false;
  };
  CHECK(has("the wording of the header"));
  CHECK(has("word \"prize\""));
  CHECK(has("link to \"prize.example.com\""));
  CHECK(explain(message, model, 3).size() == 3);
}

TEST_CASE("explain: what peers wrote stays in its line", "[antispam][security]") {
  CellTable model;
  const std::string text = "X-\"Odd: \x01\x02 " + std::string(300, 'y') +
                           "\nSubject: a\x1B[31mb\n\n\x7F\x07zzz " + std::string(100, 'q') + "\n";
  learn(model, text, MailClass::spam);
  const PlainEnvironment environment;
  RenderedMessage message(text, environment.render);
  for (const auto& reason : explain(message, model, 1000)) {
    CHECK(reason.text.size() < 200);
    for (const char c : reason.text) CHECK((static_cast<unsigned char>(c) >= 0x20 && c != 0x7F));
  }
}

}  // namespace
}  // namespace postern::antispam
