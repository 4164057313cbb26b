#include "dovecot-plugins/learner/daemon.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "dovecot-plugins/learner/bookkeeper.hpp"
#include "dovecot-plugins/learner/reception.hpp"
#include "dovecot-plugins/learner/usage_book.hpp"
#include "lib/base/version.hpp"
#include "lib/event/catalogue.hpp"
#include "lib/io/files/config_files.hpp"
#include "lib/io/files/host_name.hpp"
#include "lib/io/openssl/openssl_crypto.hpp"
#include "lib/io/store/open_store.hpp"
#include "lib/io/systemd/service_manager.hpp"

namespace postern::learner {
namespace {

// How long a stop waits for events in the ledger's hands; the others wait on the disk.
constexpr std::chrono::milliseconds stop_timeout{5000};

Expected<std::shared_ptr<io::Site>, std::string> load(const std::string& config_file) {
  auto site = io::load_site(config_file);
  if (!site) return site;
  if ((*site)->learner.hosts.empty()) {
    (*site)->learner.hosts = {(*site)->general.authserv_id, io::host_name()};
  }
  return site;
}

// The names of parameters that are read at start only and differ.
std::vector<std::string> needing_restart(const io::Site& old_site, const io::Site& new_site) {
  std::vector<std::string> names;
  if (old_site.learner.socket != new_site.learner.socket) names.emplace_back("learner.socket");
  if (old_site.learner.directory != new_site.learner.directory) {
    names.emplace_back("learner.directory");
  }
  if (old_site.store != new_site.store) names.emplace_back("store");
  return names;
}

// Everything that lives as long as the daemon, connected.
class Daemon {
 public:
  Daemon(std::string config_file, std::shared_ptr<const io::Site> site,
         const io::LearnerDirectory& directory, io::Log& log)
      : config_file_(std::move(config_file)),
        started_with_(std::move(site)),
        log_(log),
        store_(loop_, log, [settings = started_with_->store] { return io::open_store(settings); }),
        services_{loop_, log, store_, directory, started_with_},
        bookkeeper_(services_),
        usages_(services_, io::host_name()),
        reception_(services_, bookkeeper_, usages_, crypto_) {}

  Expected<void, std::string> open_socket();
  void run();

 private:
  void on_signal(int signal);
  void reload();
  void stop(int signal);
  void wait_for_ledger();
  void keep_alive(std::chrono::milliseconds interval);

  std::string config_file_;  // the one that was read last; empty: there was none
  const std::shared_ptr<const io::Site> started_with_;
  io::Log& log_;
  io::OpensslCrypto crypto_;
  io::EventLoop loop_;
  io::StoreWorker store_;
  Services services_;
  Bookkeeper bookkeeper_;
  UsageBook usages_;
  Reception reception_;
  io::EventLoop::Timer stop_timer_;
  io::EventLoop::Timer alive_timer_;
  std::chrono::steady_clock::time_point stop_at_{};
  bool stopping_ = false;
};

Expected<void, std::string> Daemon::open_socket() {
  bool has_socket = false;
  for (io::PassedSocket& passed : io::passed_sockets()) {
    auto listener = io::Listener::adopt(std::move(passed.socket));
    if (!listener) return Unexpected<std::string>(listener.error());
    reception_.serve(std::move(*listener));
    has_socket = true;
  }
  if (has_socket) return {};
  auto listener = io::Listener::open_for_packets(started_with_->learner.socket,
                                                 {"postern-learner", "learner.socket"});
  if (!listener) return Unexpected<std::string>(listener.error());
  reception_.serve(std::move(*listener));
  return {};
}

void Daemon::run() {
  loop_.on_signals({SIGTERM, SIGINT, SIGHUP, SIGUSR1}, [this](int signal) { on_signal(signal); });
  bookkeeper_.resume();
  usages_.start();
  reception_.watch_spool();
  auto line = io::Log::line(event::started);
  line.add("version", version).add("config", io::describe_config(config_file_));
  line.add("socket", started_with_->learner.socket);
  log_.write(event::started, line);
  io::notify_ready();
  if (const auto interval = io::watchdog_interval()) keep_alive(*interval);
  loop_.run();
}

void Daemon::keep_alive(std::chrono::milliseconds interval) {
  io::notify_alive();
  alive_timer_ = loop_.after(interval, [this, interval] { keep_alive(interval); });
}

void Daemon::on_signal(int signal) {
  if (signal == SIGHUP || signal == SIGUSR1) {
    reload();
  } else {
    stop(signal);
  }
}

void Daemon::reload() {
  if (stopping_) return;
  io::notify_reloading();
  config_file_ = io::find_config_file(config_file_);
  auto loaded = load(config_file_);
  if (!loaded) {
    log_.write(event::reload_failed,
               io::Log::line(event::reload_failed).add("problem", loaded.error()));
    return io::notify_ready();
  }
  for (const std::string& parameter : needing_restart(*started_with_, **loaded)) {
    log_.write(event::restart_needed,
               io::Log::line(event::restart_needed).add("parameter", parameter));
  }
  services_.site = std::move(*loaded);
  reception_.reload();
  log_.write(event::reloaded,
             io::Log::line(event::reloaded).add("config", io::describe_config(config_file_)));
  io::notify_ready();
}

// What has been confirmed lies on the disk, so that a stop need not wait for the ledger; it does
// for a moment, so that the next start has less to do.
void Daemon::stop(int signal) {
  if (std::exchange(stopping_, true)) return;
  io::notify_stopping();
  auto line = io::Log::line(event::stopping);
  line.add("signal", static_cast<std::int64_t>(signal));
  log_.write(event::stopping, line);
  stop_at_ = std::chrono::steady_clock::now() + stop_timeout;
  reception_.stop();
  usages_.stop();
  wait_for_ledger();
}

void Daemon::wait_for_ledger() {
  if (!bookkeeper_.is_idle() && std::chrono::steady_clock::now() < stop_at_) {
    constexpr std::chrono::milliseconds look_again{10};
    stop_timer_ = loop_.after(look_again, [this] { wait_for_ledger(); });
    return;
  }
  auto line = io::Log::line(event::stopped);
  line.add("unfinished", static_cast<std::int64_t>(bookkeeper_.waiting()));
  log_.write(event::stopped, line);
  loop_.stop();
}

int fail(const std::string& problem) {
  std::fprintf(stderr, "postern-learner: %s\n", problem.c_str());
  return EXIT_FAILURE;
}

}  // namespace

int run_daemon(const std::string& given_config_file) {
  std::signal(SIGPIPE, SIG_IGN);
  const std::string config_file = io::find_config_file(given_config_file);
  auto site = load(config_file);
  if (!site) return fail(site.error());
  const auto directory = io::LearnerDirectory::open((*site)->learner.directory, true);
  if (!directory) return fail(directory.error());
  io::Log log;
  Daemon daemon(config_file, std::move(*site), *directory, log);
  const auto opened = daemon.open_socket();
  if (!opened) return fail(opened.error());
  daemon.run();
  return EXIT_SUCCESS;
}

}  // namespace postern::learner
