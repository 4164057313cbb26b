#include "lib/io/accounts/postfix_domains.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

#include "lib/base/ascii.hpp"
#include "lib/io/postfix/programs.hpp"

namespace postern::io {
namespace {

constexpr std::chrono::seconds patience{20};

Expected<Parameters, std::string> read(const std::string& config_directory,
                                       const std::vector<std::string>& names) {
  return read_parameters(config_directory, names,
                         {patience, std::chrono::steady_clock::now() + patience});
}

}  // namespace

std::string objection_of_postfix(const std::string& config_directory,
                                 const std::string& domains_file, const std::string& domain) {
  const auto parameters = read(config_directory, {"mydestination", "virtual_mailbox_domains"});
  if (!parameters) return "";
  const auto& values = *parameters;
  const auto value = [&](const char* name) {
    const auto found = values.find(name);
    return found == values.end() ? std::string() : found->second;
  };
  if (value("virtual_mailbox_domains").find(domains_file) == std::string::npos) {
    return "Postfix does not read " + domains_file + ", so it takes no mail for " + domain +
           "; see examples/accounts of Postern, or postern-setup(1)";
  }
  const auto local = split_words(value("mydestination"));
  const bool is_local = std::any_of(local.begin(), local.end(), [&](const std::string& name) {
    return ascii::equals_ignoring_case(name, domain);
  });
  if (!is_local) return "";
  return domain +
         " is in mydestination of Postfix, so its mail goes to the users of the system "
         "and not to accounts; take it out of mydestination";
}

}  // namespace postern::io
