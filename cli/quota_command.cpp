// "postern quota": how full mailboxes are, as Dovecot tells it, and having it told again.
#include <algorithm>
#include <cstdio>
#include <thread>

#include "cli/store_access.hpp"
#include "lib/base/ascii.hpp"
#include "lib/io/probe/command.hpp"
#include "lib/io/wall_clock.hpp"
#include "lib/quota/published.hpp"
#include "lib/report/log_line.hpp"

namespace postern::cli {
namespace {

constexpr std::chrono::minutes recount_timeout{60};
constexpr std::chrono::seconds publish_timeout{5};
constexpr std::chrono::milliseconds look_again{50};

struct QuotaOptions {
  std::string config_file;
  std::string user;
  std::string dovecot_config = "/etc/dovecot/dovecot.conf";
  bool all = false;
};

Expected<std::optional<store::Time>, std::string> listening_since(store::Store& store,
                                                                  const std::string& host) {
  const auto results = run(store, {quota::alive_lookup(host)});
  if (!results) return Unexpected<std::string>(results.error());
  return quota::since_of(results->front());
}

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

Expected<std::optional<quota::Usage>, std::string> published(store::Store& store,
                                                             const std::string& user) {
  const auto results = run(store, {quota::usage_lookup(user)});
  if (!results) return Unexpected<std::string>(results.error());
  return quota::usage_of(results->front());
}

int show_one(const OpenSite& open, const std::string& user) {
  const auto usage = published(*open.store, user);
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

// Until what Dovecot has just counted is published.
Expected<quota::Usage, std::string> wait_for(store::Store& store, const std::string& user,
                                             store::Time begin) {
  const auto end = std::chrono::steady_clock::now() + publish_timeout;
  do {
    // Dovecot may call the user otherwise, such as by the whole address.
    const auto usages = published(store);
    if (!usages) return Unexpected<std::string>(usages.error());
    for (const quota::Usage& usage : *usages) {
      const bool is_named_so = usage.user == user || usage.user.starts_with(user + "@");
      if (is_named_so && usage.is_certain && usage.time >= begin) return usage;
    }
    std::this_thread::sleep_for(look_again);
  } while (std::chrono::steady_clock::now() < end);
  return Unexpected<std::string>(
      user +
      ": Dovecot has counted, but told nobody: does postern-learner run, is postern_quota among "
      "mail_plugins outside of any protocol, and \"postern\" the driver of its quota?");
}

std::string last_line(std::string_view text) {
  text = ascii::trim(text);
  return std::string(text.substr(text.rfind('\n') + 1));
}

int recalc(const QuotaOptions& options) {
  if (options.user.empty() != options.all) return fail("name one USER, or --all");
  auto open = open_site(options.config_file);
  if (!open) return fail(open.error());
  const store::Time begin = io::wall_clock();
  std::vector<std::string> words = {"doveadm", "-c", options.dovecot_config, "quota", "recalc"};
  if (options.all) {
    words.emplace_back("-A");
  } else {
    words.insert(words.end(), {"-u", options.user});
  }
  const auto done = io::run_to_end(words, recount_timeout);
  if (!done) return fail(done.error());
  if (done->status != 0) return fail("doveadm: " + last_line(done->errors));
  if (options.all) {
    std::printf("All mailboxes have been counted; see `postern quota show`.\n");
    return 0;
  }
  const auto usage = wait_for(*open->store, options.user, begin);
  if (!usage) return fail(usage.error());
  const auto printed = print(*open, *usage);
  return printed ? 0 : fail(printed.error());
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
  std::printf("forgotten: %zu mailboxes; Dovecot decides about their mail until it tells anew\n",
              count);
  return 0;
}

}  // namespace

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
  forget_command->add_option("USER", options->user, "Of whom");
  forget_command->add_flag("--all", options->all, "Of everybody");
  auto* recalc_command = add("recalc", "Have Dovecot count mailboxes from their files", recalc);
  recalc_command->add_option("USER", options->user, "Whose");
  recalc_command->add_flag("--all", options->all, "Those of all users that Dovecot can list");
  recalc_command->add_option("--dovecot-config", options->dovecot_config, "Dovecot's main file")
      ->capture_default_str();
}

}  // namespace postern::cli
