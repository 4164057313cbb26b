#include "lib/io/milter/callbacks.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <exception>

#include "lib/io/milter/reply_text.hpp"

namespace postern::milter {
namespace {

Application* the_application = nullptr;

std::atomic<bool> refuses_new_messages = false;

// What libmilter keeps for us per connection.
struct Connection {
  std::unique_ptr<Handler> handler;
  unsigned long steps = 0;  // what was negotiated, to know which callbacks must not reply
  bool can_modify = true;
  bool failed = false;  // a callback of this message threw
};

class ContextMacros final : public Macros {
 public:
  explicit ContextMacros(SMFICTX* context) : context_(context) {}
  [[nodiscard]] std::string get(const char* name) const override {
    const char* value = smfi_getsymval(context_, const_cast<char*>(name));
    return value == nullptr ? std::string() : std::string(value);
  }

 private:
  SMFICTX* context_;
};

class ContextActions final : public Actions {
 public:
  ContextActions(SMFICTX* context, const Connection& connection)
      : context_(context), connection_(connection) {}

  [[nodiscard]] std::string get(const char* name) const override {
    return ContextMacros(context_).get(name);
  }
  bool insert_on_top(const std::string& name, const std::string& body) override {
    if (!connection_.can_modify) return false;
    const bool leading_space = (connection_.steps & SMFIP_HDR_LEADSPC) != 0;
    const std::string value = leading_space ? " " + body : body;
    return smfi_insheader(context_, 0, const_cast<char*>(name.c_str()),
                          const_cast<char*>(value.c_str())) == MI_SUCCESS;
  }
  bool remove(const std::string& name, unsigned index) override {
    return connection_.can_modify && smfi_chgheader(context_, const_cast<char*>(name.c_str()),
                                                    static_cast<int>(index), nullptr) == MI_SUCCESS;
  }
  bool hold(const std::string& reason) override {
    return connection_.can_modify &&
           smfi_quarantine(context_, const_cast<char*>(reason.c_str())) == MI_SUCCESS;
  }
  bool set_reply(unsigned code, const std::string& enhanced_code,
                 const std::string& text) override {
    std::string code_text = std::to_string(code);
    std::string enhanced = enhanced_code;
    std::string safe = to_reply_text(text);
    return smfi_setreply(context_, code_text.data(), enhanced.data(), safe.data()) == MI_SUCCESS;
  }

 private:
  SMFICTX* context_;
  const Connection& connection_;
};

Connection* connection_of(SMFICTX* context) {
  return static_cast<Connection*>(smfi_getpriv(context));
}

sfsistat to_status(Reply reply) {
  switch (reply) {
    case Reply::accept: return SMFIS_ACCEPT;
    case Reply::discard: return SMFIS_DISCARD;
    case Reply::reject: return SMFIS_REJECT;
    case Reply::tempfail: return SMFIS_TEMPFAIL;
  }
  return SMFIS_TEMPFAIL;
}

void fail(Connection& connection, std::string_view where, std::string_view what) noexcept {
  connection.failed = true;
  if (connection.handler) connection.handler->on_abort();
  the_application->on_failure(where, what);
}

// Runs one callback that decides nothing. When it throws, the message is lost to us, and its end
// says so; until then the MTA may not expect any answer.
template <typename Body>
sfsistat guarded(SMFICTX* context, std::string_view where, unsigned long no_reply,
                 Body body) noexcept {
  Connection* connection = connection_of(context);
  if (connection == nullptr) return SMFIS_TEMPFAIL;
  try {
    if (!connection->failed && connection->handler) body(*connection);
  } catch (const std::exception& error) {
    fail(*connection, where, error.what());
  } catch (...) {
    fail(*connection, where, "unknown exception");
  }
  return (connection->steps & no_reply) != 0 ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

Client make_client(const char* name, const _SOCK_ADDR* address) {
  Client client;
  client.name = name == nullptr ? "" : name;
  if (address == nullptr) return client;
  if (address->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, address, sizeof v4);
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &v4.sin_addr, bytes.size());
    client.ip = IpAddress::v4(bytes);
    client.port = ntohs(v4.sin_port);
  } else if (address->sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, address, sizeof v6);
    IpAddress::Bytes bytes{};
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    client.ip = IpAddress::v6(bytes).unmapped();
    client.port = ntohs(v6.sin6_port);
  }
  return client;
}

constexpr unsigned long needed_actions = SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_QUARANTINE;
// What costs nothing to leave out is left out: every command is several system calls on either
// side. MAIL is answered: with no-reply flags on all commands of the envelope Postfix keeps them
// until DATA, and DNS could not be asked while the client still sends. SMFIP_NOEOH would
// cost messages without a header: libmilter takes no body straight after DATA.
constexpr unsigned long wanted_steps = SMFIP_NOUNKNOWN | SMFIP_NORCPT | SMFIP_NR_CONN |
                                       SMFIP_NR_HELO | SMFIP_NR_DATA | SMFIP_NR_HDR | SMFIP_NR_EOH |
                                       SMFIP_NR_BODY | SMFIP_HDR_LEADSPC;

unsigned long steps_for(const Application& application) {
  return application.wants_recipients() ? (wanted_steps & ~SMFIP_NORCPT) | SMFIP_NR_RCPT
                                        : wanted_steps;
}

// Only macros that are used: each costs the MTA and us a copy per message.
void ask_for_macros(SMFICTX* context) {
  const auto ask = [&](int stage, const char* names) {
    smfi_setsymlist(context, stage, const_cast<char*>(names));
  };
  ask(SMFIM_CONNECT, "{daemon_name}");
  ask(SMFIM_ENVFROM, "{auth_authen}");
  ask(SMFIM_EOM, "i");
}

extern "C" {

// NOLINTNEXTLINE(readability-function-size): libmilter says which parameters
sfsistat on_negotiate(SMFICTX* context, unsigned long actions, unsigned long steps,
                      unsigned long /*f2*/, unsigned long /*f3*/, unsigned long* used_actions,
                      unsigned long* used_steps, unsigned long* f2, unsigned long* f3) {
  try {
    auto connection = std::make_unique<Connection>();
    connection->handler = the_application->make_handler();
    connection->steps = steps & steps_for(*the_application);
    connection->can_modify = (actions & needed_actions) == needed_actions;
    *used_actions = actions & (needed_actions | SMFIF_SETSYMLIST);
    *used_steps = connection->steps;
    *f2 = *f3 = 0;
    if ((actions & SMFIF_SETSYMLIST) != 0) ask_for_macros(context);
    if (!connection->can_modify) {
      the_application->on_failure("negotiate",
                                  "the MTA does not let this milter change header fields");
      if (the_application->reply_on_failure() == Reply::tempfail) return SMFIS_REJECT;
    }
    smfi_setpriv(context, connection.release());
    return SMFIS_CONTINUE;
  } catch (const std::exception& error) {
    the_application->on_failure("negotiate", error.what());
    return SMFIS_REJECT;
  }
}

sfsistat on_connect(SMFICTX* context, char* name, _SOCK_ADDR* address) {
  return guarded(context, "connect", SMFIP_NR_CONN, [&](Connection& connection) {
    connection.handler->on_connect(make_client(name, address), ContextMacros(context));
  });
}

sfsistat on_helo(SMFICTX* context, char* name) {
  return guarded(context, "helo", SMFIP_NR_HELO, [&](Connection& connection) {
    connection.handler->on_helo(name == nullptr ? "" : name);
  });
}

// Postfix asks its client to come again (RFC 3463 §3.4, X.3.2).
sfsistat refuse(SMFICTX* context) {
  std::string code = "451";
  std::string enhanced = "4.3.2";
  std::string text = "Mail filter is stopping, try again later";
  (void)smfi_setreply(context, code.data(), enhanced.data(), text.data());
  return SMFIS_TEMPFAIL;
}

sfsistat on_mail(SMFICTX* context, char** arguments) {
  Connection* connection = connection_of(context);
  if (refuses_new_messages) return refuse(context);
  if (connection != nullptr) connection->failed = false;
  return guarded(context, "mail", SMFIP_NR_MAIL, [&](Connection& c) {
    c.handler->on_mail(arguments[0] == nullptr ? "" : arguments[0], ContextMacros(context));
  });
}

sfsistat on_recipient(SMFICTX* context, char** arguments) {
  return guarded(context, "recipient", SMFIP_NR_RCPT, [&](Connection& connection) {
    connection.handler->on_recipient(arguments[0] == nullptr ? "" : arguments[0]);
  });
}

sfsistat on_data(SMFICTX* context) {
  return guarded(context, "data", SMFIP_NR_DATA,
                 [](Connection& connection) { connection.handler->on_data(); });
}

sfsistat on_header(SMFICTX* context, char* name, char* value) {
  return guarded(context, "header", SMFIP_NR_HDR,
                 [&](Connection& connection) { connection.handler->on_header_field(name, value); });
}

sfsistat on_end_of_header(SMFICTX* context) {
  return guarded(context, "end-of-header", SMFIP_NR_EOH,
                 [](Connection& connection) { connection.handler->on_end_of_header(); });
}

sfsistat on_body(SMFICTX* context, unsigned char* bytes, std::size_t size) {
  return guarded(context, "body", SMFIP_NR_BODY, [&](Connection& connection) {
    connection.handler->on_body({reinterpret_cast<const char*>(bytes), size});
  });
}

sfsistat on_end_of_message(SMFICTX* context) {
  Connection* connection = connection_of(context);
  if (connection == nullptr) return SMFIS_TEMPFAIL;
  Reply reply = Reply::tempfail;
  bool decided = false;
  try {
    ContextActions actions(context, *connection);
    if (!connection->failed) {
      reply = connection->handler->on_end_of_message(actions);
      decided = true;
    }
  } catch (const std::exception& error) {
    fail(*connection, "end-of-message", error.what());
  } catch (...) {
    fail(*connection, "end-of-message", "unknown exception");
  }
  return to_status(decided ? reply : the_application->reply_on_failure());
}

sfsistat on_abort(SMFICTX* context) {
  Connection* connection = connection_of(context);
  if (connection != nullptr && connection->handler) connection->handler->on_abort();
  return SMFIS_CONTINUE;
}

sfsistat on_close(SMFICTX* context) {
  delete connection_of(context);
  smfi_setpriv(context, nullptr);
  return SMFIS_CONTINUE;
}

}  // extern "C"

}  // namespace

void set_application(Application* application) {
  the_application = application;
}

void refuse_new_messages() {
  refuses_new_messages = true;
}

smfiDesc description() {
  smfiDesc callbacks{};
  callbacks.xxfi_name = const_cast<char*>("postern-milter");
  callbacks.xxfi_version = SMFI_VERSION;
  callbacks.xxfi_flags = needed_actions | SMFIF_SETSYMLIST;
  callbacks.xxfi_connect = on_connect;
  callbacks.xxfi_helo = on_helo;
  callbacks.xxfi_envfrom = on_mail;
  callbacks.xxfi_envrcpt = on_recipient;
  callbacks.xxfi_header = on_header;
  callbacks.xxfi_eoh = on_end_of_header;
  callbacks.xxfi_body = on_body;
  callbacks.xxfi_eom = on_end_of_message;
  callbacks.xxfi_abort = on_abort;
  callbacks.xxfi_close = on_close;
  callbacks.xxfi_data = on_data;
  callbacks.xxfi_negotiate = on_negotiate;
  return callbacks;
}

}  // namespace postern::milter
