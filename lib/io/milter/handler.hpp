// What a milter does on each SMTP event, without knowing libmilter.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/ip_address.hpp"

namespace postern::milter {

/// The final word on a message.
enum class Reply { accept, discard, reject, tempfail };

/// Who connected to the MTA.
struct Client {
  std::optional<IpAddress> ip;  ///< Nothing for a unix socket or an address that is not known.
  std::uint16_t port = 0;
  std::string name;  ///< As the MTA verified it, or the address in brackets.
};

/// Reads macros of the MTA, such as "{auth_authen}" or "i". Valid during the callback only.
class Macros {
 public:
  Macros() = default;
  Macros(const Macros&) = delete;
  Macros& operator=(const Macros&) = delete;
  virtual ~Macros() = default;
  /// Empty when the MTA did not send it.
  [[nodiscard]] virtual std::string get(const char* name) const = 0;
};

/// What may be done to a message at its end. A false means that the MTA refused it.
class Actions : public Macros {
 public:
  /// \param body  What follows the colon, folded with LF; no leading space.
  [[nodiscard]] virtual bool insert_on_top(const std::string& name, const std::string& body) = 0;
  /// \param index  From 1, among the fields of that name.
  [[nodiscard]] virtual bool remove(const std::string& name, unsigned index) = 0;
  /// Puts the message into the hold queue of the MTA.
  [[nodiscard]] virtual bool hold(const std::string& reason) = 0;
  /// The reply to give with Reply::reject or Reply::tempfail. Text is made safe here.
  [[nodiscard]] virtual bool set_reply(unsigned code, const std::string& enhanced_code,
                                       const std::string& text) = 0;
};

/// One connection of the MTA, which may carry many messages. Its member functions are called one at
/// a time, but each perhaps from another thread. An exception from any of them ends the message
/// with the reply of the server's options.
class Handler {
 public:
  Handler() = default;
  Handler(const Handler&) = delete;
  Handler& operator=(const Handler&) = delete;
  virtual ~Handler() = default;

  virtual void on_connect(const Client& client, const Macros& macros) = 0;
  virtual void on_helo(std::string_view helo) = 0;
  /// \param path  As in MAIL FROM, usually with angle brackets.
  virtual void on_mail(std::string_view path, const Macros& macros) = 0;
  /// Only if the application wants_recipients().
  /// \param path  As in RCPT TO, usually with angle brackets.
  virtual void on_recipient(std::string_view path) = 0;
  virtual void on_data() = 0;
  /// \param value  Everything after the colon, folded with LF.
  virtual void on_header_field(std::string_view name, std::string_view value) = 0;
  /// An MTA may leave this out: then the first on_body() or on_end_of_message() says it.
  virtual void on_end_of_header() = 0;
  virtual void on_body(std::string_view bytes) = 0;
  virtual Reply on_end_of_message(Actions& actions) = 0;
  /// The message is given up: by the client, by the MTA, or because a callback threw. May be called
  /// when there is none.
  virtual void on_abort() noexcept = 0;
};

/// Makes a handler for each connection, and hears of what no handler can tell.
class Application {
 public:
  Application() = default;
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;
  virtual ~Application() = default;

  virtual std::unique_ptr<Handler> make_handler() = 0;
  /// Whether a new connection is told of recipients: each is a command more.
  [[nodiscard]] virtual bool wants_recipients() const noexcept = 0;
  /// A callback threw, or the MTA does not allow an action that is needed.
  virtual void on_failure(std::string_view where, std::string_view what) noexcept = 0;
  /// What a message gets whose handler failed.
  virtual Reply reply_on_failure() noexcept = 0;
};

}  // namespace postern::milter
