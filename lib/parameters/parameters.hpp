// Every parameter of every program, and the check of a configuration as a whole.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/checks/configuration.hpp"
#include "lib/config/setting.hpp"
#include "lib/policy/settings.hpp"

namespace postern::parameters {

/// Every parameter there is, ordered by section, for manual, example, and names.
[[nodiscard]] std::vector<config::Row> all_rows();

/// What `enforce` can name: checks of the milter, and the rules of policy.rules.
[[nodiscard]] std::vector<std::string> switchable(const policy::Settings& policy);

/// Finds the first thing that is wrong in a document: a name that is no parameter, or a value in a
/// section of any program. One file is right or wrong for all of them.
/// \param host_name  What an empty authserv_id stands for.
/// \return What concerns milter and checks; other programs read their sections from the document.
[[nodiscard]] Expected<std::shared_ptr<const checks::Configuration>, config::ConfigError> load(
    const config::Document& document, const std::string& host_name);

}  // namespace postern::parameters
