// TLS between two buffers: what the peer sent, and what is to be sent to it.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"
#include "lib/io/handle.hpp"

namespace postern::io::redis {

/// OpenSSL without sockets, so that deadlines and SIGPIPE are the caller's.
class TlsLayer {
 public:
  /// \param host  A name or an address that the certificate must be for.
  /// \param ca_file  PEM; empty: those that the system trusts.
  [[nodiscard]] static Expected<std::unique_ptr<TlsLayer>, std::string> make(
      const std::string& host, const std::string& ca_file);

  void add_received(std::string_view octets);
  /// What must be sent now.
  [[nodiscard]] std::string take_output();

  /// Goes on with the handshake. \return Whether it is done; false: more must be received.
  [[nodiscard]] Expected<bool, std::string> handshake();
  [[nodiscard]] Expected<void, std::string> write(std::string_view octets);
  /// nullopt: more must be received.
  [[nodiscard]] Expected<std::optional<std::string>, std::string> read();

 private:
  TlsLayer() = default;
  [[nodiscard]] std::string problem() const;

  CHandle<SSL_CTX, SSL_CTX_free> context_;
  CHandle<SSL, SSL_free> session_;
  BIO* incoming_ = nullptr;  // of session_
  BIO* outgoing_ = nullptr;
};

}  // namespace postern::io::redis
