// "postern quota": how full mailboxes are, as Dovecot tells it, and having it told again.
#include <algorithm>
#include <cstdio>

#include "cli/quota_support.hpp"
#include "lib/io/wall_clock.hpp"
#include "lib/quota/published.hpp"
#include "lib/report/log_line.hpp"

namespace postern::cli {
namespace {

Expected<std::optional<store::Time>, std::string> listening_since(store::Store& store,
                                                                  const std::string& host) {
  const auto results = run(store, {quota::alive_lookup(host)});
  if (!results) return Unexpected<std::string>(results.error());
  return quota::since_of(results->front());
}

Expected<std::optional<quota::Usage>, std::string> published_of(store::Store& store,
                                                                const std::string& user) {
  const auto results = run(store, {quota::usage_lookup(user)});
  if (!results) return Unexpected<std::string>(results.error());
  return quota::usage_of(results->front());
}

int show_one(const OpenSite& open, const std::string& user) {
  const auto usage = published_of(*open.store, user);
  if (!usage) return fail(usage.error());
  const std::optional<quota::Usage>& known = *usage;
  if (!known) {
    std::printf("%s: nothing is known; see postern-quota(7)\n", report::escape(user).c_str());
    return 0;
  }
  const auto printed = print(open, *known);
  return printed ? 0 : fail(printed.error());
}

int show(const QuotaOptions& options) {
  auto open = open_site(options.config_file);
  if (!open) return fail(open.error());
  if (!options.user.empty()) return show_one(*open, options.user);
  const auto usages = published(*open->store);
  if (!usages) return fail(usages.error());
  for (const quota::Usage& usage : *usages) {
    const auto printed = print(*open, usage);
    if (!printed) return fail(printed.error());
  }
  if (usages->empty()) {
    std::printf("Nothing is known of any mailbox; see postern-quota(7).\n");
  }
  return 0;
}

int forget(const QuotaOptions& options) {
  if (options.user.empty() != options.all) return fail("name one USER, or --all");
  auto open = open_site(options.config_file);
  if (!open) return fail(open.error());
  const auto usages = published(*open->store);
  if (!usages) return fail(usages.error());
  std::size_t count = 0;
  for (const quota::Usage& usage : *usages) {
    if (!options.all && usage.user != options.user) continue;
    const auto done = run(*open->store, quota::forget_operations(usage.user));
    if (!done) return fail(done.error());
    ++count;
  }
  std::printf("forgotten: %zu; Dovecot decides about their mail until it tells anew\n", count);
  return 0;
}

}  // namespace

Expected<void, std::string> print(const OpenSite& open, const quota::Usage& usage) {
  const auto since = listening_since(*open.store, usage.host);
  if (!since) return Unexpected<std::string>(since.error());
  const store::Time now = io::wall_clock();
  const std::string_view problem =
      quota::doubt(usage, *since, open.site->policy.settings.quota, now);
  std::string line = report::escape(usage.user) + ": " + quota::describe(usage);
  if (usage.storage.limit > 0 || usage.messages.limit > 0) {
    line += ", " + std::to_string(quota::percent(usage)) + " %";
  }
  line += ", " +
          format_span(std::chrono::duration_cast<std::chrono::milliseconds>(now - usage.time)) +
          " ago";
  if (quota::is_full(usage, 0)) line += ", full";
  if (!problem.empty()) line += " (does not count: " + std::string(problem) + ")";
  std::printf("%s\n", line.c_str());
  return {};
}

Expected<std::vector<quota::Usage>, std::string> published(store::Store& store) {
  std::vector<quota::Usage> usages;
  const auto read = for_each_item(store, quota::usage_prefix, [&](const store::Item& item) {
    auto usage = quota::usage_of(store::Value{item.value});
    if (usage) usages.push_back(std::move(*usage));
  });
  if (!read) return Unexpected<std::string>(read.error());
  std::sort(usages.begin(), usages.end(),
            [](const auto& a, const auto& b) { return a.user < b.user; });
  return usages;
}

void add_quota_command(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("quota", "See how full mailboxes are, and count them again");
  command->require_subcommand(1);
  const auto options = std::make_shared<QuotaOptions>();
  const auto add = [&](const char* name, const char* help, int (*run_it)(const QuotaOptions&)) {
    auto* sub = command->add_subcommand(name, help);
    const auto file = add_config_option(*sub);
    sub->callback([&action, file, options, run_it] {
      options->config_file = *file;
      action = [options, run_it] { return run_it(*options); };
    });
    return sub;
  };
  add("show", "Print how full mailboxes are, and since when that is known", show)
      ->add_option("USER", options->user, "Only this one, as Dovecot calls it");
  auto* forget_command =
      add("forget", "Have Dovecot alone decide until it tells anew: when quota moves out", forget);
  forget_command->add_option("USER", options->user, "Whose mailbox");
  forget_command->add_flag("--all", options->all, "The mailboxes of all users");
  auto* recalc_command =
      add("recalc", "Have Dovecot count mailboxes from their files", quota_recalc);
  recalc_command->add_option("USER", options->user, "Whose mailbox");
  recalc_command->add_flag("--all", options->all,
                           "The mailboxes of all users that Dovecot can list");
  recalc_command->add_option("--dovecot-config", options->dovecot_config, "Dovecot's main file")
      ->capture_default_str();
}

}  // namespace postern::cli
