// One connection of the MTA: turns milter events into a checks::Transaction and its verdict into
// actions.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "lib/checks/transaction.hpp"
#include "lib/io/milter/handler.hpp"
#include "lib/io/resolver/resolver.hpp"
#include "milters/shared.hpp"

namespace postern {

class Session final : public milter::Handler {
 public:
  /// \param shared  Outlives the session.
  explicit Session(Shared& shared) : shared_(shared) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() override;

  void on_connect(const milter::Client& client, const milter::Macros& macros) override;
  void on_helo(std::string_view helo) override;
  void on_mail(std::string_view path, const milter::Macros& macros) override;
  void on_recipient(std::string_view path) override;
  void on_data() override;
  void on_header_field(std::string_view name, std::string_view value) override;
  void on_end_of_header() override;
  void on_body(std::string_view bytes) override;
  milter::Reply on_end_of_message(milter::Actions& actions) override;
  void on_abort() noexcept override;

 private:
  // One message, from MAIL to its end.
  struct Message {
    std::shared_ptr<const checks::Configuration> configuration;
    checks::Transaction transaction;
    std::unique_ptr<io::Inquiry> inquiry;
    std::unique_ptr<io::Inquiry> lists;  // of rules, whose questions take nothing from the checks'
    dns::Answers answers;
    checks::Stage stage = checks::Stage::mail;
    std::chrono::steady_clock::time_point content_started;
    InFlight::Entry in_flight;

    Message(std::shared_ptr<const checks::Configuration> config, verdict::Envelope from,
            disposition::Direction way, Shared& shared);
  };

  void advance();
  void begin_content();
  void look_up_owners(std::chrono::steady_clock::time_point deadline);
  void scan();
  void tell_of_lists(const milter::Macros& macros, const report::Verdict& verdict) const;
  void finish();
  milter::Reply apply(milter::Actions& actions, const report::Verdict& verdict);
  void log(const milter::Macros& macros, const report::Verdict& verdict) const;
  [[nodiscard]] disposition::Direction direction(const checks::Configuration& configuration,
                                                 const milter::Macros& macros) const;

  Shared& shared_;
  milter::Client client_;
  std::string daemon_name_;
  std::string helo_;
  std::optional<Message> message_;
};

}  // namespace postern
