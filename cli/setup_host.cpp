#include "cli/setup_host.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <system_error>
#include <thread>

#include "cli/commands.hpp"
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
  std::string problem = probe(site, name);
  while (!problem.empty() && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(200ms);
    problem = probe(site, name);
  }
  return problem.empty() ? Result() : failure(name + " does not answer: " + problem);
}

// Nobody else is at work, since the ledger is locked; only names of files that we write.
void remove_leftovers(const LedgerFile& file, const std::string& config_file) {
  std::vector<std::string> paths = {file.path()};
  for (const setup::FileRecord& record : file.ledger.files) paths.push_back(record.path);
  for (const char* name : {setup_drop_in, enforce_drop_in}) {
    paths.push_back(drop_in_folder(config_file) + "/" + name);
  }
  for (const std::string& path : paths) io::remove_leftover(path);
}

}  // namespace

Expected<std::optional<setup::Ledger>, std::string> read_ledger(const std::string& file) {
  const auto text = io::read_system_file(file, setup::max_ledger_size);
  if (!text) return failure(text.error());
  const std::optional<std::string>& content = *text;
  if (!content) return std::optional<setup::Ledger>();
  auto ledger = setup::parse_ledger(*content);
  if (!ledger) return failure(file + ": " + ledger.error());
  return std::optional(std::move(*ledger));
}

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
  auto found = read_ledger(file.file_);
  if (!found) return failure(found.error());
  std::optional<setup::Ledger>& ledger = *found;
  if (!ledger) return file;
  file.ledger = std::move(*ledger);
  file.is_new_ = false;
  return file;
}

Result LedgerFile::save() const {
  setup::Ledger current = ledger;
  current.version = version;
  const std::string text = setup::format(current);
  if (text.size() <= setup::max_ledger_size) return io::write_system_file(file_, text, 0600);
  return failure(file_ + ": with every file as it was it would have " +
                 std::to_string(text.size()) + " bytes, and " +
                 std::to_string(setup::max_ledger_size) +
                 " is the most: move long lists of main.cf into tables of their own");
}

Result LedgerFile::remove() const {
  return io::remove_system_file(file_);
}

int change_system(const SetupPlaces& places,
                  const std::function<int(Transcript&, LedgerFile&)>& change) {
  // Who reads what is printed may go away, and the change is still made as a whole.
  std::signal(SIGPIPE, SIG_IGN);
  const auto root = require_root();
  if (!root) return fail(root.error());
  auto transcript = Transcript::open(places.log);
  if (!transcript) return fail(transcript.error());
  auto file = LedgerFile::open(places.setup_directory);
  if (!file) return transcript->fail(file.error());
  remove_leftovers(*file, places.config_file);
  return change(*transcript, *file);
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
    auto reloaded = io::reload_service(name);
    if (!reloaded) return reloaded;
  }
  return {};
}

Result require_root() {
  if (::geteuid() == 0) return {};
  return failure("this changes the system: run it as root");
}

}  // namespace postern::cli
