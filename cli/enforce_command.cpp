// "postern enforce" and "postern observe": which checks are carried out.
#include <algorithm>
#include <memory>

#include "cli/commands.hpp"
#include "cli/setup_host.hpp"
#include "cli/setup_options.hpp"
#include "lib/config/setting.hpp"
#include "lib/io/files/config_files.hpp"
#include "lib/parameters/parameters.hpp"

namespace postern::cli {
namespace {

using Result = Expected<void, std::string>;
using disposition::Enforcement;
using disposition::Mode;
using Names = std::vector<std::string>;

bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string doc_of(const std::string& name) {
  for (const disposition::Subject& subject : disposition::subjects()) {
    if (subject.name == name) return std::string(subject.doc);
  }
  return "a rule of the policy daemon: " + name;
}

int list(const io::Site& site) {
  const Enforcement& enforcement = site.policy.settings.site.enforcement;
  for (const std::string& name : parameters::switchable(site.policy.settings)) {
    std::printf("%-12s %-8s %s\n", name.c_str(), enforcement.covers(name) ? "enforced" : "observed",
                doc_of(name).c_str());
  }
  return 0;
}

// The names given, where "all" stands for all there are.
Expected<Names, std::string> wanted_names(const SwitchOptions& options, const Names& known) {
  if (contains(options.names, disposition::all_subjects)) return known;
  for (const std::string& name : options.names) {
    if (contains(known, name)) continue;
    std::string problem = "there is no check and no rule \"" + name + "\"; there are";
    for (const std::string& each : known) problem += " " + each;
    return Unexpected<std::string>(problem);
  }
  return options.names;
}

Enforcement enforcing(const Enforcement& before, const Names& names, const Names& known) {
  Enforcement after{before.mode, {}};
  for (const std::string& name : known) {
    if (before.covers(name) || contains(names, name)) after.names.push_back(name);
  }
  if (after.names == known) return {Mode::enforce, {}};
  return {Mode::observe, after.names};
}

Enforcement observing(const Enforcement& before, const Names& names, const Names& known) {
  Enforcement after;
  for (const std::string& name : known) {
    if (before.covers(name) && !contains(names, name)) after.names.push_back(name);
  }
  return after;
}

std::string toml(const Enforcement& enforcement) {
  return "# Written by \"postern enforce\" and \"postern observe\"; removed by \"postern leave\".\n"
         "mode = \"" +
         std::string(to_word(enforcement.mode)) +
         "\"\nenforce = " + config::format(config::Value(enforcement.names)) + "\n";
}

class Switch {
 public:
  Switch(const SwitchOptions& options, Transcript& transcript, LedgerFile& file)
      : options_(options), out_(transcript), file_(file) {}

  int run(bool enforces) {
    const auto site = io::load_site(options_.places.config_file);
    if (!site) return out_.fail(site.error());
    const Names known = parameters::switchable((*site)->policy.settings);
    const auto names = wanted_names(options_, known);
    if (!names) return out_.fail(names.error());
    const Enforcement& before = (*site)->policy.settings.site.enforcement;
    const Enforcement after =
        enforces ? enforcing(before, *names, known) : observing(before, *names, known);
    const auto done = change(after);
    if (!done) return out_.fail(done.error());
    out_.say(before.text() == after.text() ? "As before: " + after.text() : after.text());
    return 0;
  }

 private:
  Result change(const Enforcement& wanted) {
    const setup::Ledger before = file_.ledger;
    auto done = try_change(wanted);
    if (done) return done;
    std::string left;
    for (FileChanges* changes : {&postfix_, &changes_}) {
      const std::string more = changes->take_back();
      if (!more.empty()) left += (left.empty() ? "" : "; ") + more;
    }
    file_.ledger = before;
    if (!file_.is_new()) (void)file_.save();
    if (!postfix_.empty()) (void)have_postfix_read(options_.places.postfix_directory);
    (void)reload_daemons({"postern-milter", "postern-policy"});
    return Unexpected<std::string>(done.error() + (left.empty()
                                                       ? ". All is as it was before"
                                                       : ". Not all is as it was before: " + left));
  }

  Result try_change(const Enforcement& wanted) {
    const std::string path = drop_in_folder(options_.places.config_file) + "/" + enforce_drop_in;
    auto done = changes_.add(path, toml(wanted));
    if (!done) return done;
    if (changes_.empty()) return {};
    if (!file_.is_new()) {
      file_.ledger.note(path, changes_.all().front().before, toml(wanted));
      done = file_.save();
      if (!done) return done;
    }
    done = changes_.carry_out(file_.ledger.directories);
    if (!done) return done;
    return have_all_read(wanted);
  }

  Result have_all_read(const Enforcement& wanted) {
    const auto site = io::load_site(options_.places.config_file);
    if (!site) return Unexpected<std::string>(site.error());
    const Enforcement& now = (*site)->policy.settings.site.enforcement;
    if (now.text() != wanted.text()) {
      return Unexpected<std::string>("another file of " +
                                     drop_in_folder(options_.places.config_file) +
                                     " sets mode or enforce after " + enforce_drop_in);
    }
    // Postfix first, when it is to wait for the milter from now on, which judges from now on.
    auto done = adapt_postfix(**site);
    if (done) done = reload_daemons({"postern-milter", "postern-policy"});
    return done;
  }

  // A milter that decides must not be passed by when it is away; one that observes must not delay.
  Result adapt_postfix(const io::Site& site) {
    setup::Ledger& ledger = file_.ledger;
    const auto ours = std::find_if(
        ledger.parameters.begin(), ledger.parameters.end(),
        [](const setup::ParameterChange& change) { return change.name == "postern_milter"; });
    if (ours == ledger.parameters.end()) {
      out_.say(
          "note: main.cf was not set up by postern setup: default_action=tempfail there would "
          "keep mail waiting while the milter is away, see postern doctor");
      return {};
    }
    const auto now = read_postfix_now(options_.places.postfix_directory);
    if (!now) return Unexpected<std::string>(now.error());
    const auto plan = setup::plan_postfix(now->found, wish_of(site, true, false, false));
    if (!plan.refusals.empty()) {
      return Unexpected<std::string>("Postfix cannot be told to wait for the milter: " +
                                     plan.refusals.front());
    }
    std::vector<setup::ParameterChange> changes;
    for (const setup::ParameterChange& change : plan.changes) {
      if (change.name == "postern_milter") changes.push_back(change);
    }
    if (changes.empty()) return {};
    const auto drafted = io::draft(now->texts, changes);
    if (!drafted) return Unexpected<std::string>(drafted.error());
    auto done = add_postfix(*now, drafted->texts, postfix_);
    if (!done) return done;
    for (const FileChange& change : postfix_.all()) {
      ledger.note(change.path, change.before, change.after.value_or(""));
    }
    ledger.note(changes.front());
    done = file_.save();
    if (done) done = postfix_.carry_out(ledger.directories);
    if (done) done = have_postfix_read(options_.places.postfix_directory);
    return done;
  }

  const SwitchOptions& options_;
  Transcript& out_;
  LedgerFile& file_;
  FileChanges changes_;
  FileChanges postfix_;
};

int run(const SwitchOptions& options, bool enforces) {
  if (options.names.empty()) {
    const auto site = io::load_site(options.places.config_file);
    return site ? list(**site) : fail(site.error());
  }
  return change_system(options.places, [&](Transcript& transcript, LedgerFile& file) {
    return Switch(options, transcript, file).run(enforces);
  });
}

void add_switch(CLI::App& app, Action& action, const char* name, const char* help, bool enforces) {
  const auto options = std::make_shared<SwitchOptions>();
  auto* command = app.add_subcommand(name, help);
  command->add_option("checks", options->names,
                      "Checks and rules by name, or all; without any, what is carried out is "
                      "printed");
  add_setup_places(*command, options->places);
  command->callback([&action, options, enforces] {
    action = [options, enforces] { return run(*options, enforces); };
  });
}

}  // namespace

void add_enforce_commands(CLI::App& app, Action& action) {
  add_switch(app, action, "enforce", "Carry out what checks decide", true);
  add_switch(app, action, "observe", "Have checks only say what they would do", false);
}

}  // namespace postern::cli
