// Whatever ARC fields come: validation ends, asks at most 100 questions, and pass means a chain.
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/dkim_toy_crypto.hpp"
#include "fuzz/support.hpp"
#include "lib/arc/validator.hpp"

using namespace postern;
using authres::Result;
using fuzz::require;

namespace {

// Which keys there are follows from the name, so that every outcome of DNS occurs.
dns::Answer answer(const dns::Question& question) {
  dns::Answer answer;
  switch (question.name.size() % 8) {
    case 0: answer.status = dns::Status::timeout; break;
    case 1: answer.status = dns::Status::nxdomain; break;
    default:
      answer.status = dns::Status::success;
      answer.texts = {"k=ed25519; p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="};
  }
  return answer;
}

void check_pass(const arc::Outcome& outcome) {
  require(outcome.sets.size() == outcome.instances);
  require(outcome.instances >= 1 && outcome.instances <= arc::max_sets);
  require(outcome.oldest_pass <= outcome.instances);
  for (std::size_t i = 0; i < outcome.sets.size(); ++i) {
    require(outcome.sets[i].instance == i + 1);
    require(dns::parse_domain(outcome.sets[i].seal_domain).has_value());
    require(!outcome.sets[i].authserv_id.empty());
  }
}

void check(const std::vector<std::string>& texts) {
  std::vector<mail::HeaderField> fields;
  for (const std::string& text : texts) {
    const std::string_view raw(text);
    const std::size_t colon = raw.find(':');
    if (colon != raw.npos) fields.push_back({raw, raw.substr(0, colon), raw.substr(colon + 1)});
  }
  const mail::HeaderSection header(std::move(fields));
  const fuzz::ToyCrypto crypto(true);
  dkim::BodyHasher body(crypto);
  const arc::Validator validator(header, crypto, fuzz::ascii_domain, body, {});
  const dns::Questions questions = validator.questions();
  require(questions.size() <= 100);
  body.update("text\r\n");
  body.finish();
  dns::Answers answers;
  const auto early = validator.validate(answers, 1000);
  require(early.is_done() == questions.empty());
  for (const dns::Question& question : questions) answers.add(question, answer(question));
  const auto evaluation = validator.validate(answers, 1000);
  require(evaluation.is_done());
  const arc::Outcome& outcome = evaluation.result();
  const Result result = outcome.result;
  require(result == Result::none || result == Result::pass || result == Result::fail ||
          result == Result::temperror);
  require(outcome.reason.empty() == (result == Result::none || result == Result::pass));
  if (result == Result::pass) check_pass(outcome);
}

// Two octets make a whole set, with one thing wrong now and then.
std::vector<std::string> make_sets(std::string_view bytes) {
  constexpr std::string_view hash = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  constexpr std::array<std::string_view, 8> extras = {"",     "",        ";l=3", ";t=2000",
                                                      ";x=1", ";h=from", ";i=1", ";cv=fail"};
  std::vector<std::string> fields;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    const unsigned what = static_cast<unsigned char>(bytes[i]);
    const unsigned how = static_cast<unsigned char>(bytes[i + 1]);
    const std::size_t number = i / 2 + 1 + (how % 64 == 63 ? 1 : 0);
    const std::string instance = "i=" + std::to_string(number);
    const std::string key = ";a=ed25519-sha256;s=" + std::string(how % 4 + 1, 's') +
                            ";d=a.example;b=" + (what % 16 == 15 ? "/AAA" : "AAAA");
    const std::string cv = i == 0 ? ";cv=none" : ";cv=pass";
    const std::string extra(what < 224 ? "" : extras[how % extras.size()]);
    if (what % 32 != 30) {
      fields.push_back("ARC-Authentication-Results: " + instance + "; mx; none");
    }
    fields.push_back("ARC-Message-Signature: " + instance + key +
                     ";h=From;bh=" + std::string(hash) + (what % 2 == 0 ? extra : ""));
    fields.push_back("ARC-Seal: " + instance + key + cv + (what % 2 == 1 ? extra : ""));
  }
  return fields;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  check(fuzz::split_lines(bytes));  // every line is a field
  check(make_sets(bytes.substr(0, 120)));
  return 0;
}
