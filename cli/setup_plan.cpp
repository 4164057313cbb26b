#include "cli/setup_plan.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "cli/setup_preflight.hpp"
#include "lib/base/ascii.hpp"
#include "lib/doctor/server_lists.hpp"
#include "lib/io/files/config_files.hpp"
#include "lib/io/filter/filter_loader.hpp"
#include "lib/io/memory/host_memory.hpp"
#include "lib/io/probe/command.hpp"
#include "lib/io/setup/dovecot_files.hpp"
#include "lib/io/setup/files.hpp"
#include "lib/io/setup/services.hpp"
#include "lib/setup/accounts_plan.hpp"
#include "lib/setup/other_signer.hpp"

namespace postern::cli {
namespace {

using Result = Expected<void, std::string>;

bool contains(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "\n  ") + line;
  return text;
}

class PlanMaker {
 public:
  PlanMaker(const SetupOptions& options, const setup::Ledger& ledger)
      : options_(options), ledger_(ledger) {}

  Expected<SetupPlan, std::string> run() && {
    if (options_.with_accounts && leaves_out("dovecot")) {
      return Unexpected<std::string>("--with-accounts: Dovecot cannot be left out");
    }
    auto done = look_at_postfix();
    if (done && !leaves_out("dovecot")) done = look_at_dovecot();
    if (done) done = write_own();
    if (!done) return Unexpected<std::string>(done.error());
    return std::move(plan_);
  }

 private:
  bool leaves_out(std::string_view part) const { return contains(options_.without, part); }

  Result refuse(const std::string& what, const std::vector<std::string>& refusals) {
    return Unexpected<std::string>(what + " is not touched, since setup does not understand\n  " +
                                   joined(refusals));
  }

  Result look_at_postfix() {
    auto site = io::load_site(options_.places.config_file);
    if (!site) return Unexpected<std::string>(site.error());
    auto now = read_postfix_now(options_.places.postfix_directory);
    if (!now) return Unexpected<std::string>(now.error());
    plan_.postfix_directory = now->directory;
    const bool has_milter = !leaves_out("milter");
    const bool has_policy = !leaves_out("policy");
    io::DraftedPostfix drafted{now->texts, now->found};
    Result done;
    if (options_.with_accounts) {
      done = draft_changes(setup::plan_accounts(drafted.found, accounts_wish()), drafted);
    }
    const auto wish = wish_of(**site, has_milter, has_policy, options_.mta_sts);
    if (done) done = draft_changes(setup::plan_postfix(drafted.found, wish), drafted);
    if (!done) return done;
    note_other_filters(now->found);
    look_for_signer(now->found);
    if (has_milter) plan_.services.emplace_back("postern-milter");
    if (has_policy) plan_.services.emplace_back("postern-policy");
    return add_postfix(*now, drafted.texts, plan_.postfix);
  }

  // Has changes carried out on the draft.
  Result draft_changes(const setup::PostfixPlan& planned, io::DraftedPostfix& drafted) {
    if (!planned.refusals.empty()) return refuse("Postfix", planned.refusals);
    plan_.notes.insert(plan_.notes.end(), planned.notes.begin(), planned.notes.end());
    plan_.parameters.insert(plan_.parameters.end(), planned.changes.begin(), planned.changes.end());
    auto next = io::draft(drafted.texts, planned.changes);
    if (!next) return Unexpected<std::string>(next.error());
    drafted = std::move(*next);
    return {};
  }

  setup::AccountsWish accounts_wish() const {
    setup::AccountsWish wish;
    wish.domain = options_.address.substr(options_.address.rfind('@') + 1);
    const auto host = io::run_command({"postconf", "-h", "myhostname"}, std::chrono::seconds(30));
    const std::string folder =
        "/etc/letsencrypt/live/" + std::string(ascii::trim(host.value_or(""))) + "/";
    std::error_code error;
    if (!std::filesystem::exists(folder + "fullchain.pem", error)) return wish;
    wish.certificate = folder + "fullchain.pem";
    wish.certificate_key = folder + "privkey.pem";
    return wish;
  }

  void note_other_filters(const setup::PostfixFound& found) {
    const auto value = [&](const char* name) {
      const auto given = found.explicit_values.find(name);
      return given == found.explicit_values.end() ? std::string() : given->second;
    };
    for (const std::string& server : doctor::split_milters(value("smtpd_milters"))) {
      if (server.starts_with("$postern")) continue;
      plan_.notes.push_back("smtpd_milters has " + server +
                            ": it goes on to see all mail, after Postern");
    }
    for (const std::string& server :
         doctor::policy_servers(value("smtpd_recipient_restrictions"))) {
      plan_.notes.push_back("smtpd_recipient_restrictions asks " + server +
                            ": it is asked as before, after Postern");
    }
  }

  void look_for_signer(const setup::PostfixFound& found) {
    for (const char* list : {"smtpd_milters", "non_smtpd_milters"}) {
      const auto given = found.explicit_values.find(list);
      if (given != found.explicit_values.end()) look_for_signer_in(found, list, given->second);
    }
    for (const doctor::MasterEntry& service : found.services) {
      const auto given = service.overrides.find("smtpd_milters");
      if (given == service.overrides.end()) continue;
      look_for_signer_in(found, service.name + "/" + service.type + " of master.cf", given->second);
    }
    if (plan_.other_signer.empty() || leaves_out("keys")) return;
    plan_.notes.push_back("no DKIM key will be made: " + plan_.other_signer +
                          "; if it does not sign, run postern dkim create after setup");
  }

  void look_for_signer_in(const setup::PostfixFound& found, const std::string& where,
                          const std::string& list) {
    const std::string opendkim =
        io::read_file(setup::opendkim_file, io::max_config_size).value_or("");
    for (const std::string& server : doctor::split_milters(list)) {
      if (server.starts_with("$postern") || !plan_.other_signer.empty()) continue;
      const std::string why = setup::why_it_signs(server, opendkim, found.queue_directory);
      if (why.empty()) continue;
      plan_.other_signer = where;
      plan_.other_signer.append(" has ").append(server).append(", and ").append(why);
    }
  }

  Result look_at_dovecot() {
    const auto read = io::read_dovecot_found(options_.places.dovecot_file);
    if (!read) return Unexpected<std::string>("Dovecot: " + read.error());
    const std::optional<setup::DovecotFound>& found = *read;
    if (!found) {
      if (options_.with_accounts) return refuse("Dovecot", {"it is not installed"});
      plan_.notes.emplace_back("Dovecot is not here: nothing teaches the filter");
      return {};
    }
    return ledger_.dovecot_file.empty() ? adopt_dovecot(*found) : renew_dovecot(*found);
  }

  Result adopt_dovecot(const setup::DovecotFound& found) {
    setup::DovecotPlan planned = setup::plan_dovecot(found, options_.with_accounts);
    if (planned.refusals.empty() && options_.with_accounts) {
      for (setup::NewFile& file : setup::account_files(found, accounts_wish())) {
        planned.files.push_back(std::move(file));
      }
    }
    if (!planned.refusals.empty() && options_.with_accounts) {
      return refuse("Dovecot", planned.refusals);
    }
    if (!planned.refusals.empty()) {
      plan_.notes.push_back("Dovecot is left alone: " + joined(planned.refusals));
      return {};
    }
    plan_.notes.insert(plan_.notes.end(), planned.notes.begin(), planned.notes.end());
    plan_.sieve_script = planned.sieve_script;
    plan_.services.emplace_back("postern-learner");
    return add_dovecot_files(planned.files, found.directory);
  }

  // Files that an earlier run has planned and not written, and accounts if it had none.
  Result renew_dovecot(const setup::DovecotFound& found) {
    plan_.services.emplace_back("postern-learner");
    for (const setup::FileRecord& record : ledger_.files) {
      if (!record.path.starts_with(found.directory + "/")) continue;
      const auto now = io::read_system_file(record.path);
      if (!now) return Unexpected<std::string>(now.error());
      if (*now) continue;
      auto added = plan_.dovecot.add(record.path, record.after);
      if (!added) return added;
    }
    for (const setup::FileRecord& record : ledger_.files) {
      if (record.path.ends_with(".sieve")) plan_.sieve_script = record.path;
    }
    const bool has_accounts =
        ledger_.find(found.directory + "/conf.d/10-postern-accounts.conf") != nullptr;
    if (!options_.with_accounts || has_accounts) return {};
    return add_dovecot_files(setup::account_files(found, accounts_wish()), found.directory);
  }

  Result add_dovecot_files(const std::vector<setup::NewFile>& files, const std::string& directory) {
    for (const setup::NewFile& file : files) {
      const auto now = io::read_system_file(file.path);
      if (!now) return Unexpected<std::string>(now.error());
      auto added = plan_.dovecot.add(file.path, file.content);
      if (!added) return added;
      if (!*now) continue;
      return Unexpected<std::string>(file.path +
                                     ": is there, and not by setup; take it away, or leave "
                                     "Dovecot alone with --without dovecot");
    }
    return options_.with_accounts ? leave_out_system_users(directory) : Result();
  }

  Result leave_out_system_users(const std::string& directory) {
    const std::string path = directory + "/conf.d/10-auth.conf";
    const auto read = io::read_system_file(path);
    if (!read) return Unexpected<std::string>(read.error());
    const std::optional<std::string>& text = *read;
    return text ? plan_.dovecot.add(path, setup::without_system_users(*text)) : Result();
  }

  // Who reads mail may teach: one user of this host for all mailboxes, or each for his own.
  std::string learner_lines() {
    if (!contains(plan_.services, "postern-learner")) return "";
    if (options_.address.empty()) return learner_lines_before();
    if (options_.with_accounts) return "";  // all mail is that of vmail, who may teach
    const auto owner = io::mail_owner(options_.places.dovecot_file, options_.address);
    if (!owner) {
      plan_.notes.push_back("Dovecot does not know " + options_.address +
                            ", so that setup cannot see under which user it reads mail: "
                            "learner.senders stays as it is");
      return learner_lines_before();
    }
    const std::string local_part = options_.address.substr(0, options_.address.rfind('@'));
    if (*owner == options_.address || *owner == local_part)
      return "\n[learner]\nsystem_users = true\n";
    return *owner == "vmail" ? "" : "\n[learner]\nsenders = [\"" + *owner + "\"]\n";
  }

  std::string learner_lines_before() const {
    const auto* file = ledger_.find(drop_in());
    const std::size_t at = file == nullptr ? std::string::npos : file->after.find("\n[learner]");
    return at == std::string::npos ? "" : file->after.substr(at);
  }

  std::string antispam_lines() {
    if (leaves_out("antispam") || leaves_out("milter")) return "";
    if (!io::rules_directory({}).empty()) return "\n[antispam]\nenabled = true\n";
    plan_.notes.emplace_back(
        "spam is not judged, since there are no rules: run postern rules update, and setup again");
    return "";
  }

  std::string antivirus_lines() {
    if (leaves_out("antivirus") || leaves_out("milter")) return "";
    std::string text = "\n[attachments]\nenabled = true\n";
    const auto available = io::available_memory();
    const bool has_memory = available && *available >= antivirus_memory;
    if (!io::has_service("postern-avscan")) {
      plan_.notes.emplace_back(
          has_memory ? "there is memory enough to scan for viruses: apt install postern-avscan, "
                       "and run setup again"
                     : "viruses are not scanned for: there is too little memory");
      return text;
    }
    if (!has_memory && !keeps_antivirus()) {
      plan_.notes.emplace_back("postern-avscan is left off: there is too little memory");
      return text;
    }
    plan_.services.emplace_back("postern-avscan");
    return text + "\n[antivirus]\nenabled = true\n";
  }

  // The memory that the scanner has taken itself does not speak against it.
  bool keeps_antivirus() const {
    const auto* file = ledger_.find(drop_in());
    return file != nullptr && file->after.find("[antivirus]") != std::string::npos;
  }

  std::string drop_in() const {
    return drop_in_folder(options_.places.config_file) + "/" + setup_drop_in;
  }

  Result write_own() {
    const std::string lines = antivirus_lines() + antispam_lines() + learner_lines();
    if (lines.empty()) return {};
    return plan_.own.add(drop_in(),
                         "# Written by \"postern setup\", and removed by \"postern leave\".\n"
                         "# What is carried out says 60-enforce.toml, which \"postern enforce\" "
                         "writes.\n" +
                             lines);
  }

  const SetupOptions& options_;
  const setup::Ledger& ledger_;
  SetupPlan plan_;
};

}  // namespace

Expected<SetupPlan, std::string> make_plan(const SetupOptions& options,
                                           const setup::Ledger& ledger) {
  return PlanMaker(options, ledger).run();
}

}  // namespace postern::cli
