// What messages have shown of DNS lists: which refuse us, and which do not answer.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace postern::antispam {

/// What one message has shown.
struct ListReport {
  std::vector<std::string> refusing;  ///< They say so (dns_block_rule).
  std::vector<std::string> answering;
  std::vector<std::string> silent;  ///< All questions to them failed, none of the others' did.
  std::int64_t block_seconds = 0;   ///< How long such a list is not asked (dns_block_time).
};

/// Lists that are left alone for a while. Not for several threads.
class ListHealth {
 public:
  /// So many messages in a row without an answer.
  static constexpr unsigned max_silent = 3;

  /// \param now  Seconds since the epoch.
  /// \return For the operator, of each list that is left alone from now on: "l.org: does not
  /// answer".
  std::vector<std::string> note(const ListReport& report, std::int64_t now);
  [[nodiscard]] std::vector<std::string> left_alone(std::int64_t now) const;

 private:
  struct State {
    unsigned silent = 0;
    std::int64_t since = 0, until = 0;
  };

  bool leave_alone(const std::string& list, std::int64_t now, std::int64_t seconds);

  std::map<std::string, State> states_;  // as many as the configuration names
};

/// The same for all threads and for every set of rules that is loaded; lib/io/filter has one.
class ListMemory {
 public:
  ListMemory() = default;
  ListMemory(const ListMemory&) = delete;
  ListMemory& operator=(const ListMemory&) = delete;
  virtual ~ListMemory() = default;

  virtual std::vector<std::string> note(const ListReport& report, std::int64_t now) = 0;
  [[nodiscard]] virtual std::vector<std::string> left_alone(std::int64_t now) const = 0;
};

}  // namespace postern::antispam
