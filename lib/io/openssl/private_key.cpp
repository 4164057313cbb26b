#include "lib/io/openssl/private_key.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <new>
#include <stdexcept>
#include <utility>

#include "lib/dkim/key.hpp"
#include "lib/dkim/key_record.hpp"
#include "lib/io/openssl/handles.hpp"
#include "lib/io/openssl/openssl_crypto.hpp"
#include "lib/io/openssl/private_key_kinds.hpp"
#include "lib/io/openssl/private_key_text.hpp"

namespace postern::io {
namespace {

using dkim::PublicKey;
using Pkcs8 = CHandle<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free>;
using Bio = CHandle<BIO, BIO_free>;
using SharedKey = Expected<std::shared_ptr<const dkim::PrivateKey>, std::string>;

// A key of 2048 bits takes 900 octets of the heap, and reading one 4 KB more: room for 4,000 keys.
// It is touched, and so counts as used, only as far as keys lie in it.
constexpr std::size_t secure_heap_size = std::size_t{4} << 20;
constexpr std::size_t secure_heap_smallest_piece = 32;

constexpr unsigned char der_sequence = 0x30;

Unexpected<std::string> refuse(std::string problem) {
  ERR_clear_error();  // the queue belongs to the thread, which goes on
  return Unexpected<std::string>(std::move(problem));
}

void require(bool done, const char* what) {
  if (done) return;
  ERR_clear_error();
  throw std::runtime_error(what);
}

// Whether verifiers will accept the key, and whether its halves belong together.
std::string find_fault(const dkim::PrivateKey& key) {
  const auto record = dkim::parse_key_record(dkim::format_key_record(key.public_key()));
  if (!record) return std::string("holds no usable key: ").append(record.error().problem);
  const dkim::Digest digest{};
  if (!OpensslCrypto(1).verify(key.public_key(), digest, key.sign(digest))) {
    return "holds numbers that do not belong together";
  }
  return {};
}

SharedKey check(std::shared_ptr<const dkim::PrivateKey> key) {
  std::string fault = find_fault(*key);
  if (!fault.empty()) return refuse(std::move(fault));
  return key;
}

// Why an RSA key is too small or too large; empty if it is neither.
std::string size_objection(const EVP_PKEY* key) {
  const auto bits = static_cast<unsigned>(EVP_PKEY_get_bits(key));
  const std::string size = "holds an RSA key of " + std::to_string(bits) + " bits; ";
  if (bits < min_rsa_key_bits) {
    return size + "verifiers want at least " + std::to_string(min_rsa_key_bits);
  }
  if (bits > max_rsa_key_bits) {
    return size + "at most " + std::to_string(max_rsa_key_bits) + " are usable";
  }
  return {};
}

// The decoders of OpenSSL for whole files and for PKCS#8 leave an unwiped copy in its ordinary
// heap; the one for PKCS#1 does not.
SharedKey read_pkcs1(const unsigned char* bytes, std::size_t size) {
  const unsigned char* at = bytes;
  Key key(d2i_PrivateKey(EVP_PKEY_RSA, nullptr, &at, static_cast<long>(size)));
  if (!key) return refuse("holds no key that can be read");
  if (at != bytes + size) return refuse("has octets behind its key");
  if (auto objection = size_objection(key.get()); !objection.empty()) {
    return refuse(std::move(objection));
  }
  return check(make_rsa_key(std::move(key)));
}

SharedKey read_seed(const unsigned char* octets) {
  SecretBytes seed(ed25519_key_size);
  std::copy_n(octets, seed.size(), seed.data());
  return check(make_ed25519_key(std::move(seed)));
}

Pkcs8 parse_pkcs8(const SecretBytes& bytes) {
  const unsigned char* at = bytes.data();
  Pkcs8 info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(bytes.size())));
  const bool is_whole = at == bytes.data() + bytes.size();
  return is_whole ? std::move(info) : nullptr;
}

// PrivateKeyInfo says what kind of key its octets hold (RFC 5208 §5); those of an Ed25519 key are
// an OCTET STRING once more (RFC 8410 §7).
SharedKey read_pkcs8(const PKCS8_PRIV_KEY_INFO* info) {
  constexpr std::array<unsigned char, 2> octet_string = {0x04, ed25519_key_size};
  const ASN1_OBJECT* kind = nullptr;
  const unsigned char* key = nullptr;
  int size = 0;
  if (info == nullptr || PKCS8_pkey_get0(&kind, &key, &size, nullptr, info) != 1) {
    return refuse("holds no PKCS#8 that can be read");
  }
  const int nid = OBJ_obj2nid(kind);
  if (nid == NID_rsaEncryption) return read_pkcs1(key, static_cast<std::size_t>(size));
  if (nid != NID_ED25519) return refuse("holds a key that is neither RSA nor Ed25519");
  const bool is_seed =
      size == ed25519_key_size + 2 && std::equal(octet_string.begin(), octet_string.end(), key);
  return is_seed ? read_seed(key + 2) : SharedKey(refuse("holds an Ed25519 key of the wrong size"));
}

// Base64 alone: a seed, a seed and its public key, PKCS#8, or PKCS#1.
SharedKey read_bare(const SecretBytes& bytes) {
  const unsigned char* data = bytes.data();
  if (bytes.size() == ed25519_key_size) return read_seed(data);
  if (bytes.size() == 2 * ed25519_key_size) {
    SharedKey key = read_seed(data);
    const std::string_view behind(reinterpret_cast<const char*>(data) + ed25519_key_size,
                                  ed25519_key_size);
    if (key && (*key)->public_key().point != behind) {
      return refuse("holds an Ed25519 seed with the public key of another");
    }
    return key;
  }
  if (const Pkcs8 info = parse_pkcs8(bytes)) return read_pkcs8(info.get());
  if (data[0] == der_sequence) return read_pkcs1(data, bytes.size());
  return refuse("is neither PEM nor the base64 of a key");
}

SharedKey read_decoded(const PrivateKeyText& text) {
  const SecretBytes& bytes = text.bytes;
  switch (text.form) {
    case PrivateKeyText::Form::pkcs8: return read_pkcs8(parse_pkcs8(bytes).get());
    case PrivateKeyText::Form::pkcs1: return read_pkcs1(bytes.data(), bytes.size());
    case PrivateKeyText::Form::bare: return read_bare(bytes);
  }
  return refuse("holds no key that can be read");
}

Key generate(PublicKey::Type type, unsigned rsa_bits) {
  switch (type) {
    case PublicKey::Type::rsa: return Key(EVP_RSA_gen(rsa_bits));
    case PublicKey::Type::ed25519: return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  }
  return nullptr;
}

}  // namespace

bool lock_key_memory() {
  // 1: locked; 2: not locked. A second call must not ask OpenSSL, which would say "failed".
  static const int made =
      CRYPTO_secure_malloc_initialized() == 1
          ? 1
          : CRYPTO_secure_malloc_init(secure_heap_size, secure_heap_smallest_piece);
  require(made != 0, "no memory for private keys");
  return made == 1;
}

SharedKey parse_private_key(std::string_view text) {
  if (text.size() > max_private_key_text) return refuse("is too large for a key");
  try {
    auto decoded = decode_private_key_text(text);
    if (!decoded) return refuse(std::move(decoded.error()));
    return read_decoded(*decoded);
  } catch (const std::bad_alloc&) {
    return refuse("does not fit into the memory for keys");
  } catch (const std::runtime_error&) {  // OpenSSL does not sign with such numbers
    return refuse("holds numbers that do not belong together");
  }
}

NewPrivateKey& NewPrivateKey::operator=(NewPrivateKey&& other) noexcept {
  std::swap(pem, other.pem);
  std::swap(public_key, other.public_key);
  return *this;
}

NewPrivateKey::~NewPrivateKey() {
  OPENSSL_cleanse(pem.data(), pem.size());
}

NewPrivateKey generate_private_key(PublicKey::Type type, unsigned rsa_bits) {
  if (rsa_bits < min_rsa_key_bits || rsa_bits > max_rsa_key_bits) {
    throw std::invalid_argument("size of an RSA key is out of limits");
  }
  const Key key = generate(type, rsa_bits);
  require(key != nullptr, "OpenSSL could not make a key");
  const Bio bio(BIO_new(BIO_s_secmem()));
  require(bio && PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                               nullptr) == 1,
          "OpenSSL could not write a key");
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  NewPrivateKey made;
  made.pem.assign(text, static_cast<std::size_t>(size));
  made.public_key = read_public_key(key.get());
  return made;
}

}  // namespace postern::io
