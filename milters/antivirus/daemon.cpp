#include "milters/antivirus/daemon.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include "lib/antivirus/scanner_settings.hpp"
#include "lib/base/version.hpp"
#include "lib/event/catalogue.hpp"
#include "lib/io/files/config_files.hpp"
#include "lib/io/files/host_name.hpp"
#include "lib/io/process/become_user.hpp"
#include "lib/io/process/spawn.hpp"
#include "lib/io/systemd/service_manager.hpp"
#include "lib/parameters/parameters.hpp"
#include "milters/antivirus/dispatcher.hpp"
#include "milters/antivirus/generations.hpp"
#include "milters/antivirus/reception.hpp"
#include "milters/antivirus/temporary_directory.hpp"

namespace postern::avscan {
namespace {

using antivirus::ScannerSettings;

Expected<ScannerSettings, std::string> load(const std::string& config_file) {
  const auto failure = [](const config::ConfigError& error) {
    return Unexpected<std::string>(error.text());
  };
  const auto document = io::load_config_files(config_file);
  if (!document) return failure(document.error());
  // The parts that other programs use are checked as well: one file, one word on it.
  const auto whole = parameters::load(*document, io::host_name());
  if (!whole) return failure(whole.error());
  auto settings = antivirus::load_scanner_settings(*document);
  if (!settings) return failure(settings.error());
  return std::move(*settings);
}

// The names of parameters that are read at start only and differ.
std::vector<std::string> needing_restart(const ScannerSettings& before,
                                         const ScannerSettings& now) {
  std::vector<std::string> names;
  if (before.socket != now.socket) names.emplace_back("scanner.socket");
  if (before.user != now.user) names.emplace_back("scanner.user");
  if (before.temporary_directory != now.temporary_directory) {
    names.emplace_back("scanner.temporary_directory");
  }
  return names;
}

// What a child of ours may not gain or leave behind; engines and their children inherit it.
void give_up_privileges() {
  constexpr rlimit none{1, 1};  // 1 also keeps it from a program that collects them (core(5))
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

// Everything that lives as long as the daemon, connected.
class Daemon {
 public:
  Daemon(std::string config_file, ScannerSettings settings, const TemporaryDirectory& directory)
      : config_file_(std::move(config_file)),
        settings_(std::move(settings)),
        dispatcher_(loop_, log_, settings_),
        generations_(
            loop_, log_, dispatcher_,
            {io::program_of_ours("postern-avscan-engine", POSTERN_LIBEXEC_DIR), directory.path()},
            settings_),
        reception_(loop_, log_, dispatcher_, generations_, settings_) {}

  void run(std::vector<io::Listener> listeners);

 private:
  void on_signal(int signal);
  void reload();
  void stop(int signal);
  void wait_for_scans();
  void keep_alive(std::chrono::milliseconds interval);

  std::string config_file_;  // the one that was read last; empty: there was none
  const ScannerSettings settings_;
  io::Log log_;
  io::EventLoop loop_;
  Dispatcher dispatcher_;
  Generations generations_;
  Reception reception_;
  io::EventLoop::Timer stop_timer_;
  io::EventLoop::Timer alive_timer_;
  std::chrono::steady_clock::time_point stop_at_{};
  bool stopping_ = false;
};

void Daemon::run(std::vector<io::Listener> listeners) {
  loop_.on_signals({SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD},
                   [this](int signal) { on_signal(signal); });
  for (io::Listener& listener : listeners) reception_.serve(std::move(listener));
  auto line = io::Log::line(event::started);
  line.add("version", version).add("config", io::describe_config(config_file_));
  line.add("socket", settings_.socket);
  log_.write(event::started, line);
  generations_.start();
  io::notify_ready();
  if (const auto interval = io::watchdog_interval()) keep_alive(*interval);
  loop_.run();
}

void Daemon::keep_alive(std::chrono::milliseconds interval) {
  io::notify_alive();
  alive_timer_ = loop_.after(interval, [this, interval] { keep_alive(interval); });
}

void Daemon::on_signal(int signal) {
  if (signal == SIGCHLD) {  // engines; that they end shows by their connections
    while (::waitpid(-1, nullptr, WNOHANG) > 0) continue;
  } else if (signal == SIGHUP || signal == SIGUSR1) {
    reload();
  } else {
    stop(signal);
  }
}

void Daemon::reload() {
  if (stopping_) return;
  io::notify_reloading();
  config_file_ = io::find_config_file(config_file_);
  const auto loaded = load(config_file_);
  if (!loaded) {
    log_.write(event::reload_failed,
               io::Log::line(event::reload_failed).add("problem", loaded.error()));
    return io::notify_ready();
  }
  for (const std::string& parameter : needing_restart(settings_, *loaded)) {
    log_.write(event::restart_needed,
               io::Log::line(event::restart_needed).add("parameter", parameter));
  }
  dispatcher_.reload(*loaded);
  reception_.reload(*loaded);
  generations_.reload(*loaded);
  log_.write(event::reloaded,
             io::Log::line(event::reloaded).add("config", io::describe_config(config_file_)));
  io::notify_ready();
}

// Scans that run are finished; who waits for a process is told that there is none, and the mail
// comes again.
void Daemon::stop(int signal) {
  if (std::exchange(stopping_, true)) return;
  io::notify_stopping();
  auto line = io::Log::line(event::stopping);
  line.add("signal", static_cast<std::int64_t>(signal));
  log_.write(event::stopping, line);
  stop_at_ = std::chrono::steady_clock::now() + settings_.request_time;
  dispatcher_.refuse("the scanner stops");
  reception_.stop();
  wait_for_scans();
}

void Daemon::wait_for_scans() {
  if (dispatcher_.running() > 0 && std::chrono::steady_clock::now() < stop_at_) {
    constexpr std::chrono::milliseconds look_again{10};
    stop_timer_ = loop_.after(look_again, [this] { wait_for_scans(); });
    return;
  }
  auto line = io::Log::line(event::stopped);
  line.add("unfinished", static_cast<std::int64_t>(dispatcher_.running()));
  log_.write(event::stopped, line);
  generations_.stop();
  loop_.stop();
}

Expected<std::vector<io::Listener>, std::string> open_sockets(const ScannerSettings& settings) {
  std::vector<io::Listener> listeners;
  for (io::PassedSocket& passed : io::passed_sockets()) {
    auto listener = io::Listener::adopt(std::move(passed.socket));
    if (!listener) return Unexpected<std::string>(listener.error());
    listeners.push_back(std::move(*listener));
  }
  if (!listeners.empty()) return listeners;
  auto listener =
      io::Listener::open_for_packets(settings.socket, {"postern-avscan", "scanner.socket"});
  if (!listener) return Unexpected<std::string>(listener.error());
  listeners.push_back(std::move(*listener));
  return listeners;
}

int fail(const std::string& problem) {
  std::fprintf(stderr, "postern-avscan: %s\n", problem.c_str());
  return EXIT_FAILURE;
}

}  // namespace

int run_daemon(const std::string& given_config_file) {
  std::signal(SIGPIPE, SIG_IGN);
  const std::string config_file = io::find_config_file(given_config_file);
  auto settings = load(config_file);
  if (!settings) return fail(settings.error());
  auto listeners = open_sockets(*settings);
  if (!listeners) return fail(listeners.error());
  const auto became = io::become_user(settings->user);
  if (!became) return fail("scanner.user: " + became.error());
  give_up_privileges();
  const auto directory = TemporaryDirectory::make(settings->temporary_directory);
  if (!directory) return fail(directory.error());
  Daemon daemon(config_file, std::move(*settings), *directory);
  daemon.run(std::move(*listeners));
  return EXIT_SUCCESS;
}

}  // namespace postern::avscan
