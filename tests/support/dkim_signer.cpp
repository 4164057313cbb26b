#include "tests/support/dkim_signer.hpp"

#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <stdexcept>

#include "lib/base/base64.hpp"
#include "lib/dkim/header_hasher.hpp"
#include "lib/io/openssl/handles.hpp"

namespace postern::test {

using dkim::Canonicalization;

struct SigningKey::Pair {
  io::Key key;
  bool is_rsa;
};

namespace {

void require(bool done) {
  if (!done) throw std::runtime_error("OpenSSL failed in a test helper");
}

std::string to_token(Canonicalization canonicalization) {
  return canonicalization == Canonicalization::simple ? "simple" : "relaxed";
}

std::string join(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ":") + name;
  return list;
}

std::string encode(const dkim::Digest& digest) {
  return encode_base64(std::string(digest.begin(), digest.end()));
}

dkim::Digest hash_body(const Message& message, const SigningRequest& request,
                       const dkim::Crypto& crypto) {
  dkim::BodyHasher body(crypto);
  const std::size_t wanted = body.request(request.body, request.length);
  body.update(message.body);
  body.finish();
  return body.digest(wanted);
}

// One DER element.
std::string element(char tag, const std::string& content) {
  std::string der(1, tag);
  if (content.size() >= 0x80) {
    const bool is_long = content.size() >= 0x100;
    der += static_cast<char>(is_long ? 0x82 : 0x81);
    if (is_long) der += static_cast<char>(content.size() >> 8);
  }
  der += static_cast<char>(content.size() & 0xff);
  return der + content;
}

std::string der_integer(std::string_view number) {
  const bool needs_zero = !number.empty() && static_cast<unsigned char>(number[0]) >= 0x80;
  return element('\x02', (needs_zero ? std::string(1, '\0') : "") + std::string(number));
}

}  // namespace

SigningKey SigningKey::rsa(unsigned bits) {
  io::Key key(EVP_RSA_gen(bits));
  require(key != nullptr);
  return SigningKey(std::make_shared<Pair>(Pair{std::move(key), true}));
}

SigningKey SigningKey::ed25519() {
  io::Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  require(key != nullptr);
  return SigningKey(std::make_shared<Pair>(Pair{std::move(key), false}));
}

const SigningKey& SigningKey::shared_rsa() {
  static const SigningKey key = rsa(2048);
  return key;
}

const SigningKey& SigningKey::shared_ed25519() {
  static const SigningKey key = ed25519();
  return key;
}

std::string_view SigningKey::algorithm() const {
  return pair_->is_rsa ? "rsa-sha256" : "ed25519-sha256";
}

std::string SigningKey::record() const {
  std::string data;
  if (pair_->is_rsa) {
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(pair_->key.get(), &der);
    require(size > 0);
    data.assign(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
  } else {
    std::size_t size = 32;
    data.resize(size);
    require(EVP_PKEY_get_raw_public_key(pair_->key.get(),
                                        reinterpret_cast<unsigned char*>(data.data()), &size) == 1);
  }
  return std::string("v=DKIM1; k=") + (pair_->is_rsa ? "rsa" : "ed25519") +
         "; p=" + encode_base64(data);
}

std::string SigningKey::sign(const dkim::Digest& digest) const {
  std::string signature(1024, '\0');
  std::size_t size = signature.size();
  auto* out = reinterpret_cast<unsigned char*>(signature.data());
  if (pair_->is_rsa) {
    const io::KeyContext context(EVP_PKEY_CTX_new(pair_->key.get(), nullptr));
    require(EVP_PKEY_sign_init(context.get()) == 1 &&
            EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1 &&
            EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()) == 1 &&
            EVP_PKEY_sign(context.get(), out, &size, digest.data(), digest.size()) == 1);
  } else {
    const io::DigestContext context(EVP_MD_CTX_new());
    require(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, pair_->key.get()) == 1 &&
            EVP_DigestSign(context.get(), out, &size, digest.data(), digest.size()) == 1);
  }
  signature.resize(size);
  return signature;
}

void sign(Message& message, const SigningKey& key, const SigningRequest& request,
          const dkim::Crypto& crypto) {
  const std::string algorithm =
      request.algorithm.empty() ? std::string(key.algorithm()) : request.algorithm;
  std::string field = request.field_name + ": " + request.version + "; a=" + algorithm +
                      "; c=" + to_token(request.header) + "/" + to_token(request.body) +
                      "; d=" + request.domain + "; s=" + request.selector +
                      ";\r\n\th=" + join(request.names);
  if (request.length) field += "; l=" + std::to_string(*request.length);
  field += request.extra + ";\r\n\tbh=" + encode(hash_body(message, request, crypto)) + ";\r\n\tb=";
  message.fields.insert(message.fields.begin(), field);

  dkim::Signature signature;
  signature.header_canonicalization = request.header;
  signature.signed_names = request.names;
  signature.value_begin = signature.value_end = field.size() - request.field_name.size() - 1;
  const mail::HeaderSection header = message.header();
  const auto hash = dkim::HeaderHasher(header).hash(crypto, signature, 0);
  message.fields.front() += encode_base64(key.sign(hash.digest));
}

void seal(Message& message, const SigningKey& key, unsigned instance, std::string_view validation,
          const dkim::Crypto& crypto) {
  const std::string number = std::to_string(instance);
  message.fields.insert(message.fields.begin(), "ARC-Authentication-Results: i=" + number + "; mx" +
                                                    number +
                                                    ".example; dmarc=pass header.from=a.example");
  SigningRequest request;
  request.field_name = "ARC-Message-Signature";
  request.version = "i=" + number;
  sign(message, key, request, crypto);
  std::string field = "ARC-Seal: i=" + number + "; a=" + std::string(key.algorithm()) +
                      "; cv=" + std::string(validation) + "; d=" + request.domain +
                      "; s=" + request.selector + "; t=1790000000; b=";
  message.fields.insert(message.fields.begin(), field);

  // The fields of the sets from the oldest on; each set lies on top of the one before as seal,
  // message signature, results.
  const mail::HeaderSection header = message.header();
  const auto hasher = crypto.sha256();
  for (unsigned set = instance; set-- > 0;) {
    for (const std::uint32_t kind : {2U, 1U, 0U}) {
      const mail::HeaderField& part = header.fields()[set * 3 + kind];
      hasher->update(dkim::canonicalize_relaxed(part.name, part.body));
      if (set != 0 || kind != 0) hasher->update("\r\n");
    }
  }
  message.fields.front() += encode_base64(key.sign(hasher->finish()));
}

std::string rsa_record(std::string_view modulus, std::string_view exponent) {
  const std::string key = element('\x30', der_integer(modulus) + der_integer(exponent));
  return "v=DKIM1; p=" + encode_base64(key);
}

std::string odd_number(unsigned bits) {
  std::string number((bits + 7) / 8, '\x5b');
  number.front() = static_cast<char>(1U << ((bits - 1) % 8));
  number.back() = static_cast<char>(static_cast<unsigned char>(number.back()) | 1U);
  return number;
}

}  // namespace postern::test
