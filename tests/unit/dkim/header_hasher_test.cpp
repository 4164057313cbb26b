#include "lib/dkim/header_hasher.hpp"

#include "lib/io/openssl/openssl_crypto.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/dkim_message.hpp"

namespace postern::dkim {
namespace {

TEST_CASE("canonicalize_relaxed: the rules of RFC 6376", "[dkim][rfc6376-3.4.2]") {
  struct Row {
    std::string_view name;
    std::string body;
    std::string_view form;
  };
  const Row rows[] = {
      {"A", " X", "a:X"},
      {"B ", " Y\t\r\n\tZ  ", "b:Y Z"},
      {"SubJect", "", "subject:"},
      {"Subject", " \t ", "subject:"},
      {"Subject", "\r\n x", "subject:x"},
      {"Subject", " a\r\n \r\n b", "subject:a b"},
      {"Subject", " a\rb\nc ", "subject:a\rb\nc"},  // bare CR and LF are data
      {"Subject", " a\r\nb", "subject:a\r\nb"},     // no folding without white space
      {"Subject", std::string(" a\0b", 4), std::string_view("subject:a\0b", 11)},
  };
  for (const Row& row : rows) CHECK(canonicalize_relaxed(row.name, row.body) == row.form);
}

TEST_CASE("canonicalize_without_value: only b= and the white space round it goes",
          "[dkim][rfc6376-3.7]") {
  const std::string raw = "DKIM-Signature: a=1; b= AB\r\n\tC ; c=2";
  const mail::HeaderField field{raw, std::string_view(raw).substr(0, 14),
                                std::string_view(raw).substr(15)};
  const std::size_t begin = field.body.find("b=") + 2;
  const std::size_t end = field.body.find("; c=");
  CHECK(canonicalize_without_value(field, begin, end, Canonicalization::simple) ==
        "DKIM-Signature: a=1; b=; c=2");
  CHECK(canonicalize_without_value(field, begin, end, Canonicalization::relaxed) ==
        "dkim-signature:a=1; b=; c=2");
}

Digest hash_text(std::string_view text) {
  const auto hasher = io::OpensslCrypto().sha256();
  hasher->update(text);
  return hasher->finish();
}

TEST_CASE("hash: fields from the bottom up, names beyond them add nothing",
          "[dkim][rfc6376-5.4.2][security]") {
  const test::Message message = {
      {"DKIM-Signature: b=x", "To: top", "X: 1", "to: bottom", "DKIM-Signature: other"}, ""};
  const mail::HeaderSection header = message.header();
  Signature signature;
  signature.value_begin = 3;
  signature.value_end = 4;
  signature.signed_names = {"to", "x", "to", "to", "from", "dkim-signature", "dkim-signature"};
  const io::OpensslCrypto crypto;
  HeaderHasher hasher(header);
  CHECK(hasher.hash(crypto, signature, 0).digest ==
        hash_text("to: bottom\r\nX: 1\r\nTo: top\r\nDKIM-Signature: other\r\nDKIM-Signature: b="));
  CHECK(hasher.hash(crypto, signature, 4).digest ==
        hash_text("to: bottom\r\nX: 1\r\nTo: top\r\nDKIM-Signature: b=x\r\nDKIM-Signature: oter"));
  signature.header_canonicalization = Canonicalization::relaxed;
  CHECK(hasher.hash(crypto, signature, 0).digest ==
        hash_text("to:bottom\r\nx:1\r\nto:top\r\ndkim-signature:other\r\ndkim-signature:b="));
  CHECK_FALSE(hasher.hash(crypto, signature, 0).has_cut_field);
}

}  // namespace
}  // namespace postern::dkim
