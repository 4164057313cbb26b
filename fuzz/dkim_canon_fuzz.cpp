// A body in pieces of any size gives the octets that a plain reading of RFC 6376 §3.4 gives.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/dkim_toy_crypto.hpp"
#include "fuzz/support.hpp"
#include "lib/dkim/body_hasher.hpp"

using namespace postern;
using dkim::Canonicalization;
using fuzz::require;

namespace {

// RFC 6376 §3.4.3, on the whole body.
std::string plain_simple(std::string body) {
  while (body.ends_with("\r\n")) body.resize(body.size() - 2);
  return body + "\r\n";
}

std::string plain_line(std::string_view line) {
  const auto is_wsp = [](char c) { return c == ' ' || c == '\t'; };
  while (!line.empty() && is_wsp(line.back())) line.remove_suffix(1);
  std::string reduced;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (!is_wsp(line[i])) {
      reduced += line[i];
    } else if (i == 0 || !is_wsp(line[i - 1])) {
      reduced += ' ';
    }
  }
  return reduced;
}

// RFC 6376 §3.4.4, on the whole body.
std::string plain_relaxed(std::string_view body) {
  std::string text;
  while (!body.empty()) {
    const std::size_t end = body.find("\r\n");
    text += plain_line(body.substr(0, end));
    if (end == body.npos) break;
    text += "\r\n";
    body.remove_prefix(end + 2);
  }
  while (text.ends_with("\r\n")) text.resize(text.size() - 2);
  return text.empty() ? text : text + "\r\n";
}

class Recorder final : public dkim::OctetSink {
 public:
  void put(std::string_view octets) override { text.append(octets); }
  std::string text;
};

dkim::Digest hash(const dkim::Crypto& crypto, std::string_view text) {
  const auto hasher = crypto.sha256();
  hasher->update(text);
  return hasher->finish();
}

// Cuts `body` into pieces whose sizes come from `sizes`, over and over.
template <typename Take>
void cut(std::string_view body, std::string_view sizes, Take take) {
  std::size_t turn = 0;
  while (!body.empty()) {
    const std::size_t next =
        sizes.empty() ? body.size() : static_cast<unsigned char>(sizes[turn++ % sizes.size()]);
    const std::size_t size = std::min(body.size(), next + 1);
    take(body.substr(0, size));
    body.remove_prefix(size);
  }
}

void check(Canonicalization canonicalization, std::string_view body, std::string_view sizes) {
  const std::string wanted = canonicalization == Canonicalization::simple
                                 ? plain_simple(std::string(body))
                                 : plain_relaxed(body);
  Recorder recorder;
  dkim::BodyCanonicalizer canonicalizer(canonicalization, recorder);
  cut(body, sizes, [&](std::string_view piece) { canonicalizer.update(piece); });
  canonicalizer.finish();
  require(recorder.text == wanted);

  const fuzz::ToyCrypto crypto(false);
  dkim::BodyHasher hasher(crypto);
  const std::uint64_t length = sizes.size() * 3;
  const std::size_t whole = hasher.request(canonicalization, {});
  const std::size_t part = hasher.request(canonicalization, length);
  cut(body, sizes, [&](std::string_view piece) { hasher.update(piece); });
  hasher.finish();
  require(hasher.size(canonicalization) == wanted.size());
  require(hasher.digest(whole) == hash(crypto, wanted));
  require(hasher.digest(part) == hash(crypto, std::string_view(wanted).substr(0, length)));
}

// White space, line ends, and little else.
std::string reduce(std::string_view bytes) {
  constexpr std::string_view words[] = {
      " ", "\t", "\r\n", "\r", "\n", "\r\n", "a", "bcdefghijklmnopqrstuvwxyz0123456789"};
  return fuzz::in_words(bytes, words);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes = fuzz::text_of(data, size);
  std::string_view sizes;
  if (!bytes.empty()) {
    sizes = bytes.substr(1, static_cast<unsigned char>(bytes.front()) % 8);
    bytes.remove_prefix(1 + sizes.size());
  }
  const std::string reduced = reduce(bytes);
  for (const auto mode : {Canonicalization::simple, Canonicalization::relaxed}) {
    check(mode, bytes, sizes);
    check(mode, reduced, sizes);
  }
  return 0;
}
