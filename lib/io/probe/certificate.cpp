#include "lib/io/probe/certificate.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cerrno>
#include <cstdio>
#include <ctime>

#include "lib/io/handle.hpp"
#include "lib/io/sockets/connection.hpp"

namespace postern::io {
namespace {

std::int64_t to_epoch(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return 0;
  return ::timegm(&parts);
}

}  // namespace

Expected<doctor::CertificateFact, std::string> read_certificate(const std::string& file,
                                                                const std::string& host) {
  errno = 0;
  const CHandle<BIO, BIO_free> bio(BIO_new_file(file.c_str(), "r"));
  if (!bio) {
    const std::string why = errno == 0 ? "cannot be opened" : describe_error(errno);
    ERR_clear_error();
    return Unexpected<std::string>(why);
  }
  const CHandle<X509, X509_free> certificate(
      PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  if (!certificate) return Unexpected<std::string>("holds no certificate");
  doctor::CertificateFact fact;
  fact.file = file;
  fact.not_before = to_epoch(X509_get0_notBefore(certificate.get()));
  fact.not_after = to_epoch(X509_get0_notAfter(certificate.get()));
  fact.matches_host = X509_check_host(certificate.get(), host.data(), host.size(), 0, nullptr) == 1;
  return fact;
}

}  // namespace postern::io
