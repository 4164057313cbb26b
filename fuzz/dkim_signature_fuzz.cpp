// Any bytes may claim to be a signature: what is accepted keeps its promises and survives format().
#include <algorithm>
#include <cstdint>

#include "fuzz/dkim_toy_crypto.hpp"
#include "fuzz/support.hpp"
#include "lib/base/base64.hpp"
#include "lib/dkim/signature.hpp"
#include "lib/dkim/verifier.hpp"

using namespace postern;
using fuzz::require;

namespace {

void check_promises(std::string_view body, const dkim::Signature& signature) {
  require(dns::parse_domain(signature.domain) && dns::parse_domain(signature.selector));
  const std::size_t at_sign = signature.agent_id.rfind('@');
  require(at_sign != std::string::npos);
  require(dns::is_at_or_below(signature.agent_id.substr(at_sign + 1), signature.domain));
  const auto& names = signature.signed_names;
  require(std::find(names.begin(), names.end(), "from") != names.end());
  require(signature.value_begin <= signature.value_end && signature.value_end <= body.size());
  const auto value = decode_base64(
      body.substr(signature.value_begin, signature.value_end - signature.value_begin));
  require(value && *value == signature.value);
}

void check(std::string_view body) {
  const dkim::SignatureField field = dkim::parse_signature(body, fuzz::ascii_domain);
  require(field.signature.value_prefix.size() <= 8);
  if (!field.problem.empty()) return;
  check_promises(body, field.signature);
  const std::string text = dkim::format(field.signature);
  const dkim::SignatureField again = dkim::parse_signature(text, fuzz::ascii_domain);
  require(again.problem.empty());
  require(again.signature.agent_id == field.signature.agent_id);
  require(again.signature.value == field.signature.value);
  require(dkim::format(again.signature) == text);
}

// A message with the bytes as its signature: one outcome, and pass only of a well-formed one.
void check_verifier(std::string_view body) {
  const std::string raw = "DKIM-Signature:" + std::string(body);
  const std::string_view view(raw);
  const mail::HeaderSection header(
      {{view, view.substr(0, 14), view.substr(15)}, {"From: a", "From", " a"}});
  const fuzz::ToyCrypto crypto(true);
  dkim::BodyHasher hasher(crypto);
  const dkim::Verifier verifier(header, crypto, fuzz::ascii_domain, hasher, {});
  hasher.update("text\r\n");
  hasher.finish();
  dns::Answers answers;
  dns::Answer key;
  key.status = dns::Status::success;
  key.texts = {"k=ed25519; p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="};
  for (const auto& question : verifier.questions()) answers.add(question, key);
  const auto evaluation = verifier.verify(answers, 1'000'000);
  require(evaluation.is_done() && evaluation.result().size() == 1);
  const bool is_good = dkim::parse_signature(body, fuzz::ascii_domain).problem.empty();
  require(is_good || evaluation.result()[0].result == authres::Result::permerror);
}

// Tags with values that are often right, chosen by the octets.
std::string make_tags(std::string_view bytes) {
  constexpr std::string_view words[] = {"v=1",
                                        "a=ed25519-sha256",
                                        "a=rsa-sha256",
                                        "c=relaxed/relaxed",
                                        "d=a.example",
                                        "s=s",
                                        "h=from",
                                        "b=AAAA",
                                        "t=5",
                                        "x=9",
                                        "l=3",
                                        "i=@b.a.example",
                                        ";",
                                        "; ",
                                        "=",
                                        " \r\n\t",
                                        "bh=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                                        ":to",
                                        "q=dns/txt",
                                        "=41",
                                        ".",
                                        "@",
                                        "z",
                                        "999999999999999"};
  std::string tags =
      "v=1;a=ed25519-sha256;d=a.example;s=s;b=AAAA;"
      "bh=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=;h=from;";
  if (!bytes.empty() && bytes[0] % 2 == 0) tags.clear();
  return tags + fuzz::in_words(bytes, words);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  const std::string tags = make_tags(bytes);
  check(bytes);
  check(tags);
  check_verifier(bytes);
  check_verifier(tags);
  return 0;
}
