// What a user taught, on its way to the learner or, if that is away, to the spool.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "dovecot-plugins/common/settings.hpp"
#include "lib/base/result.hpp"
#include "lib/io/files/file_descriptor.hpp"
#include "lib/io/training/spool.hpp"
#include "lib/training/event.hpp"

namespace postern::dovecot {

/// One event with its message: in memory, or in the spool already and not yet kept there.
struct Lesson {
  std::string id;
  std::string line;
  std::variant<io::FileDescriptor, io::SpoolFile> message;
};

/// All events of one user. Nothing here waits, except finish(); no failure is more than a log line.
class Outbox {
 public:
  using Complain = std::function<void(const std::string& problem)>;

  Outbox(Settings settings, Complain complain);
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;
  Outbox(Outbox&&) = delete;
  Outbox& operator=(Outbox&&) = delete;
  ~Outbox();

  /// Holds a message until its transaction ends: in memory while there are few, else in the spool,
  /// since one command can move a whole mailbox.
  /// \param held  How many messages of the transaction are held already.
  [[nodiscard]] Expected<Lesson, std::string> hold(const training::Event& event,
                                                   std::string_view message, std::size_t held);

  /// The transaction has been committed: tells the learner.
  void send(std::vector<Lesson> lessons);

  /// The session ends: what the learner has not confirmed within a moment goes to the spool.
  void finish();

  [[nodiscard]] const Settings& settings() const { return settings_; }

 private:
  class Delivery;

  void deliver(std::vector<Lesson> lessons);
  void spool(std::vector<Lesson> lessons);
  [[nodiscard]] std::string spool(Lesson& lesson);
  void remove(const Delivery& delivery);
  [[nodiscard]] std::size_t unconfirmed() const;

  const Settings settings_;
  const Complain complain_;
  io::Spool spool_;
  std::vector<std::unique_ptr<Delivery>> deliveries_;
};

}  // namespace postern::dovecot
