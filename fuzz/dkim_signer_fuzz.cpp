// Whatever the message: what the signer makes verifies, and no line of it is too long for mail.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/dkim_toy_crypto.hpp"
#include "fuzz/support.hpp"
#include "lib/dkim/key.hpp"
#include "lib/dkim/key_record.hpp"
#include "lib/dkim/signature_maker.hpp"
#include "lib/dkim/signer.hpp"
#include "lib/dkim/verifier.hpp"

using namespace postern;
using fuzz::require;

namespace {

constexpr std::int64_t now = 1'795'000'000;
constexpr std::size_t max_line_size = 998;      // RFC 5322 §2.1.1
constexpr std::size_t max_reduced_size = 1000;  // more only takes time

// A signature is the digest itself, so that only what was signed verifies.
class DigestCrypto final : public dkim::Crypto {
 public:
  [[nodiscard]] std::unique_ptr<dkim::Hasher> sha256() const override {
    return std::make_unique<fuzz::ToyHasher>(false);
  }
  [[nodiscard]] bool verify(const dkim::PublicKey& /*key*/, const dkim::Digest& digest,
                            std::string_view signature) const override {
    return signature.starts_with(std::string(digest.begin(), digest.end()));
  }
};

class DigestKey final : public dkim::PrivateKey {
 public:
  explicit DigestKey(dkim::PublicKey key) : key_(std::move(key)) {}
  [[nodiscard]] const dkim::PublicKey& public_key() const override { return key_; }
  // As long as a signature of the largest RSA key.
  [[nodiscard]] std::string sign(const dkim::Digest& digest) const override {
    std::string signature(digest.begin(), digest.end());
    if (key_.type == dkim::PublicKey::Type::rsa) signature.resize(512, 's');
    return signature;
  }

 private:
  dkim::PublicKey key_;
};

std::vector<dkim::SigningKey> make_keys() {
  dkim::PublicKey rsa;
  rsa.modulus = std::string(128, '\xa5');
  rsa.exponent = "\x01\x01";
  dkim::PublicKey ed25519;
  ed25519.type = dkim::PublicKey::Type::ed25519;
  ed25519.point = std::string(32, 'p');
  const std::string label(60, 'd');
  return {{"a.example", "r", std::make_shared<DigestKey>(rsa)},
          {label + "." + label + "." + label, "e", std::make_shared<DigestKey>(ed25519)}};
}

struct Message {
  std::vector<mail::HeaderField> fields;
  std::string_view body;
};

// Lines of "name:body" up to an empty one; what has no colon is left out. "\f" in a body stands for
// folding. Views borrow.
Message parse(const std::vector<std::string>& lines, std::string_view body) {
  Message message{{}, body};
  for (const std::string& line : lines) {
    const std::string_view raw(line);
    const std::size_t colon = raw.find(':');
    if (colon == raw.npos || colon == 0) continue;
    std::string_view name = raw.substr(0, colon);
    while (!name.empty() && ascii::is_blank(name.back())) name.remove_suffix(1);
    message.fields.push_back({raw, name, raw.substr(colon + 1)});
  }
  return message;
}

void check_lines(std::string_view body) {
  require(body.starts_with(' '));
  require(body.size() <= dkim::Limits().signature_field_size);
  std::size_t column = std::string_view("DKIM-Signature:").size();
  for (std::size_t i = 0; i < body.size(); ++i) {
    const bool is_line_end = body.substr(i, 2) == "\r\n";
    require(is_line_end || (body[i] != '\r' && body[i] != '\n') || body[i - 1] == '\r');
    if (is_line_end) require(body.substr(i + 2, 1) == "\t");
    column = body[i] == '\n' ? 0 : column + 1;
    require(column <= max_line_size);
  }
}

void check_verifies(const Message& message, const std::vector<std::string>& bodies,
                    const std::vector<dkim::SigningKey>& keys) {
  const DigestCrypto crypto;
  std::vector<std::string> raws;
  for (const std::string& body : bodies) raws.push_back("DKIM-Signature:" + body);
  std::vector<mail::HeaderField> fields;
  for (const std::string_view raw : raws)
    fields.push_back({raw, raw.substr(0, 14), raw.substr(15)});
  fields.insert(fields.end(), message.fields.begin(), message.fields.end());
  const mail::HeaderSection header(std::move(fields));
  dkim::BodyHasher body(crypto);
  const dkim::Verifier verifier(header, crypto, fuzz::ascii_domain, body, {});
  body.update(message.body);
  body.finish();
  dns::Answers answers;
  for (const dkim::SigningKey& key : keys) {
    dns::Answer answer;
    answer.status = dns::Status::success;
    answer.texts = {dkim::format_key_record(key.key->public_key())};
    answers.add(*dkim::key_question(key.selector, key.domain), answer);
  }
  for (const dns::Question& question : verifier.questions()) answers.add(question, dns::Answer());
  const auto evaluation = verifier.verify(answers, now);
  require(evaluation.is_done());
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    // A cut field makes a wrong signature neutral; a right one passes all the same.
    require(evaluation.result()[i].result == authres::Result::pass);
    require(!evaluation.result()[i].partial_body);
  }
}

void check(const Message& message, const dkim::SigningPolicy& policy) {
  static const std::vector<dkim::SigningKey> keys = make_keys();
  const DigestCrypto crypto;
  const mail::HeaderSection header(message.fields);
  dkim::BodyHasher body(crypto);
  const dkim::Signer signer(header, crypto, body, policy, keys);
  body.update(message.body);
  body.finish();
  const auto bodies = signer.sign(now);
  require(bodies.empty() == dkim::select_fields(header, policy).names.empty());
  require(bodies.empty() || bodies.size() == keys.size());
  for (const std::string& text : bodies) check_lines(text);
  check_verifies(message, bodies, keys);
}

std::string fold(std::string line) {
  for (std::size_t at = 0; (at = line.find('\f', at)) != line.npos; at += 3) {
    line.replace(at, 1, "\r\n\t");
  }
  return line;
}

// Header lines, an empty line, the body.
void check_text(std::string_view text) {
  const std::size_t end = text.find("\n\n");
  std::vector<std::string> lines;
  for (std::string& line : fuzz::split_lines(text.substr(0, end))) {
    lines.push_back(fold(std::move(line)));
  }
  const Message message = parse(lines, end == text.npos ? "" : text.substr(end + 2));
  check(message, dkim::default_signing_policy());
  check(message, dkim::mailing_list_signing_policy());
  // A policy from the message: every name it has, however written.
  dkim::SigningPolicy policy;
  policy.lifetime = static_cast<std::int64_t>(text.size()) - 5;
  for (const mail::HeaderField& field : message.fields) {
    auto& names = field.body.size() % 2 == 0 ? policy.signed_names : policy.oversigned_names;
    names.emplace_back(field.name);
  }
  check(message, policy);
}

std::string reduce(std::string_view bytes) {
  constexpr std::string_view words[] = {"\nFrom:",
                                        "\nTo :",
                                        "\nsubject: ",
                                        "\nList-Id:",
                                        "\nDKIM-Signature:",
                                        "\nDKIM-Signature: v=1; a=rsa-sha256; d=a.example; s=r;",
                                        "\nResent-To:\t",
                                        "\nx;y:",
                                        "\n\n",
                                        " ",
                                        "\f",
                                        "\r\n",
                                        "\xc3\xa4",
                                        "a",
                                        "b=;",
                                        "\nContent-Transfer-Encoding:"};
  return fuzz::in_words(bytes, words);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  check_text(bytes);
  check_text(reduce(bytes.substr(0, max_reduced_size)));
  return 0;
}
