// "postern greylist": who is held back, who may pass, and how many came again.
#include <cstdio>
#include <map>

#include "cli/store_access.hpp"
#include "lib/greylist/records.hpp"
#include "lib/io/wall_clock.hpp"

namespace postern::cli {
namespace {

struct GreylistOptions {
  std::string what;
  bool all = false;
};

struct Figures {
  std::int64_t held = 0;
  std::int64_t returned = 0;
};

// Of one day as counted in the store under "DAY|held" and "DAY|returned".
Expected<std::map<std::string, Figures>, std::string> load_figures(store::Store& store) {
  std::map<std::string, Figures> days;
  const auto read = for_each_item(store, greylist::figures_prefix, [&](const store::Item& item) {
    const auto parts = parts_of_key(item.key, greylist::figures_prefix);
    if (parts.size() != 2) return;
    const std::chrono::sys_days day{std::chrono::days(std::atoll(parts[0].c_str()))};
    Figures& figures = days[format_time(store::Time(day)).substr(0, 10)];
    (parts[1] == "held" ? figures.held : figures.returned) = std::atoll(item.value.c_str());
  });
  if (!read) return Unexpected<std::string>(read.error());
  return days;
}

Expected<std::size_t, std::string> print_waiting(OpenSite& open, const GreylistOptions& options) {
  std::size_t count = 0;
  const auto delay = open.site->policy.settings.greylist.delay;
  const auto read =
      for_each_item(*open.store, greylist::triplet_prefix, [&](const store::Item& item) {
        const auto triplet = greylist::parse_triplet(item.value);
        if (!triplet || (triplet->returned && !options.all)) return;
        if (!options.what.empty() && item.key.find(options.what) == item.key.npos) return;
        auto parts = parts_of_key(item.key, greylist::triplet_prefix);
        parts.resize(3);
        if (count++ == 0) {
          std::printf("%-19s  %-9s  %s\n", "FIRST ATTEMPT", "STATE", "CLIENT, SENDER, RECIPIENT");
        }
        const auto passes_in = triplet->first + delay - io::wall_clock();
        const std::string state = triplet->returned       ? "returned"
                                  : passes_in.count() > 0 ? format_span(passes_in)
                                                          : "may pass";
        std::printf("%-19s  %-9s  %s, %s, %s\n", format_time(triplet->first).c_str(), state.c_str(),
                    parts[0].c_str(), parts[1].c_str(), parts[2].c_str());
      });
  if (!read) return Unexpected<std::string>(read.error());
  return count;
}

int list(const std::string& config_file, const GreylistOptions& options) {
  auto open = open_site(config_file);
  if (!open) return fail(open.error());
  const auto waiting = print_waiting(*open, options);
  if (!waiting) return fail(waiting.error());
  if (*waiting == 0) std::printf("Nobody is held back.\n");
  std::size_t known = 0;
  const auto read =
      for_each_item(*open->store, greylist::known_prefix, [&](const store::Item& item) {
        const std::string identity = parts_of_key(item.key, greylist::known_prefix).front();
        if (!options.what.empty() && identity.find(options.what) == identity.npos) return;
        if (known++ == 0) std::printf("\nAlways let pass, and for how long yet:\n");
        std::printf("  %-50s  %s\n", identity.c_str(),
                    format_span(item.expires - io::wall_clock()).c_str());
      });
  if (!read) return fail(read.error());
  const auto days = load_figures(*open->store);
  if (!days) return fail(days.error());
  if (!days->empty()) std::printf("\n%-10s  %8s  %8s\n", "DAY (UTC)", "HELD", "RETURNED");
  for (const auto& [day, figures] : *days) {
    std::printf("%-10s  %8lld  %8lld\n", day.c_str(), static_cast<long long>(figures.held),
                static_cast<long long>(figures.returned));
  }
  return 0;
}

Expected<std::vector<std::string>, std::string> identities_in(const std::string& what) {
  auto identities = greylist::identities_named(what);
  if (identities.empty()) {
    return Unexpected<std::string>(
        "\"" + what + "\" is no domain, address, or identity as `postern greylist list` shows it");
  }
  return identities;
}

int pass(const std::string& config_file, const GreylistOptions& options) {
  const auto identities = identities_in(options.what);
  if (!identities) return fail(identities.error());
  auto open = open_site(config_file);
  if (!open) return fail(open.error());
  const auto done = run(
      *open->store, greylist::pass_operations(*identities, open->site->policy.settings.greylist));
  if (!done) return fail(done.error());
  for (const std::string& identity : *identities) {
    std::printf("%s is not held back any more\n", identity.c_str());
  }
  return 0;
}

int forget(const std::string& config_file, const GreylistOptions& options) {
  const auto identities = identities_in(options.what);
  if (!identities) return fail(identities.error());
  auto open = open_site(config_file);
  if (!open) return fail(open.error());
  std::vector<store::Operation> operations = greylist::forget_operations(*identities);
  std::size_t triplets = 0;
  for (const std::string& identity : *identities) {
    // What follows an identity in the key of a triplet is a bar.
    const std::string prefix = greylist::key_of(greylist::triplet_prefix, identity) + "|";
    const auto read = for_each_item(*open->store, prefix, [&](const store::Item& item) {
      operations.emplace_back(store::Erase{item.key});
      ++triplets;
    });
    if (!read) return fail(read.error());
  }
  const auto done = run(*open->store, operations);
  if (!done) return fail(done.error());
  std::printf("forgotten: %s and %zu attempt%s\n", options.what.c_str(), triplets,
              triplets == 1 ? "" : "s");
  return 0;
}

}  // namespace

void add_greylist_command(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("greylist", "See and change who is held back by greylisting");
  command->require_subcommand(1);
  const auto options = std::make_shared<GreylistOptions>();
  const auto add = [&](const char* name, const char* help,
                       int (*run_it)(const std::string&, const GreylistOptions&)) {
    auto* sub = command->add_subcommand(name, help);
    const auto file = add_config_option(*sub);
    sub->callback([&action, file, options, run_it] {
      action = [file, options, run_it] { return run_it(*file, *options); };
    });
    return sub;
  };
  auto* list_command =
      add("list", "Print who waits, who always passes, and the daily figures", list);
  list_command->add_option("TEXT", options->what, "Only entries that contain this text");
  list_command->add_flag("--all", options->all, "Attempts that have come again, too");
  add("pass", "Let a client pass from now on", pass)
      ->add_option("WHO", options->what, "Domain, address, or identity as `list` shows it")
      ->required();
  add("forget", "Forget what was learned of a client", forget)
      ->add_option("WHO", options->what, "Domain, address, or identity as `list` shows it")
      ->required();
}

}  // namespace postern::cli
