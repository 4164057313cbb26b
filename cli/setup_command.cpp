// "postern setup": has Postfix and Dovecot ask Postern, observing, and can take it all back.
#include <filesystem>
#include <memory>

#include "cli/commands.hpp"
#include "cli/setup_accounts.hpp"
#include "cli/setup_host.hpp"
#include "cli/setup_options.hpp"
#include "cli/setup_plan.hpp"
#include "cli/setup_preflight.hpp"
#include "cli/setup_probe.hpp"
#include "lib/base/version.hpp"
#include "lib/io/probe/command.hpp"
#include "lib/io/probe/postfix_control.hpp"
#include "lib/io/setup/dovecot_files.hpp"
#include "lib/io/setup/files.hpp"
#include "lib/keyring/key.hpp"

namespace postern::cli {
namespace {

using Result = Expected<void, std::string>;

// A run that adds something to Postern keeps what the operator has switched on before.
std::string what_is_enforced(const disposition::Enforcement& now) {
  constexpr const char* what_it_would_do =
      ", and says in the log and in X-Postern-Verdict what it would do.";
  if (now.mode == disposition::Mode::enforce) {
    return "Postern enforces, as before: every check and every rule is carried out.";
  }
  if (now.names.empty()) {
    return std::string("Postern observes: it accepts everything") + what_it_would_do;
  }
  std::string names;
  for (const std::string& name : now.names) names += (names.empty() ? "" : ", ") + name;
  return "Postern carries out, as before: " + names + ". It observes all else" + what_it_would_do;
}

class Setup {
 public:
  Setup(const SetupOptions& options, Transcript& transcript, LedgerFile& file)
      : options_(options), out_(transcript), file_(file) {}

  int run() {
    out_.say("Postern " + std::string(version) + ": setup");
    const auto preflight = look();
    if (!preflight) return out_.fail(preflight.error());
    auto plan = make_plan(options_, file_.ledger);
    if (!plan) return out_.fail(plan.error());
    plan_ = std::move(*plan);
    const auto shown = show();
    if (!shown) return out_.fail(shown.error());
    if (options_.dry_run) return 0;
    if (!plan_.empty() && !options_.yes && !out_.ask("Change these files?")) {
      out_.say("Nothing was changed.");
      return 1;
    }
    const auto done = change();
    if (!done) return out_.fail(done.error());
    return finish(*preflight);
  }

 private:
  Expected<Preflight, std::string> look() {
    out_.say("\nIs this host fit for mail?");
    auto preflight = run_preflight(options_);
    if (!preflight) return preflight;
    out_.say(preflight->report);
    if (preflight->is_passed) return preflight;
    return Unexpected<std::string>(
        "an ERROR above would hurt mail; mend it, or go on with --ignore NAME for each. Nothing "
        "was changed");
  }

  Result show() {
    for (const std::string& note : plan_.notes) out_.say("note: " + note);
    if (plan_.empty()) {
      out_.say("\nAll is set up already: nothing is to be changed.");
      return {};
    }
    out_.say("\nWhat will be changed:");
    for (const FileChanges* changes : {&plan_.own, &plan_.postfix, &plan_.dovecot}) {
      const auto text = changes->show();
      if (!text) return Unexpected<std::string>(text.error());
      if (!text->empty()) out_.say(*text);
    }
    return {};
  }

  std::string recipient() const {
    return options_.address.empty() ? "postmaster" : options_.address;
  }

  // Mail has to arrive before, so that what is seen after is due to the change.
  Result probe_before() {
    if (!io::postfix_runs(options_.places.postfix_directory)) {
      return Unexpected<std::string>(
          "Postfix does not run, so that nothing can be proved: start it first. Nothing was "
          "changed");
    }
    before_ = send_setup_probe(options_, recipient(), false);
    out_.say("\nA message to " + recipient() + " before: " + before_.text);
    if (before_.arrival >= Arrival::left_queue) return {};
    return Unexpected<std::string>("mail to " + recipient() +
                                   " does not arrive as it is: name an address that gets mail "
                                   "here. Nothing was changed");
  }

  Result probe_after() {
    const SetupProbe after = send_setup_probe(options_, recipient(), true);
    out_.say("A message to " + recipient() + " now: " + after.text);
    if (after.arrival >= before_.arrival) return {};
    return Unexpected<std::string>("it had arrived before, and did not now");
  }

  // With accounts that are only being made nobody gets mail yet.
  bool can_probe() const { return !options_.with_accounts || has_account(options_.address); }

  Result change() {
    before_ledger_ = file_.ledger;
    Result done = can_probe() ? probe_before() : Result();
    if (!done) return done;
    if (!plan_.empty()) {
      done = remember();
      if (done) done = carry_out();
    } else {
      done = start();
    }
    if (!done) return give_up(done.error());
    if (can_probe()) done = probe_after();
    return done ? done : give_up(done.error());
  }

  // The ledger is on disk before the first file changes, so that whatever comes can be taken back.
  Result remember() {
    setup::Ledger& ledger = file_.ledger;
    for (FileChanges* changes : {&plan_.own, &plan_.postfix, &plan_.dovecot}) {
      for (const FileChange& change : changes->all()) {
        ledger.note(change.path, change.before, change.after.value_or(""));
      }
    }
    for (const setup::ParameterChange& parameter : plan_.parameters) ledger.note(parameter);
    ledger.postfix_directory = plan_.postfix_directory;
    if (!plan_.dovecot.empty()) ledger.dovecot_file = dovecot_file();
    return file_.save();
  }

  std::string dovecot_file() const {
    const std::string& given = options_.places.dovecot_file;
    return given.empty() ? "/etc/dovecot/dovecot.conf" : given;
  }

  Result carry_out() {
    setup::Ledger& ledger = file_.ledger;
    auto done = plan_.own.carry_out(ledger.directories);
    if (!done) return done;
    if (options_.with_accounts) done = make_account_home();
    if (done) done = start();
    if (done) done = plan_.postfix.carry_out(ledger.directories);
    if (done && !plan_.postfix.empty()) done = have_postfix_read(options_.places.postfix_directory);
    if (done && !plan_.dovecot.empty()) done = change_dovecot();
    if (done) done = file_.save();  // with the directories that were made
    return done;
  }

  Result start() {
    const auto site = io::load_site(options_.places.config_file);
    if (!site) return Unexpected<std::string>(site.error());
    out_.say("\nStarting " + services_text());
    return start_daemons(**site, plan_.services);
  }

  std::string services_text() const {
    std::string text;
    for (const std::string& name : plan_.services) text += (text.empty() ? "" : ", ") + name;
    return text;
  }

  Result change_dovecot() {
    const std::string& file = options_.places.dovecot_file;
    const auto before = io::read_dovecot_settings(file);
    if (!before) return Unexpected<std::string>(before.error());
    auto done = plan_.dovecot.carry_out(file_.ledger.directories);
    if (!done) return done;
    const auto after = io::read_dovecot_settings(file);
    if (!after) return Unexpected<std::string>(after.error());
    const std::string lost = setup::lost_plugins(*before, *after);
    if (!lost.empty()) return Unexpected<std::string>("Dovecot would not load " + lost);
    if (!plan_.sieve_script.empty()) {
      done = io::compile_sieve(file, plan_.sieve_script);
      if (!done) return done;
    }
    return have_dovecot_read(file);
  }

  Result give_up(const std::string& problem) {
    std::string text = problem;
    bool is_back = true;
    for (FileChanges* changes : {&plan_.dovecot, &plan_.postfix, &plan_.own}) {
      const std::string left = changes->take_back();
      if (!left.empty()) text += "; " + left;
      is_back = is_back && left.empty();
    }
    remove_compiled_script();
    remove_made_directories();
    (void)have_dovecot_if_there();
    const auto read = have_postfix_read(options_.places.postfix_directory);
    if (!read) text += "; " + read.error();
    if (is_back) {
      file_.ledger = before_ledger_;
      (void)(file_.is_new() ? file_.remove() : file_.save());
      text += ". All files are as they were before";
    } else {
      text += ". Not all files are as they were before: see postern leave";
    }
    return Unexpected<std::string>(text);
  }

  void remove_compiled_script() {
    if (plan_.sieve_script.empty()) return;
    std::filesystem::path compiled = plan_.sieve_script;
    (void)io::remove_system_file(compiled.replace_extension(".svbin").string());
  }

  void remove_made_directories() {
    auto& made = file_.ledger.directories;
    for (; made.size() > before_ledger_.directories.size(); made.pop_back()) {
      std::error_code ignored;  // one that holds something stays
      std::filesystem::remove(made.back(), ignored);
    }
  }

  Result have_dovecot_if_there() {
    return plan_.dovecot.empty() ? Result() : have_dovecot_read(options_.places.dovecot_file);
  }

  int finish(const Preflight& preflight) {
    if (!preflight.mail_domain.empty() && !skips("keys")) make_keys(preflight.mail_domain);
    if (!preflight.mail_domain.empty()) {
      out_.say("\nRecords for the DNS of " + preflight.mail_domain + ":");
      std::vector<std::string> words = {"dns", preflight.mail_domain};
      if (!preflight.mail_host.empty()) words.insert(words.end(), {"--host", preflight.mail_host});
      run_self(words);
    }
    if (!can_probe()) {
      out_.say(
          "\nNobody has an account yet. The first one, and then the proof that mail arrives:\n"
          "  postern user add " +
          options_.address + "\n  postern setup --with-accounts " + options_.address);
    }
    const auto site = io::load_site(options_.places.config_file);
    if (!site) return out_.fail(site.error());
    out_.say("\n" + what_is_enforced((*site)->policy.settings.site.enforcement) +
             "\n"
             "  postern doctor                what is missing or wrong\n"
             "  postern enforce               what can be switched on, and what is\n"
             "  postern enforce dmarc         carry that out; postern observe dmarc takes it back\n"
             "  postern leave                 put every file back as it was\n"
             "All this is in " +
             options_.places.log + " as well.");
    return 0;
  }

  bool skips(const std::string& part) const {
    return std::find(options_.without.begin(), options_.without.end(), part) !=
           options_.without.end();
  }

  void make_keys(const std::string& domain) {
    if (!plan_.other_signer.empty()) {
      out_.say("\nNo DKIM key is made: " + plan_.other_signer +
               ".\n  If it does not sign:               postern dkim create " + domain +
               "\n  To sign by Postern with its keys:  postern dkim import, see postern-dkim(1)");
      return;
    }
    const auto listed =
        io::run_command({self_, "dkim", "list", domain, "--json"}, std::chrono::seconds(30));
    if (listed && listed->find("\"selector\"") != listed->npos) return;
    out_.say("");
    run_self({"dkim", "create", domain});
  }

  // Prints what another command of ours prints; that it fails is told, and no reason to stop.
  void run_self(std::vector<std::string> words) {
    words.insert(words.begin(), self_);
    if (!options_.places.config_file.empty()) {
      words.insert(words.end(), {"--config", options_.places.config_file});
    }
    const auto result = io::run_to_end(words, std::chrono::seconds(60));
    if (!result) {
      out_.say(result.error());
    } else {
      out_.say(result->output + result->errors);
    }
  }

  const SetupOptions& options_;
  Transcript& out_;
  LedgerFile& file_;
  SetupPlan plan_;
  setup::Ledger before_ledger_;
  SetupProbe before_;
  const std::string self_ = std::filesystem::read_symlink("/proc/self/exe").string();
};

int run(const SetupOptions& options) {
  const std::size_t at = options.address.find('@');
  if (options.with_accounts && (at == 0 || at == std::string::npos)) {
    return fail("--with-accounts: name the first address, such as you@example.org");
  }
  return change_system(options.places, [&](Transcript& transcript, LedgerFile& file) {
    return Setup(options, transcript, file).run();
  });
}

}  // namespace

void add_setup_places(CLI::App& command, SetupPlaces& places) {
  command.add_option("--config", places.config_file,
                     "Configuration file of Postern; without it, that of the system");
  command.add_option("--postfix-config", places.postfix_directory,
                     "Directory of main.cf; without it, the system's own");
  command.add_option("--dovecot-config", places.dovecot_file,
                     "Configuration file of Dovecot; without it, the system's own");
  command
      .add_option("--state", places.setup_directory,
                  "Directory in which setup keeps what it has changed")
      ->capture_default_str();
  command.add_option("--log", places.log, "File to which everything printed is added")
      ->capture_default_str();
}

void add_setup_command(CLI::App& app, Action& action) {
  const auto options = std::make_shared<SetupOptions>();
  auto* command =
      app.add_subcommand("setup", "Have Postfix and Dovecot ask Postern, which then observes");
  command->add_option("address", options->address,
                      "An address that gets mail here; a test message is sent to it, and its "
                      "domain gets DKIM keys");
  command->add_flag("-y,--yes", options->yes, "Do not ask");
  command->add_flag("--dry-run", options->dry_run, "Show what would be changed, and stop");
  command
      ->add_option(
          "--without", options->without,
          "Leave out milter, policy, dovecot, antivirus, antispam, or keys; may be repeated")
      ->check(CLI::IsMember({"milter", "policy", "dovecot", "antivirus", "antispam", "keys"}))
      ->allow_extra_args(false);
  command
      ->add_option("--ignore", options->ignored,
                   "Go on although this check finds an error; may be repeated")
      ->allow_extra_args(false);
  command->add_flag("--with-accounts", options->with_accounts,
                    "Make a fresh Postfix and Dovecot a mail service, with accounts in files");
  command->add_flag("--mta-sts", options->mta_sts,
                    "Send mail only as domains with MTA-STS ask for");
  command->add_option("--smtp", options->smtp, "SMTP server of this host, ADDRESS:PORT")
      ->capture_default_str();
  command->add_flag("--offline", options->offline, "Ask nobody but DNS");
  command->add_option("--zone", options->zone_file, "JSON file that answers instead of DNS");
  add_setup_places(*command, options->places);
  command->callback([&action, options] { action = [options] { return run(*options); }; });
}

}  // namespace postern::cli
