// The examples of RFC 6376 §A.2 and RFC 8463 §A, and a key without SubjectPublicKeyInfo.
#include <iostream>
#include <nlohmann/json.hpp>

#include "lib/io/openssl/openssl_crypto.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/dkim_message.hpp"

namespace postern::test {
namespace {

TEST_CASE("verify: the examples of the RFCs", "[dkim][rfc6376][rfc8463]") {
  const std::string text = read_suite_file("dkim-rfc/cases.json");
  if (text.empty()) {
    std::cout << "skipped: dkim-rfc not found\n";
    return;
  }
  const auto suite = nlohmann::json::parse(text);
  KeyZone zone;
  for (const auto& [name, record] : suite["dns"].items()) {
    zone[name] = text_answer({record.get<std::string>()});
  }
  const io::OpensslCrypto crypto;
  std::size_t verified = 0;
  for (const auto& row : suite["cases"]) {
    const auto file = row["file"].get<std::string>();
    CAPTURE(file);
    const Message message = parse_message(read_suite_file("dkim-rfc/" + file));
    const auto outcomes = verify(message, zone, crypto);
    CHECK(outcomes.size() == row["dkimpy"].size());
    for (const dkim::Outcome& outcome : outcomes) {
      CHECK(outcome.reason.empty());
      CHECK(authres::to_token(outcome.result) == row["expect"].get<std::string>());
      ++verified;
    }
  }
  CHECK(suite["cases"].size() == 4);
  CHECK(verified == 4);
}

}  // namespace
}  // namespace postern::test
