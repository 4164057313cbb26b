#include "lib/dkim/signer.hpp"

#include <algorithm>
#include <limits>
#include <thread>

#include "lib/base/ascii.hpp"
#include "lib/base/base64.hpp"
#include "lib/dkim/key_record.hpp"
#include "lib/dkim/signature_maker.hpp"
#include "lib/io/openssl/openssl_crypto.hpp"
#include "lib/io/openssl/private_key.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/dkim_message.hpp"

namespace postern::dkim {
namespace {

using test::Message;
using test::test_now;

const io::OpensslCrypto crypto;

std::shared_ptr<const PrivateKey> make_key(PublicKey::Type type) {
  return *io::parse_private_key(io::generate_private_key(type).pem);
}

const std::vector<SigningKey>& both_keys() {
  static const std::vector<SigningKey> keys = {
      {"a.example", "r", make_key(PublicKey::Type::rsa)},
      {"a.example", "e", make_key(PublicKey::Type::ed25519)}};
  return keys;
}

std::vector<std::string> sign(const Message& message, const SigningPolicy& policy,
                              const std::vector<SigningKey>& keys = both_keys()) {
  const mail::HeaderSection header = message.header();
  BodyHasher body(crypto);
  const Signer signer(header, crypto, body, policy, keys);
  body.update(message.body);
  body.finish();
  return signer.sign(test_now);
}

Message signed_message(Message message, const SigningPolicy& policy = default_signing_policy(),
                       const std::vector<SigningKey>& keys = both_keys()) {
  for (const std::string& body : sign(message, policy, keys)) {
    message.fields.insert(message.fields.begin(), "DKIM-Signature:" + body);
  }
  return message;
}

// Results of all signatures from the top, joined by "+".
std::string verify(const Message& message, const std::vector<SigningKey>& keys = both_keys(),
                   std::int64_t now = test_now) {
  test::KeyZone zone;
  for (const SigningKey& key : keys) {
    zone[key.selector + "._domainkey." + key.domain] =
        test::text_answer({format_key_record(key.key->public_key())});
  }
  std::string results;
  for (const Outcome& outcome : test::verify(message, zone, crypto, now)) {
    CAPTURE(outcome.reason);
    results.append(results.empty() ? "" : "+").append(authres::to_token(outcome.result));
  }
  return results;
}

Message make_message() {
  return {{"From: A <a@a.example>", "To: b@example.org", "Subject: x  y\r\n\tz",
           "Date: Sun, 22 Nov 2026 12:00:00 +0000", "Message-ID: <1@a.example>",
           "MIME-Version: 1.0", "Content-Type: text/plain"},
          "first line\r\nsecond  line \r\n\r\n\r\n"};
}

Signature parse(const std::string& body) {
  const SignatureField field = parse_signature(body, test::ascii_domain);
  CHECK(field.problem.empty());
  return field.signature;
}

std::size_t count(const std::vector<std::string>& names, std::string_view name) {
  return static_cast<std::size_t>(std::count(names.begin(), names.end(), name));
}

TEST_CASE("sign: one signature for each key, and each verifies", "[dkim][rfc6376-5]") {
  const auto bodies = sign(make_message(), default_signing_policy());
  REQUIRE(bodies.size() == 2);
  const Signature first = parse(bodies[0]);
  CHECK(first.algorithm == "rsa-sha256");
  CHECK(first.domain == "a.example");
  CHECK(first.selector == "r");
  CHECK(first.header_canonicalization == Canonicalization::relaxed);
  CHECK(first.body_canonicalization == Canonicalization::relaxed);
  CHECK(first.timestamp == test_now);
  CHECK_FALSE(first.expiration);
  CHECK_FALSE(first.body_length);
  CHECK(parse(bodies[1]).algorithm == "ed25519-sha256");
  for (const std::string& body : bodies) {
    CHECK(body.starts_with(" v=1; a="));
    CHECK(body.find(" i=") == body.npos);
    CHECK(body.find("\r\n") != body.npos);
  }
  CHECK(verify(signed_message(make_message())) == "pass+pass");
  CHECK(sign(make_message(), default_signing_policy(), {}).empty());
}

TEST_CASE("sign: messages of unusual shape verify", "[dkim]") {
  const std::string long_word(3000, 'x');
  const std::pair<std::string_view, Message> rows[] = {
      {"no body", {make_message().fields, ""}},
      {"empty lines", {make_message().fields, "\r\n\r\n"}},
      {"no line end", {make_message().fields, "text"}},
      {"bare CR and LF", {make_message().fields, "a\rb\nc\r\r\n \t\r\n"}},
      {"SMTPUTF8", {{"From: Ä <ä@a.example>", "Subject: grüße\r\n \xc3\xa4"}, "ö\r\n"}},
      {"8-bit that is no UTF-8", {{"From: a@a.example", "Subject: \xff\xfe"}, "\xff\r\n"}},
      {"long lines", {{"From: a@a.example", "Subject: " + long_word}, long_word + "\r\n"}},
      {"no header", {{}, "text\r\n"}},
      {"no From", {{"Subject: x"}, "text\r\n"}},
      {"folded, blank, spaced",
       {{"From : a@a.example", "Subject:", "To:\r\n b@example.org\r\n\t", "CC: \t "}, "x\r\n"}},
      {"all names twice",
       {{"From: 1", "From: 2", "To: 1", "to: 2", "List-Id: 1", "LIST-ID: 2"}, "x\r\n"}},
  };
  for (const auto& [name, message] : rows) {
    CAPTURE(name);
    CHECK(verify(signed_message(message)) == "pass+pass");
    CHECK(verify(signed_message(message, mailing_list_signing_policy())) == "pass+pass");
  }
}

TEST_CASE("sign: h= has a name once for each occurrence, and once more when oversigned",
          "[dkim][rfc6376-5.4.2]") {
  Message message = make_message();
  message.fields.push_back("to: second");
  message.fields.push_back("Sender: s@a.example");
  message.fields.push_back("Resent-To: r1");
  message.fields.push_back("Resent-To: r2");
  message.fields.push_back("X-Other: x");
  const auto names = parse(sign(message, default_signing_policy())[0]).signed_names;
  CHECK(names[0] == "from");
  const std::pair<std::string_view, std::size_t> rows[] = {
      {"from", 2},      {"to", 3},      {"cc", 1},          {"content-type", 2}, {"sender", 2},
      {"resent-to", 2}, {"list-id", 1}, {"resent-from", 0}, {"x-other", 0},      {"received", 0}};
  for (const auto& [name, times] : rows) {
    CAPTURE(name);
    CHECK(count(names, name) == times);
  }
  const auto friendly = parse(sign(message, mailing_list_signing_policy())[0]).signed_names;
  CHECK(count(friendly, "list-id") == 0);
  CHECK(count(friendly, "subject") == 2);
}

TEST_CASE("sign: what is added or changed afterwards shows, what may be added does not",
          "[dkim][security]") {
  struct Row {
    std::string_view field;
    std::string_view strict;
    std::string_view friendly;
  };
  const Row rows[] = {
      {"From: other@a.example", "fail+fail", "fail+fail"},
      {"Subject: other", "fail+fail", "fail+fail"},
      {"Cc: c@example.org", "fail+fail", "fail+fail"},
      {"Reply-To: c@example.org", "fail+fail", "fail+fail"},
      {"Content-Transfer-Encoding: base64", "fail+fail", "fail+fail"},
      {"List-Unsubscribe: <https://x.example>", "fail+fail", "pass+pass"},
      {"List-Id: <list.example.org>", "fail+fail", "pass+pass"},
      {"Sender: list@example.org", "pass+pass", "pass+pass"},
      {"Received: by mx", "pass+pass", "pass+pass"},
      {"DKIM-Signature: x", "permerror+pass+pass", "permerror+pass+pass"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.field);
    for (const bool is_strict : {true, false}) {
      Message message = signed_message(
          make_message(), is_strict ? default_signing_policy() : mailing_list_signing_policy());
      message.fields.insert(message.fields.begin(), std::string(row.field));
      CHECK(verify(message) == (is_strict ? row.strict : row.friendly));
    }
  }
  Message message = signed_message(make_message());
  message.body[0] = 'F';
  CHECK(verify(message) == "fail+fail");
}

TEST_CASE("sign: repeated fields are signed from the bottom up", "[dkim][rfc6376-5.4.2]") {
  SigningPolicy policy;
  policy.signed_names = {"comments"};
  Message message = make_message();
  message.fields.push_back("Comments: upper");
  message.fields.push_back("Comments: lower");
  message = signed_message(message, policy);
  CHECK(verify(message) == "pass+pass");
  Message added = message;
  added.fields.insert(added.fields.begin(), "Comments: on top");
  CHECK(verify(added) == "pass+pass");
  std::swap(message.fields[message.fields.size() - 1], message.fields[message.fields.size() - 2]);
  CHECK(verify(message) == "fail+fail");
}

TEST_CASE("sign: From is covered and DKIM-Signature is not, whatever the policy", "[dkim]") {
  Message message = make_message();
  message.fields.insert(message.fields.begin(), "DKIM-Signature: old");
  SigningPolicy policy;
  policy.signed_names = {"DKIM-Signature", "to",     "TO", "bad name",
                         "semi;colon",     "co:lon", "",   std::string(71, 'x')};
  policy.oversigned_names = {"To"};
  const auto names = parse(sign(message, policy)[0]).signed_names;
  CHECK(names == std::vector<std::string>{"from", "from", "to", "to"});
}

TEST_CASE("sign: x= is t= and the lifetime", "[dkim]") {
  struct Row {
    std::optional<std::int64_t> lifetime;
    std::optional<std::int64_t> expiration;
  };
  const Row rows[] = {{std::nullopt, std::nullopt},
                      {0, std::nullopt},
                      {-5, std::nullopt},
                      {3600, test_now + 3600},
                      {std::numeric_limits<std::int64_t>::max(), 999'999'999'999}};
  for (const Row& row : rows) {
    SigningPolicy policy = default_signing_policy();
    policy.lifetime = row.lifetime;
    CHECK(parse(sign(make_message(), policy)[0]).expiration == row.expiration);
  }
  SigningPolicy policy = default_signing_policy();
  policy.lifetime = 60;
  const Message message = signed_message(make_message(), policy);
  CHECK(verify(message, both_keys(), test_now + 60) == "pass+pass");
  CHECK(verify(message, both_keys(), test_now + 61) == "fail+fail");
}

TEST_CASE("sign: no line over 78 octets but for long domains", "[dkim]") {
  std::vector<SigningKey> keys = both_keys();
  Message message = make_message();
  for (const std::size_t extra : {0U, 10U, 60U}) {
    for (SigningKey& key : keys) key.domain = std::string(1 + extra, 'd') + ".example";
    message.fields.push_back("Resent-Message-ID: <x>");
    for (const std::string& body : sign(message, default_signing_policy(), keys)) {
      std::size_t column = std::string_view("DKIM-Signature:").size();
      std::size_t longest = 0;
      for (const char c : body) {
        column = c == '\n' ? 0 : column + (c == '\r' ? 0 : 1);
        longest = std::max(longest, column);
      }
      CHECK(longest <= 78);
    }
  }
  const std::string label(60, 'd');
  for (SigningKey& key : keys) key.domain = label + "." + label + "." + label + ".example";
  CHECK(verify(signed_message(message, default_signing_policy(), keys), keys) == "pass+pass");
}

TEST_CASE("sign: hundreds of fields are signed, more are not", "[dkim][security]") {
  Message message = make_message();
  for (int i = 0; i < 400; ++i) message.fields.push_back("Resent-Message-ID: " + std::to_string(i));
  const auto bodies = sign(message, default_signing_policy());
  REQUIRE(bodies.size() == 2);
  CHECK(bodies[0].size() <= Limits().signature_field_size);
  CHECK(verify(signed_message(message)) == "pass+pass");
  for (int i = 0; i < 400; ++i) message.fields.push_back("Resent-Message-ID: " + std::to_string(i));
  CHECK(sign(message, default_signing_policy()).empty());
}

TEST_CASE("select_fields: the size of h= has a limit that is kept", "[dkim][security]") {
  Message message;
  SigningPolicy policy;
  policy.signed_names = {"a"};
  const std::size_t rest = max_names_size - std::string_view("from:").size();
  for (std::size_t i = 0; i < rest / 2; ++i) message.fields.push_back("A: x");
  CHECK(select_fields(message.header(), policy).names.size() == rest / 2 + 1);
  message.fields.push_back("A: x");
  CHECK(select_fields(message.header(), policy).names.empty());
}

TEST_CASE("sign: the key of RFC 8463 gives its signature", "[dkim][rfc8463]") {
  const auto key = io::parse_private_key("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=");
  REQUIRE(key);
  const std::vector<SigningKey> keys = {{"football.example.com", "brisbane", *key}};
  CHECK(format_key_record((*key)->public_key()) ==
        "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
  const Message message = {
      {"From: Joe SixPack <joe@football.example.com>", "To: Suzie Q <suzie@shopping.example.net>",
       "Subject: Is dinner ready?", "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)",
       "Message-ID: <20030712040037.46341.5F8J@football.example.com>"},
      "Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n"};
  CHECK(verify(signed_message(message, default_signing_policy(), keys), keys) == "pass");
  // RFC 8463 §A.3: the body hash is a fixed octet string, and so is a signature of this kind.
  const auto bodies = sign(message, default_signing_policy(), keys);
  CHECK(bodies[0].find("bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=") != std::string::npos);
  CHECK(bodies == sign(message, default_signing_policy(), keys));
}

TEST_CASE("sign: threads share keys", "[dkim]") {
  std::vector<std::thread> threads;
  std::vector<std::vector<std::string>> bodies(4);
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < 20; ++n) bodies[i] = sign(make_message(), default_signing_policy());
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& signature : bodies) CHECK(signature == bodies[0]);
  CHECK(bodies[0].size() == 2);
}

}  // namespace
}  // namespace postern::dkim
