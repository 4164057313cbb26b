// A connection on which a peer asks and is answered: one answer for each request, in their order.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lib/io/asio/stream_server.hpp"
#include "policy-daemon/services.hpp"

namespace postern {

/// How requests are told apart in a stream, and who answers them.
class Protocol {
 public:
  /// Takes an answer as it goes over the wire. To be called once; harmless when the connection has
  /// gone.
  using Answer = std::function<void(std::string text)>;

  Protocol() = default;
  Protocol(const Protocol&) = delete;
  Protocol& operator=(const Protocol&) = delete;
  Protocol(Protocol&&) = delete;
  Protocol& operator=(Protocol&&) = delete;
  virtual ~Protocol() = default;

  /// Adds octets; all requests in what came before have been answered.
  virtual void feed(std::string_view bytes) = 0;
  /// Begins to answer the next request that has come in full: `answer` is called now or later.
  /// \return Whether there is one.
  [[nodiscard]] virtual bool answer_next(Answer answer) = 0;
  /// What came cannot be read any further: the connection closes.
  [[nodiscard]] virtual bool has_failed() const = 0;
  /// Whether a request has begun to come and has not ended.
  [[nodiscard]] virtual bool is_amid() const = 0;
  /// The connection ends while is_amid(). \param problem  A literal.
  virtual void complain(std::string_view problem) = 0;
};

/// No more is read while an answer is owed: a client that asks faster than it is answered waits.
class Dialogue final : public io::Conversation {
 public:
  Dialogue(const Services& services, io::Stream& stream, std::unique_ptr<Protocol> protocol);

  void on_data(std::string_view bytes) override;
  void on_end() override;
  void on_late() override;
  [[nodiscard]] bool is_busy() const override { return answering_; }

 private:
  void answer_next();
  bool begin_answer();
  void on_answer(std::string text);
  void expect_more();

  const Services& services_;
  io::Stream& stream_;
  const std::unique_ptr<Protocol> protocol_;
  bool answering_ = false;
  bool looking_ = false;         // within answer_next()
  bool within_request_ = false;  // its time is running
  bool ended_ = false;           // nothing more comes
  // What an answer finds gone when the connection has.
  const std::shared_ptr<Dialogue*> self_ = std::make_shared<Dialogue*>(this);
};

}  // namespace postern
