#include "lib/setup/dovecot_plan.hpp"

#include <algorithm>
#include <array>

#include "lib/base/ascii.hpp"
#include "lib/doctor/postfix_config.hpp"
#include "lib/setup/templates.hpp"

namespace postern::setup {
namespace {

constexpr std::string_view script_name = "sieve/postern-junk.sieve";

bool is_one_of(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// The line "  NAME = …" of a template, with another value.
void set_line(std::string& text, std::string_view name, const std::string& value) {
  const std::string start = "\n  " + std::string(name) + " = ";
  const std::size_t at = text.find(start);
  if (at == text.npos) return;
  const std::size_t end = text.find('\n', at + 1);
  text.replace(at + start.size(), end - at - start.size(), value);
}

void rename_line(std::string& text, std::string_view name, std::string_view to) {
  const std::string start = "\n  " + std::string(name) + " = ";
  const std::size_t at = text.find(start);
  if (at != text.npos) text.replace(at, start.size(), "\n  " + std::string(to) + " = ");
}

void remove_lines(std::string& text, std::string_view prefix) {
  const std::string start = "\n" + std::string(prefix);
  for (std::size_t at = text.find(start); at != text.npos; at = text.find(start, at)) {
    const std::size_t end = text.find('\n', at + 1);
    text.erase(at, end - at);
  }
}

// The block "START … }" up to the brace in the first column.
void remove_block(std::string& text, std::string_view start) {
  const std::size_t at = text.find("\n" + std::string(start));
  if (at == text.npos) return;
  const std::size_t end = text.find("\n}\n", at);
  text.erase(at, end == text.npos ? text.npos : end + 2 - at);
}

class Planner {
 public:
  Planner(const DovecotFound& found, bool brings_sieve)
      : found_(found), brings_sieve_(brings_sieve) {
    is_old_ = found.version.starts_with("2.3.");
  }

  DovecotPlan run() && {
    refuse_what_is_foreign();
    if (!plan_.refusals.empty()) return std::move(plan_);
    add_training();
    if (uses_sieve() || (brings_sieve_ && found_.has_sieve_plugin)) {
      add_sieve();
    } else {
      plan_.notes.emplace_back(
          "Sieve is in use neither for lmtp nor for lda, so that scripts see nothing of the "
          "verdict: postern-sieve(7) says how that is added");
    }
    return std::move(plan_);
  }

 private:
  void refuse_what_is_foreign() {
    if (!is_old_ && !found_.version.starts_with("2.4.")) {
      plan_.refusals.push_back("Dovecot " + found_.version + ": only 2.3 and 2.4 are known");
    }
    if (!found_.has_plugins) {
      plan_.refusals.emplace_back(
          "the plugins are not installed: apt install dovecot-postern, and then run setup again");
    }
    if (!found_.includes_conf_d) {
      plan_.refusals.push_back(found_.directory +
                               "/dovecot.conf: does not include conf.d/*.conf, where setup would "
                               "put its files");
    }
  }

  std::string text_of(std::string_view name) const {
    return std::string(
        template_text("dovecot/" + std::string(is_old_ ? "2.3/" : "2.4/") + std::string(name)));
  }
  std::string value(const std::string& path) const {
    const auto found = found_.settings.find(path);
    return found == found_.settings.end() ? "" : found->second;
  }
  // Under names that are read last, so that what other files set is known and repeated.
  void add(std::string_view path, std::string content) {
    plan_.files.push_back({found_.directory + "/" + std::string(path), std::move(content)});
  }

  bool has_mailbox_roles() const {
    return std::any_of(found_.settings.begin(), found_.settings.end(), [](const auto& setting) {
      return setting.first.ends_with("/special_use") &&
             setting.second.find("\\Junk") != std::string::npos;
    });
  }

  void add_training() {
    std::string text = text_of("90-postern-train.conf");
    const bool has_inbox = value("namespace inbox/inbox") == "yes";
    if (has_mailbox_roles() || !has_inbox) {
      remove_block(text, "namespace inbox {");
      remove_lines(text, "# The mailbox counts by its role");
    }
    if (!has_mailbox_roles() && !has_inbox) {
      plan_.notes.emplace_back(
          "no mailbox has the role \\Junk (special_use), so that nobody can teach by moving mail");
    }
    add("conf.d/zz-postern-train.conf", std::move(text));
  }

  bool uses_sieve() const {
    for (const char* protocol : {"", "lmtp", "lda"}) {
      if (is_one_of(plugins_of(found_.settings, protocol), "sieve")) {
        return found_.has_sieve_plugin;
      }
    }
    return false;
  }

  void add_sieve() {
    std::string text = text_of("91-postern-sieve.conf");
    if (uses_sieve()) {  // that it is loaded once more would be a change for nothing
      remove_block(text, "protocol lmtp {");
      remove_block(text, "protocol lda {");
    }
    if (is_old_) {
      merge_old(text);
    } else if (has_own_spamtest()) {
      remove_lines(text, "sieve_spamtest_");
    }
    replace_directory(text);
    add("conf.d/zz-postern-sieve.conf", std::move(text));
    std::string script(template_text("dovecot/" + std::string(script_name)));
    add(script_name, std::move(script));
    plan_.sieve_script = found_.directory + "/" + std::string(script_name);
  }

  void replace_directory(std::string& text) const {
    constexpr std::string_view usual = "/etc/dovecot/";
    for (std::size_t at = text.find(usual); at != text.npos;
         at = text.find(usual, at + found_.directory.size())) {
      text.replace(at, usual.size(), found_.directory + "/");
    }
  }

  // Before 2.4 the last file wins, so ours repeats what was there.
  void merge_old(std::string& text) {
    merge_words(text, "sieve_plugins", "sieve_postern");
    merge_extensions(text, "sieve_global_extensions", "vnd.dovecot.environment");
    merge_extensions(text, "sieve_extensions", "spamtest spamtestplus virustest");
    rename_line(text, "sieve_before", free_script_name());
    if (has_own_spamtest()) remove_lines(text, "  sieve_spamtest_");
  }

  bool has_own_spamtest() const {
    const std::string prefix = is_old_ ? "plugin/sieve_spamtest_" : "sieve_spamtest_";
    const auto found = found_.settings.lower_bound(prefix);
    return found != found_.settings.end() && found->first.starts_with(prefix);
  }

  void merge_words(std::string& text, const std::string& name, const std::string& ours) const {
    const std::string before = value("plugin/" + name);
    if (before.empty() || is_one_of(doctor::split_list(before), ours)) return;
    set_line(text, name, before + " " + ours);
  }

  // "+word" adds to Dovecot's own list, and words without it replace that list.
  void merge_extensions(std::string& text, const std::string& name, const std::string& ours) const {
    const std::string before = value("plugin/" + name);
    if (before.empty()) return;
    const std::vector<std::string> words = doctor::split_list(before);
    const bool adds = words.front().starts_with('+') || words.front().starts_with('-');
    std::string merged = before;
    for (const std::string& word : doctor::split_list(ours)) {
      if (is_one_of(words, word) || is_one_of(words, "+" + word)) continue;
      merged += (adds ? " +" : " ") + word;
    }
    set_line(text, name, merged);
  }

  // sieve_before, sieve_before2, …: the first that nobody has.
  std::string free_script_name() const {
    std::string name = "sieve_before";
    for (int number = 2; !value("plugin/" + name).empty(); ++number) {
      name = "sieve_before" + std::to_string(number);
    }
    return name;
  }

  const DovecotFound& found_;
  const bool brings_sieve_;
  bool is_old_ = false;
  DovecotPlan plan_;
};

}  // namespace

DovecotPlan plan_dovecot(const DovecotFound& found, bool brings_sieve) {
  return Planner(found, brings_sieve).run();
}

std::string lost_plugins(const DovecotSettings& before, const DovecotSettings& after) {
  std::string lost;
  std::vector<std::string> protocols = protocols_with_plugins(before);
  protocols.emplace_back();
  for (const std::string& protocol : protocols) {
    const std::vector<std::string> now = plugins_of(after, protocol);
    for (const std::string& plugin : plugins_of(before, protocol)) {
      if (is_one_of(now, plugin)) continue;
      lost += (lost.empty() ? "" : ", ") + plugin;
      lost += protocol.empty() ? std::string() : " of protocol " + protocol;
    }
  }
  return lost;
}

}  // namespace postern::setup
