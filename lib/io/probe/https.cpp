#include "lib/io/probe/https.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <poll.h>

#include <algorithm>
#include <array>

#include "lib/io/handle.hpp"
#include "lib/io/sockets/connection.hpp"

namespace postern::io {
namespace {

constexpr std::uint16_t https_port = 443;
constexpr std::size_t max_reply_size = 128 * 1024;

using Context = CHandle<SSL_CTX, SSL_CTX_free>;
using Session = CHandle<SSL, SSL_free>;

Unexpected<std::string> failure(std::string problem) {
  ERR_clear_error();
  return Unexpected<std::string>(std::move(problem));
}

Context make_context() {
  Context context(SSL_CTX_new(TLS_client_method()));
  if (!context || SSL_CTX_set_default_verify_paths(context.get()) != 1) return nullptr;
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  return context;
}

// Waits for what the last call wants. False when it failed for good, or at the deadline.
bool may_go_on(SSL* session, int result, const Connection& connection) {
  const int error = SSL_get_error(session, result);
  if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return false;
  const short events = error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
  return wait_ready(connection.descriptor(), events, connection.deadline());
}

Expected<void, std::string> shake_hands(SSL* session, const std::string& host,
                                        const Connection& connection) {
  // What the macro SSL_set_tlsext_host_name stands for.
  if (SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
               const_cast<char*>(host.c_str())) != 1 ||
      SSL_set1_host(session, host.c_str()) != 1 ||
      SSL_set_fd(session, connection.descriptor()) != 1) {
    return failure("TLS cannot be set up");
  }
  while (true) {
    const int result = SSL_connect(session);
    if (result == 1) return {};
    if (may_go_on(session, result, connection)) continue;
    const long verdict = SSL_get_verify_result(session);
    if (verdict == X509_V_OK) return failure("TLS failed");
    return failure(std::string("certificate of ") + host +
                   " is refused: " + X509_verify_cert_error_string(verdict));
  }
}

Expected<void, std::string> send(SSL* session, const std::string& text,
                                 const Connection& connection) {
  while (true) {
    const int result = SSL_write(session, text.data(), static_cast<int>(text.size()));
    if (result > 0) return {};
    if (!may_go_on(session, result, connection)) return failure("it closed the connection");
  }
}

// Until the server closes.
Expected<std::string, std::string> receive(SSL* session, const Connection& connection) {
  std::string reply;
  std::array<char, 4096> chunk{};
  while (reply.size() <= max_reply_size) {
    const int result = SSL_read(session, chunk.data(), static_cast<int>(chunk.size()));
    if (result > 0) {
      reply.append(chunk.data(), static_cast<std::size_t>(result));
    } else if (!may_go_on(session, result, connection)) {
      ERR_clear_error();
      if (connection.deadline().left().count() == 0) return failure("no answer in time");
      return reply;
    }
  }
  return failure("answer is too large");
}

// HTTP/1.0 was asked for, so the body is neither chunked nor compressed.
Expected<std::string, std::string> body_of(const std::string& reply) {
  const std::size_t line_end = reply.find('\n');
  if (!reply.starts_with("HTTP/1.") || line_end == reply.npos) return failure("is no web server");
  constexpr std::size_t code_at = 9;
  const std::string code = reply.substr(0, line_end).substr(std::min(code_at, line_end), 3);
  if (code != "200") return failure("web server answers " + code);
  const std::size_t crlf = reply.find("\r\n\r\n");
  const std::size_t lf = reply.find("\n\n");
  if (crlf == reply.npos && lf == reply.npos) return failure("web server answers without a body");
  return crlf < lf ? reply.substr(crlf + 4) : reply.substr(lf + 2);
}

Expected<Connection, std::string> connect_any(const std::vector<IpAddress>& addresses,
                                              Deadline deadline) {
  std::string problem = "has no address in DNS";
  for (const IpAddress& address : addresses) {
    auto connection = connect_to(address, https_port, deadline);
    if (connection) return connection;
    problem = connection.error();
  }
  return Unexpected<std::string>(problem);
}

}  // namespace

Expected<std::string, std::string> fetch_https(const std::string& host, const std::string& path,
                                               const std::vector<IpAddress>& addresses,
                                               std::chrono::milliseconds timeout) {
  auto connection = connect_any(addresses, Deadline(timeout));
  if (!connection) return failure(host + ": " + connection.error());
  const Context context = make_context();
  const Session session(context ? SSL_new(context.get()) : nullptr);
  if (!session) return failure("TLS cannot be set up");
  const auto ready = shake_hands(session.get(), host, *connection);
  if (!ready) return failure(ready.error());
  const auto sent =
      send(session.get(), "GET " + path + " HTTP/1.0\r\nHost: " + host + "\r\n\r\n", *connection);
  if (!sent) return failure(sent.error());
  const auto reply = receive(session.get(), *connection);
  if (!reply) return failure(reply.error());
  return body_of(*reply);
}

}  // namespace postern::io
