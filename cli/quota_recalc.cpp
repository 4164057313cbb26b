// "postern quota recalc": has Dovecot count mailboxes, and sees that it tells what it has counted.
#include <algorithm>
#include <cstdio>
#include <map>
#include <thread>

#include "cli/quota_support.hpp"
#include "lib/base/ascii.hpp"
#include "lib/io/probe/command.hpp"
#include "lib/io/wall_clock.hpp"
#include "lib/report/log_line.hpp"

namespace postern::cli {
namespace {

constexpr std::chrono::minutes recount_timeout{60};
constexpr std::chrono::seconds list_timeout{60};
constexpr std::chrono::seconds publish_timeout{5};
constexpr std::chrono::milliseconds look_again{50};
constexpr std::size_t max_shown = 10;  // names, and lines of errors

using Told = std::map<std::string, quota::Usage>;  // by user, in lower case

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = ascii::trim(text.substr(0, end));
    if (!line.empty()) lines.emplace_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::vector<std::string> doveadm(const QuotaOptions& options, std::vector<std::string> words) {
  std::vector<std::string> all = {"doveadm", "-c", options.dovecot_config};
  all.insert(all.end(), std::make_move_iterator(words.begin()),
             std::make_move_iterator(words.end()));
  return all;
}

Expected<std::vector<std::string>, std::string> users_of(const QuotaOptions& options) {
  if (!options.all) return std::vector<std::string>{options.user};
  const auto done = io::run_to_end(doveadm(options, {"user", "*"}), list_timeout);
  if (!done) return Unexpected<std::string>(done.error() + "; does Dovecot run?");
  auto users = lines_of(done->output);
  if (done->status == 0 && !users.empty()) return users;
  const auto errors = lines_of(done->errors);
  return Unexpected<std::string>("Dovecot lists no users (a static userdb cannot): " +
                                 (errors.empty() ? std::string("none") : errors.back()));
}

// What doveadm complains of, which it may do and still say that all went well.
Expected<std::size_t, std::string> count_anew(const QuotaOptions& options) {
  std::vector<std::string> words = {"quota", "recalc"};
  if (options.all) {
    words.emplace_back("-A");
  } else {
    words.insert(words.end(), {"-u", options.user});
  }
  const auto done = io::run_to_end(doveadm(options, std::move(words)), recount_timeout);
  if (!done) return Unexpected<std::string>(done.error() + "; does Dovecot run?");
  std::size_t problems = 0;
  for (const std::string& line : lines_of(done->errors)) {
    const bool is_problem = line.find("Error:") != line.npos || line.find("Fatal:") != line.npos;
    if (is_problem && ++problems <= max_shown) std::fprintf(stderr, "%s\n", line.c_str());
  }
  if (done->status != 0 && problems == 0) {
    return Unexpected<std::string>("doveadm ended with status " + std::to_string(done->status));
  }
  return problems;
}

const quota::Usage* find(const Told& told, const std::string& user) {
  const std::string name = ascii::to_lower(user);
  const auto found = told.lower_bound(name);
  if (found == told.end()) return nullptr;
  // Dovecot may have added a realm.
  return found->first == name || found->first.starts_with(name + "@") ? &found->second : nullptr;
}

Expected<Told, std::string> told_since(store::Store& store, store::Time begin) {
  const auto usages = published(store);
  if (!usages) return Unexpected<std::string>(usages.error());
  Told told;
  for (const quota::Usage& usage : *usages) {
    if (usage.is_certain && usage.time >= begin) {
      told.emplace(ascii::to_lower(usage.user), usage);
    }
  }
  return told;
}

// Until all of these have been told of, or for a moment.
Expected<Told, std::string> wait_for(store::Store& store, const std::vector<std::string>& users,
                                     store::Time begin) {
  const auto end = std::chrono::steady_clock::now() + publish_timeout;
  while (true) {
    auto told = told_since(store, begin);
    const bool is_whole =
        told && std::all_of(users.begin(), users.end(),
                            [&](const std::string& user) { return find(*told, user) != nullptr; });
    if (!told || is_whole || std::chrono::steady_clock::now() > end) return told;
    std::this_thread::sleep_for(look_again);
  }
}

std::string names_of(const std::vector<std::string>& users) {
  std::string names;
  for (std::size_t i = 0; i < users.size() && i < max_shown; ++i) {
    names += (i == 0 ? "" : ", ") + report::escape(users[i]);
  }
  return users.size() > max_shown ? names + ", ..." : names;
}

int complain(const std::vector<std::string>& silent, const Told& told) {
  std::vector<std::string> others;
  for (const auto& [name, usage] : told) others.push_back(usage.user);
  std::string problem =
      names_of(silent) +
      ": Dovecot told nothing. Does postern-learner run, does learner.senders name the user under "
      "which Dovecot reads mail, is postern_quota among mail_plugins outside of any protocol, and "
      "\"postern\" the driver of its quota? (With the plugin trash nothing is ever certain.)";
  if (!others.empty()) problem += " It told of: " + names_of(others);
  return fail(problem);
}

}  // namespace

int quota_recalc(const QuotaOptions& options) {
  if (options.user.empty() != options.all) return fail("name one USER, or --all");
  auto open = open_site(options.config_file);
  if (!open) return fail(open.error());
  const auto users = users_of(options);
  if (!users) return fail(users.error());
  const store::Time begin = io::wall_clock();
  const auto problems = count_anew(options);
  if (!problems) return fail(problems.error());
  if (*problems > 0 && !options.all) return fail("doveadm could not count it, see above");
  const auto told = wait_for(*open->store, *users, begin);
  if (!told) return fail(told.error());
  std::vector<std::string> silent;
  for (const std::string& user : *users) {
    const quota::Usage* usage = find(*told, user);
    if (usage == nullptr) {
      silent.push_back(user);
    } else if (!options.all) {
      const auto printed = print(*open, *usage);
      if (!printed) return fail(printed.error());
    }
  }
  if (options.all) std::printf("counted and told: %zu\n", users->size() - silent.size());
  if (!silent.empty()) return complain(silent, *told);
  return *problems == 0 ? 0 : fail("doveadm could not count all, see above");
}

}  // namespace postern::cli
