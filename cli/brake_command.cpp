// "postern brake": logins whose mail is held since they look stolen.
#include <cstdio>

#include "cli/store_access.hpp"
#include "lib/io/wall_clock.hpp"
#include "lib/ratelimit/brake_state.hpp"

namespace postern::cli {
namespace {

struct BrakeOptions {
  std::string login;
  std::string why = "denied by the operator";
};

Expected<std::size_t, std::string> print_states(store::Store& store, std::string_view prefix,
                                                bool observed) {
  std::size_t count = 0;
  const auto read = for_each_item(store, prefix, [&](const store::Item& item) {
    const auto state = ratelimit::parse_brake_state(item.value);
    if (!state) return;
    ++count;
    std::printf("%s  %s%-6s  %s: %s\n", format_time(state->since).c_str(),
                observed ? "would be " : "", std::string(to_word(state->kind)).c_str(),
                state->login.c_str(), state->why.c_str());
  });
  if (!read) return Unexpected<std::string>(read.error());
  return count;
}

int list(const std::string& config_file, const BrakeOptions& /*options*/) {
  auto open = open_site(config_file);
  if (!open) return fail(open.error());
  const auto held = print_states(*open->store, ratelimit::brake_prefix, false);
  if (!held) return fail(held.error());
  const auto observed = print_states(*open->store, ratelimit::observed_prefix, true);
  if (!observed) return fail(observed.error());
  if (*held + *observed == 0) std::printf("No login is held or denied.\n");
  return 0;
}

int release(const std::string& config_file, const BrakeOptions& options) {
  auto open = open_site(config_file);
  if (!open) return fail(open.error());
  const auto before = run(*open->store, {store::Get{ratelimit::brake_key(options.login)}});
  if (!before) return fail(before.error());
  const auto* value = std::get_if<store::Value>(&before->front());
  const bool was_stopped = value != nullptr && value->value.has_value();
  const auto done =
      run(*open->store, ratelimit::release_operations(options.login, io::wall_clock()));
  if (!done) return fail(done.error());
  if (!was_stopped) {
    std::printf("%s was not held; its counts begin anew\n", options.login.c_str());
    return 0;
  }
  std::printf(
      "%s may send again. Mail that was held waits in Postfix: see `postqueue -p` (marked "
      "with !), release each with `postsuper -H QUEUE_ID` or remove it with `postsuper -d "
      "QUEUE_ID`.\n",
      options.login.c_str());
  return 0;
}

int deny(const std::string& config_file, const BrakeOptions& options) {
  auto open = open_site(config_file);
  if (!open) return fail(open.error());
  const auto done =
      run(*open->store, ratelimit::deny_operations(options.login, options.why, io::wall_clock()));
  if (!done) return fail(done.error());
  std::printf("mail of %s is rejected from now on; undo it with: postern brake release %s\n",
              options.login.c_str(), options.login.c_str());
  return 0;
}

}  // namespace

void add_brake_command(CLI::App& app, Action& action) {
  auto* command =
      app.add_subcommand("brake", "See and release logins that are held since they look stolen");
  command->require_subcommand(1);
  const auto options = std::make_shared<BrakeOptions>();
  const auto add = [&](const char* name, const char* help,
                       int (*run_it)(const std::string&, const BrakeOptions&)) {
    auto* sub = command->add_subcommand(name, help);
    const auto file = add_config_option(*sub);
    sub->callback([&action, file, options, run_it] {
      action = [file, options, run_it] { return run_it(*file, *options); };
    });
    return sub;
  };
  add("list", "Print which logins are held or denied, since when, and why", list);
  add("release", "Let a login send again", release)
      ->add_option("LOGIN", options->login, "As `list` shows it")
      ->required();
  auto* deny_command = add("deny", "Reject all mail of a login", deny);
  deny_command->add_option("LOGIN", options->login, "The login, as Postfix calls it")->required();
  deny_command->add_option("--why", options->why, "Kept and shown by `list`")
      ->capture_default_str();
}

}  // namespace postern::cli
