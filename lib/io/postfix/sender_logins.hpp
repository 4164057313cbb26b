// Who may use an address, as Postfix's smtpd_sender_login_maps say; asked through postmap(1).
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/submission/author_check.hpp"

namespace postern::io {

struct SenderLoginSettings {
  std::vector<std::string> maps;  ///< "type:name"; empty: smtpd_sender_login_maps of main.cf.
  std::string config_directory;   ///< Of Postfix.
  std::chrono::milliseconds timeout{5000};  ///< Of one lookup in one table.
  std::chrono::seconds cache_time{60};      ///< How long an answer is used again.
  std::size_t cached_addresses = 10000;
};

/// What main.cf says, as far as it matters here.
struct PostfixNames {
  std::vector<std::string> maps;
  std::vector<std::string> local_domains;  ///< Whose users may leave their domain out; lower case.
  std::string recipient_delimiter;         ///< Characters; empty: none.
};

/// The keys under which Postfix looks for an address, the most special first: the address, without
/// extension, the local part alone for a local domain, "@domain" (postconf(5),
/// smtpd_sender_login_maps; the order of canonical(5)).
/// \param address  In lower case.
[[nodiscard]] std::vector<std::string> lookup_keys(std::string_view address,
                                                   const PostfixNames& names);

/// Every type of table that postmap(1) can query works: it is Postfix's own program that reads it.
/// Thread-safe.
class SenderLogins {
 public:
  explicit SenderLogins(SenderLoginSettings settings) : settings_(std::move(settings)) {}

  using Clock = std::chrono::steady_clock;

  /// The owners of an address: what the tables say of the first of lookup_keys() that they know,
  /// and the login of the same name as each key before it.
  ///
  /// \param address   In lower case; from a peer.
  /// \param deadline  Blocks no longer than this; what is not known then is a failure.
  [[nodiscard]] submission::Owners find(const std::string& address, Clock::time_point deadline);

  /// Why the last lookup that failed did; empty when none has since the last call.
  [[nodiscard]] std::string take_problem();

 private:
  struct Entry {
    std::string address;
    submission::Owners owners;
    Clock::time_point expires;
  };

  [[nodiscard]] submission::Owners look_up(const std::string& address, Clock::time_point deadline);
  [[nodiscard]] Expected<PostfixNames, std::string> names(Clock::time_point deadline);
  [[nodiscard]] Expected<PostfixNames, std::string> read_names(Clock::time_point deadline) const;
  void note_problem(std::string problem);
  bool find_cached(const std::string& address, submission::Owners& owners);
  void keep(const std::string& address, const submission::Owners& owners);

  const SenderLoginSettings settings_;
  std::mutex mutex_;  // guards all below; never held while a program runs
  std::list<Entry> by_age_;
  std::unordered_map<std::string, std::list<Entry>::iterator> by_address_;
  Expected<PostfixNames, std::string> names_;
  Clock::time_point names_expire_{};
  std::string problem_;
};

}  // namespace postern::io
