// Inputs of hostile size: linear work ends within the time that ctest allows, and since nothing
// recurses a small stack is enough.

#include <pthread.h>

#include "lib/mail/address.hpp"
#include "lib/mail/author.hpp"
#include "lib/mail/encoded_word.hpp"
#include "lib/mail/mime.hpp"
#include "lib/mail/received.hpp"
#include "tests/support/catch.hpp"

namespace postern::mail {
namespace {

std::string repeated(std::string_view text, std::size_t count) {
  std::string result;
  result.reserve(text.size() * count);
  for (std::size_t i = 0; i < count; ++i) result += text;
  return result;
}

// Runs the function on a stack of 128 KiB.
template <typename Function>
void on_small_stack(Function function) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  REQUIRE(pthread_attr_setstacksize(&attributes, 128 * 1024) == 0);
  pthread_t thread{};
  const auto run = [](void* argument) -> void* {
    (*static_cast<Function*>(argument))();
    return nullptr;
  };
  REQUIRE(pthread_create(&thread, &attributes, run, &function) == 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

// The text lives until the next call, since the tree borrows from it.
MimeTree parse(std::string text) {
  static std::string kept;
  kept = std::move(text);
  MimeTree tree;
  on_small_stack([&] { tree = parse_mime(parse_message(kept)); });
  return tree;
}

TEST_CASE("parse_message: 100,000 fields and a line of 10 MB", "[mail][security]") {
  const std::string fields = repeated("X-1: v\r\n", 100'000) + "\r\nbody";
  const Message many = parse_message(fields);
  CHECK(many.header.fields().size() == Limits().header_fields);
  CHECK(many.limits.contains(Limit::header_fields));
  CHECK(many.body == "body");

  const std::string line = "A: b\r\nX: " + std::string(10'000'000, 'A') + "\r\nC: d\r\n\r\nbody";
  const Message big = parse_message(line);
  CHECK(big.header.fields().size() == 1);
  CHECK(big.limits.contains(Limit::header_size));
  CHECK(big.body == "body");

  const std::string folded = "X: a" + repeated("\r\n b", 200'000) + "\r\n\r\nbody";
  CHECK(unfold(parse_message(folded).header.first("X")->body).size() == 400'001);
}

TEST_CASE("find_authors: 20,000 nested comments and other floods", "[mail][security]") {
  const auto body = GENERATE(
      repeated("(", 20'000) + repeated(")", 20'000) + "<m@attack.example>",
      "<m@attack.example>" + repeated("(", 900'000), "<m@attack.example>" + repeated("<", 900'000),
      "<m@attack.example>" + repeated("\"\\", 400'000),
      "<m@attack.example>" + repeated("@", 900'000), "<m@attack.example>" + repeated("[", 900'000),
      "<m@attack.example>" + repeated(",", 900'000), "<m@attack.example>" + repeated("a ", 400'000),
      "<m@attack.example>" + repeated("@\xc3\xbc", 300'000),
      "<m@attack.example>" + repeated("=?", 400'000));
  const std::string text = "From: " + body + "\r\n\r\n";
  Authors authors;
  on_small_stack([&] {
    const auto to_ascii = [](std::string_view) { return std::optional<std::string>(); };
    authors = find_authors(parse_message(text).header, to_ascii);
  });
  CHECK(authors.domains == std::vector<std::string>{"attack.example"});
  const bool is_clean = body.ends_with("<m@attack.example>") || body.ends_with(",");
  CHECK(authors.problem.empty() == is_clean);
}

TEST_CASE("parse_address_list: 300,000 addresses", "[mail][security]") {
  const std::string text = repeated("a@x.example,\r\n ", 300'000);
  const AddressList list = parse_address_list(text);
  CHECK(list.mailboxes.size() == Limits().addresses);
  CHECK(list.limits.contains(Limit::addresses));
}

TEST_CASE("decode_encoded_words: floods", "[mail][security]") {
  const auto text = GENERATE(
      repeated("=?utf-8?B?QUFB?=\r\n ", 100'000), repeated("=?utf-8?Q?", 200'000),
      repeated("=?", 1'000'000), repeated("=?x?Q?a?= =?y?Q?b?= ", 100'000),
      "=?utf-8?B?" + std::string(4'000'000, 'A') + "?=", "=?" + std::string(4'000'000, ' '));
  const DecodedText decoded = decode_encoded_words(text, native_charsets());
  CHECK(decoded.text.size() <= Limits().decoded_text);
}

TEST_CASE("parse_mime: 10,000 nested multiparts and messages", "[mail][security]") {
  std::string nested;
  for (int i = 0; i < 10'000; ++i) {
    const std::string name = std::to_string(i);
    nested += "Content-Type: multipart/mixed; boundary=" + name + "\r\n\r\n--" + name + "\r\n";
  }
  const MimeTree multiparts = parse(nested + "Content-Type: text/plain\r\n\r\nend\r\n");
  CHECK(multiparts.parts.size() == Limits().depth + 1);
  CHECK(multiparts.limits.contains(Limit::depth));
  CHECK(multiparts.parts.back().body.ends_with("end\r\n"));

  const MimeTree messages = parse(repeated("Content-Type: message/rfc822\r\n\r\n", 10'000) + "x");
  CHECK(messages.parts.size() == Limits().depth + 1);
  CHECK(messages.limits.contains(Limit::depth));
}

TEST_CASE("parse_mime: 200,000 parts, many lines like delimiters", "[mail][security]") {
  const std::string head = "Content-Type: multipart/mixed; boundary=B\r\n\r\n";
  const MimeTree parts = parse(head + repeated("--B\r\n\r\nx\r\n", 200'000) + "--B--\r\n");
  CHECK(parts.parts.size() == Limits().parts);
  CHECK(parts.limits.contains(Limit::parts));
  CHECK(parts.parts.back().body.ends_with("x"));

  std::string nested;
  for (unsigned i = 0; i < Limits().depth; ++i) {
    const std::string name(i + 1, '-');
    nested +=
        "Content-Type: multipart/mixed; boundary=\"" + name + "B\"\r\n\r\n--" + name + "B\r\n";
  }
  const MimeTree lines = parse(nested + "\r\n" + repeated("----\r\n", 500'000));
  CHECK(lines.parts.size() == Limits().depth + 1);
  CHECK(lines.limits.empty());
}

TEST_CASE("parse_parameters: floods", "[mail][security]") {
  const auto flood =
      GENERATE(repeated("; a*0*=b", 50'000), repeated(";", 1'000'000), repeated("; x", 300'000),
               repeated("; x=\"", 200'000), repeated("; x (", 200'000), repeated("=", 1'000'000));
  const MimeTree tree = parse("Content-Type: text/plain" + flood + "\r\n\r\n");
  CHECK(tree.parts.size() == 1);
  CHECK(tree.parts[0].content_type.parameters.list.size() <= Limits().parameters);
}

TEST_CASE("parse_received: floods", "[mail][security]") {
  const auto flood = GENERATE(repeated("(", 100'000), repeated("[", 100'000),
                              repeated("\"", 99'999), repeated("from ", 100'000));
  CHECK_FALSE(parse_received("from a (b [192.0.2.1" + flood).date.has_value());
}

}  // namespace
}  // namespace postern::mail
