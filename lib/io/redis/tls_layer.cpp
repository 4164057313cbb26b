#include "lib/io/redis/tls_layer.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

#include "lib/base/ip_address.hpp"

namespace postern::io::redis {
namespace {

constexpr std::size_t chunk_size = 16384;

Unexpected<std::string> failure(std::string problem) {
  return Unexpected<std::string>(std::move(problem));
}

std::string last_error() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return reason == nullptr ? "TLS failed" : std::string("TLS failed: ") + reason;
}

}  // namespace

Expected<std::unique_ptr<TlsLayer>, std::string> TlsLayer::make(const std::string& host,
                                                                const std::string& ca_file) {
  std::unique_ptr<TlsLayer> layer(new TlsLayer);
  layer->context_.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* context = layer->context_.get();
  if (context == nullptr) return failure(last_error());
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  const bool trusts = ca_file.empty()
                          ? SSL_CTX_set_default_verify_paths(context) == 1
                          : SSL_CTX_load_verify_locations(context, ca_file.c_str(), nullptr) == 1;
  if (!trusts) return failure("certificates cannot be read from " + ca_file);

  layer->session_.reset(SSL_new(context));
  SSL* session = layer->session_.get();
  if (session == nullptr) return failure(last_error());
  if (parse_ip_address(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host.c_str());
  } else if (SSL_set1_host(session, host.c_str()) != 1 ||
             // The macro of this name casts as C does.
             SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                      const_cast<char*>(host.c_str())) != 1) {
    return failure(last_error());
  }
  layer->incoming_ = BIO_new(BIO_s_mem());
  layer->outgoing_ = BIO_new(BIO_s_mem());
  if (layer->incoming_ == nullptr || layer->outgoing_ == nullptr) {
    BIO_free(layer->incoming_);
    BIO_free(layer->outgoing_);
    return failure(last_error());
  }
  SSL_set_bio(session, layer->incoming_, layer->outgoing_);
  SSL_set_connect_state(session);
  return layer;
}

void TlsLayer::add_received(std::string_view octets) {
  BIO_write(incoming_, octets.data(), static_cast<int>(octets.size()));
}

std::string TlsLayer::take_output() {
  std::string output(BIO_ctrl_pending(outgoing_), '\0');
  const int size =
      output.empty() ? 0 : BIO_read(outgoing_, output.data(), static_cast<int>(output.size()));
  output.resize(static_cast<std::size_t>(std::max(size, 0)));
  return output;
}

std::string TlsLayer::problem() const {
  const long verified = SSL_get_verify_result(session_.get());
  if (verified == X509_V_OK) return last_error();
  ERR_clear_error();
  return std::string("its certificate is not accepted: ") + X509_verify_cert_error_string(verified);
}

Expected<bool, std::string> TlsLayer::handshake() {
  const int result = SSL_do_handshake(session_.get());
  if (result == 1) return true;
  if (SSL_get_error(session_.get(), result) == SSL_ERROR_WANT_READ) return false;
  return failure(problem());
}

Expected<void, std::string> TlsLayer::write(std::string_view octets) {
  while (!octets.empty()) {
    const std::string_view chunk = octets.substr(0, chunk_size);
    const int size = SSL_write(session_.get(), chunk.data(), static_cast<int>(chunk.size()));
    if (size <= 0) return failure(problem());
    octets.remove_prefix(static_cast<std::size_t>(size));
  }
  return {};
}

Expected<std::optional<std::string>, std::string> TlsLayer::read() {
  std::array<char, chunk_size> chunk;
  const int size = SSL_read(session_.get(), chunk.data(), static_cast<int>(chunk.size()));
  if (size > 0) {
    return std::optional(std::string(chunk.data(), static_cast<std::size_t>(size)));
  }
  switch (SSL_get_error(session_.get(), size)) {
    case SSL_ERROR_WANT_READ: return std::optional<std::string>();
    case SSL_ERROR_ZERO_RETURN: return failure("it closed the connection");
    default: return failure(problem());
  }
}

}  // namespace postern::io::redis
