// The milter as a spamd: what spamc and its like send is judged by the rules in use.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "lib/antispam/filter/filter.hpp"
#include "lib/base/result.hpp"
#include "lib/checks/configuration.hpp"
#include "lib/io/spamd/server.hpp"
#include "lib/training/event.hpp"
#include "milters/shared.hpp"

namespace postern {

class Spamd final : public io::SpamdHandler {
 public:
  /// Listens where the configuration says.
  /// \return What is wrong and what to do about it; nullptr where nobody is to listen.
  [[nodiscard]] static Expected<std::unique_ptr<Spamd>, std::string> start(Shared& shared);

  std::string answer(const antispam::spamd::Request& request, std::string message,
                     const std::string& peer) override;
  /// Waits for requests that are being answered, and accepts no more.
  void stop(std::chrono::milliseconds patience) { server_->stop(patience); }

  void on_problem(const std::string& peer, const std::string& problem) noexcept override;

 private:
  explicit Spamd(Shared& shared) : shared_(shared) {}
  [[nodiscard]] std::string judge(const antispam::spamd::Request& request, std::string message,
                                  const std::string& peer);
  [[nodiscard]] antispam::Circumstances circumstances_of(
      const antispam::spamd::Request& request, std::string_view message, const std::string& peer,
      const checks::Configuration& configuration) const;
  void ask_dns(antispam::Judging& judging, const checks::Configuration& configuration);
  [[nodiscard]] std::string tell(const antispam::spamd::Request& request,
                                 const std::string& message, const std::string& peer);
  [[nodiscard]] static Expected<void, std::string> teach(
      training::Kind kind, const std::string& user, std::string_view message,
      const checks::Configuration& configuration);

  Shared& shared_;
  std::unique_ptr<io::SpamdServer> server_;
};

}  // namespace postern
