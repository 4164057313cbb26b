// Mail that comes back from inside: which of it may be signed.
#include "lib/signing/earlier_results.hpp"

#include "lib/authres/parse.hpp"
#include "lib/io/idn2/to_ascii_domain.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/dkim_message.hpp"

namespace postern::signing {
namespace {

constexpr std::string_view our_id = "mx.example.org";

// Says which domains have keys and makes none.
class NamedKeys final : public dkim::KeySource {
 public:
  [[nodiscard]] std::vector<dkim::SigningKey> keys_for(std::string_view domain,
                                                       bool /*allow_parents*/) const override {
    if (domain != "example.org") return {};
    return {{"example.org", "s1", nullptr}};
  }
  [[nodiscard]] dkim::NoKey why_none(std::string_view domain,
                                     bool /*allow_parents*/) const override {
    return {domain == "broken.example", "no key"};
  }
  [[nodiscard]] std::vector<std::string> domains() const override { return {"example.org"}; }
};

std::optional<EarlierResults> find(const std::vector<std::string>& results,
                                   const std::string& author = "alice@example.org",
                                   const Settings& settings = Settings()) {
  test::Message message{{"From: " + author, "Subject: x"}, "text\r\n"};
  for (const std::string& body : results) {
    message.fields.push_back("Authentication-Results: " + body);
  }
  return find_objection(message.header(), io::to_ascii_domain, our_id, settings, NamedKeys());
}

TEST_CASE("find_objection: the author we judged must have passed", "[signing][security]") {
  struct Row {
    std::string results;
    std::string objection;  // the result, or empty when there is none
  };
  const Row rows[] = {
      {"mx.example.org; dmarc=pass header.from=example.org", ""},
      {"MX.Example.ORG; DMARC=Pass (p=none) header.from=Example.Org", ""},
      {"mx.example.org; dmarc=fail (p=reject) header.from=example.org", "fail"},
      {"mx.example.org;\r\n\tspf=pass smtp.mailfrom=x@attack.example;\r\n\tdmarc=fail "
       "header.from=example.org",
       "fail"},
      {"mx.example.org; dmarc=temperror header.from=example.org", "temperror"},
      {"mx.example.org; dmarc=none header.from=example.org", "none"},
      {"mx.example.org; dmarc=odd header.from=example.org", "none"},
      {"mx.example.org; dmarc=pass", "none"},                // of whom?
      {"mx.example.org; dmarc=permerror", "none"},           // an author nobody could read
      {"mx.example.org; spf=pass smtp.mailfrom=x", "none"},  // DMARC was off
      {"mx.example.org; none", "none"},
      {"mx.example.org; dmarc=pass header.from=example.org; (", "none"},  // damaged
      // From was written anew by a list: the list answers for it.
      {"mx.example.org; dmarc=pass header.from=other.example", ""},
      {"mx.example.org; dmarc=fail header.from=other.example", ""},
      {"mx.example.org; dmarc=pass header.from=other.example; dmarc=fail header.from=example.org",
       "fail"},
      {"mx.other.example; dmarc=fail header.from=example.org", ""},  // not ours
  };
  for (const Row& row : rows) {
    CAPTURE(row.results);
    const auto found = find({row.results});
    CHECK(found.has_value() == !row.objection.empty());
    if (!found) continue;
    CHECK(found->result == row.objection);
    CHECK(found->author_domain == "example.org");
    CHECK(found->reason == "came from outside before, and DMARC did not pass for example.org");
  }
}

TEST_CASE("find_objection: of several fields none may object", "[signing][security]") {
  const std::string good = "mx.example.org; dmarc=pass header.from=example.org";
  const std::string bad = "mx.example.org; dmarc=fail header.from=example.org";
  CHECK_FALSE(find({good, good}));
  CHECK(find({good, bad}));
  CHECK(find({bad, good}));
}

TEST_CASE("find_objection: none for mail that is not signed anyway", "[signing]") {
  const std::vector<std::string> bad = {"mx.example.org; dmarc=fail header.from=example.org",
                                        "mx.example.org; dmarc=fail header.from=other.example",
                                        "mx.example.org; dmarc=fail header.from=broken.example"};
  CHECK_FALSE(find(bad, "a@other.example"));  // no key
  CHECK_FALSE(find(bad, "a@example.org, b@other.example"));
  CHECK_FALSE(find(bad, "nonsense"));
  Settings off;
  off.all.enabled = false;
  CHECK_FALSE(find(bad, "a@example.org", off));
  CHECK(find(bad, "a@broken.example"));  // signed as soon as its key is mended
}

TEST_CASE("format_earlier: what it says is an objection the next time, too",
          "[signing][security]") {
  for (const char* result : {"fail", "temperror", "none"}) {
    const std::string body = format_earlier({"example.org", result, ""}, our_id);
    CHECK(authres::is_ours(body, our_id));
    const auto parsed = authres::parse(body);
    REQUIRE(parsed);
    REQUIRE(parsed->results.size() == 1);
    CHECK(parsed->results[0].result == result);
    const auto again = find({body});
    REQUIRE(again);
    CHECK(again->result == result);
  }
}

}  // namespace
}  // namespace postern::signing
