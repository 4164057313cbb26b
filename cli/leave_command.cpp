// "postern leave": every file of Postfix and Dovecot as it was before "postern setup".
#include <algorithm>
#include <filesystem>
#include <memory>

#include "cli/commands.hpp"
#include "cli/leave_purge.hpp"
#include "cli/setup_host.hpp"
#include "cli/setup_options.hpp"
#include "lib/io/setup/dovecot_files.hpp"
#include "lib/io/setup/files.hpp"
#include "lib/io/setup/services.hpp"
#include "lib/setup/accounts_plan.hpp"

namespace postern::cli {
namespace {

namespace fs = std::filesystem;
using Result = Expected<void, std::string>;

constexpr const char* daemons[] = {"postern-milter", "postern-policy", "postern-learner",
                                   "postern-avscan"};

class Leave {
 public:
  Leave(const LeaveOptions& options, Transcript& transcript, LedgerFile& file)
      : options_(options), out_(transcript), file_(file) {}

  int run() {
    if (!file_.is_new()) {
      const auto planned = plan();
      if (!planned) return out_.fail(planned.error());
      const auto shown = show();
      if (!shown) return out_.fail(shown.error());
    } else {
      out_.say("Setup has changed nothing here, or all of it is back already.");
      if (!options_.purge) return 0;
      const auto unasked = must_not_be_asked(options_.places);
      if (!unasked) return out_.fail(unasked.error());
    }
    if (options_.purge) announce_purge();
    if (!options_.yes && !out_.ask(options_.purge ? "Leave, and delete that?" : "Leave?")) {
      out_.say("Nothing was changed.");
      return 1;
    }
    auto left = leave();
    if (left && options_.purge) left = purge_state(options_.places);
    if (!left) return out_.fail(left.error());
    say_what_is_kept();
    return 0;
  }

 private:
  void announce_purge() {
    std::string text =
        "With --purge what was learned and the DKIM keys are deleted as well, and do not come "
        "back:";
    for (const std::string& path : state_to_purge(options_.places)) text += "\n  " + path;
    out_.say(text + "\nAccounts and their mail are kept.");
  }

  void say_what_is_kept() {
    if (options_.only_dovecot) return out_.say("Dovecot is as it was.");
    const std::string root = fs::path(options_.places.setup_directory).parent_path().string();
    out_.say(std::string("Postfix and Dovecot are as they were. ") +
             (options_.purge
                  ? "What was learned, and the keys, are deleted; accounts and their mail are kept."
                  : "What was learned, and the keys, are kept in " + root + "."));
  }

  static bool is_postfix_file(const std::string& path) {
    return path.ends_with("/main.cf") || path.ends_with("/master.cf");
  }

  bool is_dovecot_file(const std::string& path) const {
    if (file_.ledger.dovecot_file.empty()) return false;
    return path.starts_with(fs::path(file_.ledger.dovecot_file).parent_path().string() + "/");
  }
  bool concerns(const setup::FileRecord& record) const {
    return !options_.only_dovecot || is_dovecot_file(record.path);
  }

  // Postfix would go on to deliver to accounts that Dovecot no longer knows, and mail would bounce.
  bool has_accounts() const {
    const auto& parameters = file_.ledger.parameters;
    return std::any_of(parameters.begin(), parameters.end(),
                       [](const auto& change) { return change.name == "virtual_mailbox_maps"; });
  }

  Result plan() {
    if (options_.only_dovecot && has_accounts()) {
      return Unexpected<std::string>(
          "the accounts of this host are in Dovecot, and Postfix delivers there: only both can be "
          "left, by postern leave");
    }
    for (const setup::FileRecord& record : file_.ledger.files) {
      if (is_postfix_file(record.path) || !concerns(record)) continue;
      auto planned = plan_file(record);
      if (!planned) return planned;
    }
    const bool has_postfix = !options_.only_dovecot && !file_.ledger.postfix_directory.empty();
    return has_postfix ? plan_postfix() : Result();
  }

  Result plan_file(const setup::FileRecord& record) {
    const auto read = io::read_system_file(record.path);
    if (!read) return Unexpected<std::string>(read.error());
    const std::optional<std::string>& now = *read;
    if (!now || record.can_go_back(now)) return changes_.add(record.path, record.before);
    if (record.before) {  // one of the operator's, of which a line was changed
      return changes_.add(record.path, setup::with_system_users(*now));
    }
    const std::string kept = free_name(record.path + ".edited");
    out_.say("note: " + record.path + " was changed since; it is kept as " + kept);
    const auto added = changes_.add(kept, now);
    return added ? changes_.add(record.path, record.before) : added;
  }

  static std::string free_name(const std::string& path) {
    std::string name = path;
    std::error_code error;
    for (int number = 2; fs::exists(name, error); ++number) name = path + std::to_string(number);
    return name;
  }

  Result plan_postfix() {
    auto now = read_postfix_now(file_.ledger.postfix_directory);
    if (!now) return Unexpected<std::string>(now.error());
    const std::string& folder = file_.ledger.postfix_directory;
    io::PostfixTexts texts = now->texts;
    const bool has_main = restore_whole(folder + "/main.cf", texts.main);
    const bool has_master = restore_whole(folder + "/master.cf", texts.master);
    if (!has_main || !has_master) {
      out_.say(
          "note: main.cf or master.cf was changed since setup, so that only Postern's part is "
          "taken out of it");
      auto undone = io::draft_undo(now->texts, now->found, file_.ledger.parameters);
      if (!undone) return Unexpected<std::string>(undone.error());
      if (!has_main) texts.main = std::move(undone->texts.main);
      if (!has_master) texts.master = std::move(undone->texts.master);
    }
    return add_postfix(*now, texts, changes_);
  }

  // \return False where somebody else has changed the file since.
  bool restore_whole(const std::string& path, std::string& text) const {
    const setup::FileRecord* record = file_.ledger.find(path);
    if (record == nullptr || text == record->before) return true;  // not changed by us, or not yet
    if (!record->can_go_back(text) || !record->before) return false;
    text = *record->before;
    return true;
  }

  Result show() {
    if (changes_.empty()) return {};
    const auto text = changes_.show();
    if (!text) return Unexpected<std::string>(text.error());
    out_.say("What will be changed:\n" + *text);
    return {};
  }

  Result leave() {
    if (file_.is_new()) return stop_daemons();
    std::vector<std::string> made;
    auto done = changes_.carry_out(made);
    if (done) done = have_read();
    if (!done) {
      const std::string more = changes_.take_back();
      (void)have_read();
      return Unexpected<std::string>(done.error() +
                                     ". All is as setup left it, and Postern still asked" +
                                     (more.empty() ? "" : "; " + more));
    }
    remove_what_is_empty();
    if (options_.only_dovecot) return forget_dovecot();
    done = stop_daemons();
    return done ? file_.remove() : done;
  }

  // One that does not stop is told; only where its state is to be deleted that is too soon.
  Result stop_daemons() {
    for (const char* name : daemons) {
      const auto stopped = stop(name);
      if (stopped) continue;
      if (options_.purge) {
        return Unexpected<std::string>("nothing was deleted, since a daemon runs on: " +
                                       stopped.error());
      }
      out_.say("note: " + stopped.error());
    }
    return {};
  }

  Result have_read() {
    Result done;
    if (!file_.ledger.dovecot_file.empty()) done = have_dovecot_read(file_.ledger.dovecot_file);
    if (done && !options_.only_dovecot && !file_.ledger.postfix_directory.empty()) {
      done = have_postfix_read(file_.ledger.postfix_directory);
    }
    return done;
  }

  // Compiled scripts, and directories that setup made and nobody uses.
  void remove_what_is_empty() {
    for (const setup::FileRecord& record : file_.ledger.files) {
      if (!record.path.ends_with(".sieve") || record.before || !concerns(record)) continue;
      fs::path compiled = record.path;
      (void)io::remove_system_file(compiled.replace_extension(".svbin").string());
    }
    auto& directories = file_.ledger.directories;
    std::for_each(directories.rbegin(), directories.rend(), [](const std::string& directory) {
      std::error_code ignored;  // one that holds something stays
      fs::remove(directory, ignored);
    });
  }

  static Result stop(const char* name) {
    return io::has_service(name) ? io::stop_service(name) : Result();
  }

  // Postfix goes on to ask.
  Result forget_dovecot() {
    setup::Ledger& ledger = file_.ledger;
    for (const setup::FileRecord& record : std::vector(ledger.files)) {
      if (is_dovecot_file(record.path)) ledger.forget(record.path);
    }
    ledger.dovecot_file.clear();
    const auto stopped = stop("postern-learner");
    if (!stopped) out_.say("note: " + stopped.error());
    return file_.save();
  }

  const LeaveOptions& options_;
  Transcript& out_;
  LedgerFile& file_;
  FileChanges changes_;
};

int run(const LeaveOptions& options) {
  return change_system(options.places, [&](Transcript& transcript, LedgerFile& file) {
    return Leave(options, transcript, file).run();
  });
}

}  // namespace

void add_leave_command(CLI::App& app, Action& action) {
  const auto options = std::make_shared<LeaveOptions>();
  auto* command =
      app.add_subcommand("leave", "Put every file of Postfix and Dovecot back as it was");
  command->add_flag("-y,--yes", options->yes, "Do not ask");
  auto* only_dovecot =
      command->add_flag("--only-dovecot", options->only_dovecot,
                        "Only put the files of Dovecot back; Postfix goes on to ask");
  command
      ->add_flag("--purge", options->purge, "Delete what was learned, and the DKIM keys, as well")
      ->excludes(only_dovecot);  // daemons that are still asked need their keys
  add_setup_places(*command, options->places);
  command->callback([&action, options] { action = [options] { return run(*options); }; });
}

}  // namespace postern::cli
