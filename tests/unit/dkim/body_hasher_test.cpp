#include "lib/dkim/body_hasher.hpp"

#include <random>

#include "lib/io/openssl/openssl_crypto.hpp"
#include "tests/support/catch.hpp"

namespace postern::dkim {
namespace {

class Recorder final : public OctetSink {
 public:
  void put(std::string_view octets) override { text.append(octets); }
  std::string text;
};

std::string canonicalize(Canonicalization canonicalization, std::string_view body,
                         std::size_t piece) {
  Recorder recorder;
  BodyCanonicalizer canonicalizer(canonicalization, recorder);
  for (std::size_t at = 0; at < body.size(); at += piece) {
    canonicalizer.update(body.substr(at, piece));
  }
  canonicalizer.finish();
  return recorder.text;
}

TEST_CASE("BodyCanonicalizer: the rules of RFC 6376 in pieces of any size",
          "[dkim][rfc6376-3.4.3][rfc6376-3.4.4]") {
  struct Row {
    std::string_view body;
    std::string_view simple;
    std::string_view relaxed;
  };
  const std::string_view nul("a\0 \0\r\n", 6);
  const Row rows[] = {
      {"", "\r\n", ""},
      {"\r\n", "\r\n", ""},
      {"\r\n\r\n\r\n", "\r\n", ""},
      {" C \r\nD \t E\r\n\r\n\r\n", " C \r\nD \t E\r\n", " C\r\nD E\r\n"},
      {"a", "a\r\n", "a\r\n"},
      {"a \t", "a \t\r\n", "a\r\n"},
      {" \r\n\t\r\n", " \r\n\t\r\n", ""},
      {"a\r\n\r\nb\r\n \r\n", "a\r\n\r\nb\r\n \r\n", "a\r\n\r\nb\r\n"},
      {"\tx", "\tx\r\n", " x\r\n"},
      {"a\rb\nc", "a\rb\nc\r\n", "a\rb\nc\r\n"},
      {"a \r\r\n", "a \r\r\n", "a \r\r\n"},
      {"a \r", "a \r\r\n", "a \r\r\n"},
      {"a\r\n\r", "a\r\n\r\r\n", "a\r\n\r\r\n"},
      {"a\r\n\n", "a\r\n\n\r\n", "a\r\n\n\r\n"},
      {"a \n", "a \n\r\n", "a \n\r\n"},
      {nul, nul, nul},
  };
  for (const Row& row : rows) {
    for (std::size_t piece = 1; piece <= 17; ++piece) {
      CAPTURE(row.body, piece);
      CHECK(canonicalize(Canonicalization::simple, row.body, piece) == row.simple);
      CHECK(canonicalize(Canonicalization::relaxed, row.body, piece) == row.relaxed);
    }
  }
}

std::string random_body(std::mt19937& random, std::size_t size) {
  constexpr std::string_view alphabet = "aaaaaaaaaaaaaaaab  \t\r\n";
  std::string body;
  while (body.size() < size) {
    const std::size_t kind = random() % 40;
    if (kind < alphabet.size()) {
      body += alphabet[kind];
    } else {
      body += kind % 2 == 0 ? "\r\n" : "some longer run of text with single spaces in it";
    }
  }
  return body;
}

struct Hashes {
  Digest whole, first, nothing, beyond;
  std::uint64_t size;
  bool operator==(const Hashes&) const = default;
};

Hashes hash(Canonicalization canonicalization, std::string_view body, std::mt19937* random) {
  const io::OpensslCrypto crypto;
  BodyHasher hasher(crypto);
  const std::size_t whole = hasher.request(canonicalization, {});
  const std::size_t first = hasher.request(canonicalization, 100);
  const std::size_t nothing = hasher.request(canonicalization, 0);
  const std::size_t beyond = hasher.request(canonicalization, 1'000'000);
  CHECK(hasher.request(canonicalization, 100) == first);
  while (!body.empty()) {
    const std::size_t piece = random == nullptr ? body.size() : (*random)() % 700 + 1;
    hasher.update(body.substr(0, piece));
    body.remove_prefix(std::min(piece, body.size()));
  }
  hasher.finish();
  return {hasher.digest(whole), hasher.digest(first), hasher.digest(nothing), hasher.digest(beyond),
          hasher.size(canonicalization)};
}

Digest sha256(std::string_view text) {
  const io::OpensslCrypto crypto;
  const auto hasher = crypto.sha256();
  hasher->update(text);
  return hasher->finish();
}

TEST_CASE("BodyHasher: pieces give what the whole gives", "[dkim]") {
  std::mt19937 random(6376);
  for (int round = 0; round < 60; ++round) {
    const std::string body = random_body(random, 200 + random() % 20'000);
    for (const auto mode : {Canonicalization::simple, Canonicalization::relaxed}) {
      const Hashes streamed = hash(mode, body, &random);
      CHECK(streamed == hash(mode, body, nullptr));
      const std::string form = canonicalize(mode, body, body.size());
      CHECK(streamed.whole == sha256(form));
      CHECK(streamed.first == sha256(std::string_view(form).substr(0, 100)));
      CHECK(streamed.nothing == sha256(""));
      CHECK(streamed.beyond == streamed.whole);
      CHECK(streamed.size == form.size());
    }
  }
}

TEST_CASE("BodyHasher: both canonicalizations in one pass, l= alone stops hashing", "[dkim]") {
  const io::OpensslCrypto crypto;
  BodyHasher hasher(crypto);
  CHECK_FALSE(hasher.has_requests());
  const std::size_t simple = hasher.request(Canonicalization::simple, 3);
  const std::size_t relaxed = hasher.request(Canonicalization::relaxed, {});
  CHECK(hasher.has_requests());
  hasher.update("a  b\r\nmore\r\n\r\n");
  hasher.finish();
  CHECK(hasher.digest(simple) == sha256("a  "));
  CHECK(hasher.digest(relaxed) == sha256("a b\r\nmore\r\n"));
  CHECK(hasher.size(Canonicalization::simple) == 12);
  CHECK(hasher.size(Canonicalization::relaxed) == 11);
}

TEST_CASE("BodyHasher: the hash of an empty body", "[dkim][rfc6376-3.4.3][DKIM-12]") {
  const io::OpensslCrypto crypto;
  BodyHasher hasher(crypto);
  const std::size_t simple = hasher.request(Canonicalization::simple, {});
  const std::size_t relaxed = hasher.request(Canonicalization::relaxed, {});
  for (int i = 0; i < 100'000; ++i) hasher.update("\r\n");  // withheld by count, not kept
  hasher.finish();
  CHECK(hasher.digest(simple) == sha256("\r\n"));
  CHECK(hasher.digest(relaxed) == sha256(""));
}

}  // namespace
}  // namespace postern::dkim
