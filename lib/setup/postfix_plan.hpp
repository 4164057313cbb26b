// What of Postfix's settings is to change so that it asks Postern, or does so no more.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/doctor/postfix_config.hpp"

namespace postern::setup {

/// Postfix as it was found.
struct PostfixFound {
  std::string version;          ///< mail_version, such as "3.7.11".
  std::string queue_directory;  ///< In force.
  bool is_multi_instance = false;
  /// Of main.cf, as they stand there: "$name" is not expanded.
  std::map<std::string, std::string, std::less<>> explicit_values;
  std::vector<doctor::MasterEntry> services;  ///< Overrides likewise.
};

/// What shall be.
struct PostfixWish {
  std::string milter_socket;  ///< Of milter.socket; empty: no milter.
  std::string policy_socket;  ///< The first of policy.sockets; empty: no policy daemon.
  std::string tls_socket;     ///< The first of mta_sts.sockets; empty: MTA-STS is not asked for.
  /// Whether a milter that is away delays mail (when something is enforced) or lets it pass.
  bool waits_for_milter = false;
};

/// One parameter of main.cf, or one "-o" of master.cf; with a service and without a name, a line of
/// master.cf that is added.
struct ParameterChange {
  std::string service;  ///< "submission/inet"; empty: main.cf.
  std::string name;
  std::optional<std::string> before;  ///< Nothing: it was not there.
  std::string after;
  /// The elements of `after` that are ours, at its front or at its end; empty: the whole value is.
  std::string ours;
  bool is_last = false;
  /// In the ledger only: the value before the last change of ours, where that was not the first.
  std::optional<std::string> previous = std::nullopt;

  bool operator==(const ParameterChange&) const = default;
};

struct PostfixPlan {
  std::vector<ParameterChange> changes;
  std::vector<std::string> notes;     ///< What the operator should know; sentences.
  std::vector<std::string> refusals;  ///< Why nothing can be changed, each naming the setting.
};

/// \return The changes that lead from `found` to `wish`; none where all is so already.
[[nodiscard]] PostfixPlan plan_postfix(const PostfixFound& found, const PostfixWish& wish);

/// main.cf with a change of its own carried out; changes of services are for master.cf.
[[nodiscard]] std::string apply(const ParameterChange& change, std::string_view main_cf);

/// main.cf without our part of a change, when others have edited it since; what they set stays.
/// \param now  The value in the file; nothing: the parameter is not there.
[[nodiscard]] std::string undo(const ParameterChange& change, const std::optional<std::string>& now,
                               std::string_view main_cf);

/// The same of a service: its value without our part; nothing: it is to be removed.
[[nodiscard]] std::optional<std::string> undone_value(const ParameterChange& change,
                                                      const std::string& now);

}  // namespace postern::setup
