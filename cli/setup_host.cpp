#include "cli/setup_host.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <thread>

#include "lib/base/version.hpp"
#include "lib/doctor/endpoint.hpp"
#include "lib/io/files/config_files.hpp"
#include "lib/io/probe/postfix_control.hpp"
#include "lib/io/probe/servers.hpp"
#include "lib/io/setup/dovecot_files.hpp"
#include "lib/io/setup/files.hpp"
#include "lib/io/setup/services.hpp"

namespace postern::cli {
namespace {

using namespace std::chrono_literals;
using Result = Expected<void, std::string>;

constexpr auto start_patience = 20s;
constexpr auto one_probe = 2s;

Unexpected<std::string> failure(std::string problem) {
  return Unexpected<std::string>(std::move(problem));
}

// Why a daemon does not answer, or nothing. The scanner loads its signatures for a minute, and mail
// waits for it where it must: nobody waits for it here.
std::string probe(const io::Site& site, const std::string& name) {
  const auto ask = [&](const std::string& socket, const auto& how) -> std::string {
    const auto endpoint = doctor::parse_libmilter_endpoint(socket);
    return endpoint ? how(*endpoint) : socket + ": is no socket";
  };
  if (name == "postern-milter") {
    return ask(site.general.milter_socket, [](const doctor::Endpoint& endpoint) {
      return io::probe_milter(endpoint, one_probe);
    });
  }
  if (name == "postern-policy" && !site.policy.settings.server.sockets.empty()) {
    return ask(site.policy.settings.server.sockets.front(), [&](const doctor::Endpoint& endpoint) {
      return io::probe_policy(endpoint, site.general.authserv_id, one_probe);
    });
  }
  std::error_code error;
  if (name == "postern-learner" && !std::filesystem::is_socket(site.learner.socket, error)) {
    return site.learner.socket + " is not there";
  }
  return "";
}

Result wait_for(const io::Site& site, const std::string& name) {
  const auto end = std::chrono::steady_clock::now() + start_patience;
  for (;;) {
    const std::string problem = probe(site, name);
    if (problem.empty()) return {};
    if (std::chrono::steady_clock::now() >= end) {
      return failure(name + " does not answer: " + problem);
    }
    std::this_thread::sleep_for(200ms);
  }
}

}  // namespace

Expected<LedgerFile, std::string> LedgerFile::open(const std::string& directory) {
  const auto made = io::make_directories(directory);
  if (!made) return failure(made.error());
  std::error_code ignored;
  std::filesystem::permissions(directory, std::filesystem::perms::owner_all, ignored);
  LedgerFile file;
  file.file_ = directory + "/ledger.json";
  const std::string lock = directory + "/lock";
  file.lock_ = io::FileDescriptor(::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (file.lock_.get() < 0) return failure(lock + ": " + std::generic_category().message(errno));
  if (::flock(file.lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    return failure(lock + ": another postern setup, leave, enforce, or observe is at work");
  }
  const auto text = io::read_system_file(file.file_);
  if (!text) return failure(text.error());
  if (!*text) return file;
  auto ledger = setup::parse_ledger(**text);
  if (!ledger) return failure(file.file_ + ": " + ledger.error());
  file.ledger = std::move(*ledger);
  file.is_new_ = false;
  return file;
}

Result LedgerFile::save() const {
  setup::Ledger current = ledger;
  current.version = version;
  return io::write_system_file(file_, setup::format(current), 0600);
}

Result LedgerFile::remove() const {
  return io::remove_system_file(file_);
}

Expected<PostfixNow, std::string> read_postfix_now(const std::string& directory) {
  PostfixNow now;
  auto where = io::postfix_directory(directory);
  if (!where) return failure(where.error());
  now.directory = std::move(*where);
  auto found = io::read_postfix_found(directory);
  if (!found) return failure(found.error());
  now.found = std::move(*found);
  for (const auto& [name, text] :
       {std::pair("/main.cf", &now.texts.main), std::pair("/master.cf", &now.texts.master)}) {
    auto content = io::read_system_file(now.directory + name);
    if (!content) return failure(content.error());
    if (!*content) return failure(now.directory + name + ": is not there");
    *text = std::move(**content);
  }
  return now;
}

Result add_postfix(const PostfixNow& now, const io::PostfixTexts& texts, FileChanges& changes) {
  // master.cf first: what it says of new parameters counts only with main.cf.
  auto added = changes.add(now.directory + "/master.cf", texts.master);
  if (added) added = changes.add(now.directory + "/main.cf", texts.main);
  return added;
}

std::string drop_in_folder(const std::string& config_file) {
  std::filesystem::path path = config_file.empty() ? io::default_config_file : config_file;
  return path.replace_extension(".d").string();
}

bool milter_enforces(const io::Site& site) {
  const auto& enforcement = site.policy.settings.site.enforcement;
  const auto& subjects = disposition::subjects();
  return std::any_of(subjects.begin(), subjects.end(),
                     [&](const auto& subject) { return enforcement.covers(subject.name); });
}

setup::PostfixWish wish_of(const io::Site& site, bool has_milter, bool has_policy,
                           bool asks_tls_policy) {
  setup::PostfixWish wish;
  if (has_milter) wish.milter_socket = site.general.milter_socket;
  const auto& sockets = site.policy.settings.server.sockets;
  if (has_policy && !sockets.empty()) wish.policy_socket = sockets.front();
  const auto& tls = site.daemon.tls_policy_sockets;
  if (has_policy && asks_tls_policy && !tls.empty()) wish.tls_socket = tls.front();
  wish.waits_for_milter = milter_enforces(site);
  return wish;
}

Result have_postfix_read(const std::string& directory) {
  const std::string complaint = io::postfix_complaint(directory);
  if (!complaint.empty()) return failure("postfix check: " + complaint);
  return io::reload_postfix(directory);
}

Result have_dovecot_read(const std::string& file) {
  const auto settings = io::read_dovecot_settings(file);
  if (!settings) return failure(settings.error());
  return io::dovecot_runs(file) ? io::reload_dovecot(file) : Result();
}

Result start_daemons(const io::Site& site, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const bool answers = name != "postern-avscan" && probe(site, name).empty();
    if (answers && !io::has_service(name)) continue;  // somebody runs it in another way
    if (!io::has_service(name)) {
      return failure(name + " neither answers nor is there a service of this name: apt install " +
                     (name == "postern-learner" ? "dovecot-postern" : name));
    }
    auto started = answers ? io::reload_service(name) : io::start_service(name);
    if (started) started = wait_for(site, name);
    if (!started) return started;
  }
  return {};
}

Result reload_daemons(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (!io::has_service(name)) continue;
    const auto reloaded = io::reload_service(name);
    if (!reloaded) return reloaded;
  }
  return {};
}

Result require_root() {
  if (::geteuid() == 0) return {};
  return failure("this changes the system: run it as root");
}

}  // namespace postern::cli
