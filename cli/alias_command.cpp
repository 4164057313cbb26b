// "postern alias": addresses that lead to others.
#include <cstdio>
#include <memory>

#include <nlohmann/json.hpp>

#include "cli/account_support.hpp"
#include "lib/accounts/routes.hpp"
#include "lib/report/json.hpp"

namespace postern::cli {
namespace {

using accounts::AddressKind;

Expected<std::vector<std::string>, std::string> read_targets(const AccountOptions& options) {
  std::vector<std::string> targets;
  for (const std::string& text : options.targets) {
    auto target = address_of(text, AddressKind::target);
    if (!target) return Unexpected<std::string>(target.error());
    targets.push_back(std::move(*target));
  }
  return targets;
}

void print_entry(const accounts::AliasEntry& entry, const std::string& problem) {
  std::printf("%s -> %s%s\n", entry.address.c_str(), join_names(entry.targets).c_str(),
              problem.empty() ? "" : (" (" + problem + ")").c_str());
}

using Targets = std::vector<std::string>;
using AliasEdit = accounts::Outcome (*)(accounts::Accounts&, const std::string& address,
                                        const Targets&);

int change_alias(const AccountOptions& options, AliasEdit edit) {
  const auto address = address_of(options.address, AddressKind::alias);
  if (!address) return fail(address.error());
  const auto targets = read_targets(options);
  if (!targets) return fail(targets.error());
  auto change = AccountChange::begin(options);
  if (!change) return fail(change.error());
  accounts::Accounts& accounts = (*change)->accounts();
  const accounts::Outcome done = edit(accounts, *address, *targets);
  if (!done) return fail(done.error());
  const auto status = (*change)->commit();
  if (!status) return fail(status.error());
  const accounts::AliasEntry* left = accounts.aliases.find(*address);
  if (left != nullptr) {
    print_entry(*left, "");
  } else {
    std::printf("%s: the alias is removed\n", address->c_str());
  }
  return *status;
}

int alias_add(const AccountOptions& options) {
  return change_alias(options, accounts::add_alias);
}

int alias_remove(const AccountOptions& options) {
  return change_alias(options, [](accounts::Accounts& accounts, const std::string& address,
                                  const Targets& targets) {
    return accounts::remove_alias(accounts, address, targets.empty() ? "" : targets.front());
  });
}

int alias_list(const AccountOptions& options) {
  const auto accounts = io::AccountDirectory(options.directory).load();
  if (!accounts) return fail(accounts.error());
  const accounts::Routes routes(*accounts);
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const accounts::AliasEntry& entry : accounts->aliases.entries) {
    const std::string problem = routes.follow(entry).problem;
    list.push_back({{"address", entry.address}, {"targets", entry.targets}, {"problem", problem}});
    if (!options.json) print_entry(entry, problem);
  }
  const bool is_empty = list.empty();
  const nlohmann::ordered_json document = {{"aliases", std::move(list)}};
  if (options.json) {
    std::printf("%s\n", report::dump(document).c_str());
  } else if (is_empty) {
    std::printf("There is no alias yet; make one with: postern alias add ADDRESS TARGET\n");
  }
  return 0;
}

}  // namespace

void add_alias_command(CLI::App& app, Action& action) {
  CLI::App* alias = app.add_subcommand("alias", "Addresses that lead to others");
  alias->require_subcommand(1);
  const auto options = std::make_shared<AccountOptions>();
  const auto with_address = [&](CLI::App& command) -> CLI::App& {
    command.add_option("ADDRESS", options->address, "The alias; @example.org: all other addresses")
        ->required();
    return command;
  };
  with_address(add_account_change(*alias, "add", "Let an address lead to others, too", options,
                                  action, alias_add))
      .add_option("TARGET", options->targets, "Where its mail goes")
      ->required();
  with_address(add_account_change(*alias, "remove", "Remove an alias, or one target of it", options,
                                  action, alias_remove))
      .add_option("TARGET", options->targets, "Only this target")
      ->expected(0, 1);
  add_account_command(*alias, "list", "List the aliases", options, action, alias_list)
      .add_flag("--json", options->json, "Print JSON");
}

}  // namespace postern::cli
