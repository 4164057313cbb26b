#include "policy-daemon/daemon.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <utility>

#include "lib/base/version.hpp"
#include "lib/event/catalogue.hpp"
#include "lib/io/fetcher/https_fetcher.hpp"
#include "lib/io/files/config_files.hpp"
#include "lib/io/process/spawn.hpp"
#include "lib/io/resolver/unbound_resolver.hpp"
#include "lib/io/store/open_store.hpp"
#include "lib/io/systemd/service_manager.hpp"
#include "policy-daemon/list_prober.hpp"
#include "policy-daemon/policy_protocol.hpp"
#include "policy-daemon/quota_watch.hpp"
#include "policy-daemon/reputation_feed.hpp"
#include "policy-daemon/socketmap_protocol.hpp"

namespace postern {
namespace {

// Names of sockets in a socket unit (FileDescriptorName=); others are for policy requests.
constexpr std::string_view tls_policy_name = "tls-policy";

Expected<std::unique_ptr<io::Resolver>, std::string> make_resolver(
    const checks::GeneralSettings& settings, io::Log& log) {
  io::UnboundSettings unbound;
  unbound.servers = settings.dns_servers;
  unbound.dnssec = settings.dnssec;
  unbound.cache.bytes = settings.dns_cache.bytes;
  return io::make_unbound_resolver(unbound, [&log](bool up, const std::string& detail) {
    const event::Event& event = up ? event::dns_up : event::dns_down;
    log.write(event, io::Log::line(event).add("detail", detail));
  });
}

NoticeRoute notice_route(const io::Site& site) {
  const std::string& host = site.general.authserv_id;
  std::string postmaster = site.daemon.postmaster;
  if (postmaster.find('@') == postmaster.npos) postmaster += "@" + host;
  return {site.daemon.notice_server, std::move(postmaster), host};
}

io::TableSettings table_settings(const io::Site& site) {
  io::TableSettings settings;
  settings.config_directory = site.general.postfix_config_directory;
  return settings;
}

io::FetcherOptions fetcher_options(const mta_sts::Settings& settings) {
  io::FetcherOptions options;
  options.program = io::program_of_ours("postern-fetch", POSTERN_LIBEXEC_DIR);
  options.https.timeout = settings.timeout;
  options.https.ca_file = settings.ca_file;
  options.https.connect_to = settings.connect_to;
  return options;
}

io::StreamLimits stream_limits(const policy::ServerSettings& settings) {
  io::StreamLimits limits;
  limits.connections = settings.max_connections;
  limits.unread = settings.request_timeout;
  return limits;
}

// The names of parameters that are read at start only and differ.
std::vector<std::string> needing_restart(const io::Site& old_site, const io::Site& new_site) {
  const auto& old_server = old_site.policy.settings.server;
  const auto& new_server = new_site.policy.settings.server;
  std::vector<std::string> names;
  const auto compare = [&](bool changed, const char* name) {
    if (changed) names.emplace_back(name);
  };
  compare(old_server.sockets != new_server.sockets, "policy.sockets");
  compare(old_server.max_connections != new_server.max_connections, "policy.max_connections");
  compare(old_site.daemon.tls_policy_sockets != new_site.daemon.tls_policy_sockets,
          "mta_sts.sockets");
  compare(old_site.feed_socket != new_site.feed_socket, "reputation.feed_socket");
  compare(old_site.store != new_site.store, "store");
  compare(old_site.mta_sts.enabled != new_site.mta_sts.enabled, "mta_sts.enabled");
  compare(old_site.mta_sts.timeout != new_site.mta_sts.timeout, "mta_sts.timeout");
  compare(old_site.mta_sts.ca_file != new_site.mta_sts.ca_file, "mta_sts.ca_file");
  compare(old_site.mta_sts.connect_to != new_site.mta_sts.connect_to, "mta_sts.connect_to");
  compare(old_site.general.postfix_config_directory != new_site.general.postfix_config_directory,
          "postfix.config_directory");
  compare(old_site.general.dns_servers != new_site.general.dns_servers, "dns.servers");
  compare(old_site.general.dnssec != new_site.general.dnssec, "dns.dnssec");
  return names;
}

// Everything that lives as long as the daemon, connected.
class Daemon {
 public:
  Daemon(std::string config_file, std::shared_ptr<io::Site> site,
         std::unique_ptr<io::Resolver> resolver, io::Log& log)
      : config_file_(std::move(config_file)),
        started_with_(std::move(site)),
        log_(log),
        resolver_(std::move(resolver)),
        store_(loop_, log, [settings = started_with_->store] { return io::open_store(settings); }),
        notices_(log, notice_route(*started_with_)),
        tables_(loop_, table_settings(*started_with_)),
        fetcher_(loop_, fetcher_options(started_with_->mta_sts)),
        services_{loop_, log, store_, *resolver_, notices_, tables_, started_with_},
        policy_server_(
            loop_,
            [this](io::Stream& stream) {
              return std::make_unique<Dialogue>(services_, stream,
                                                std::make_unique<PolicyProtocol>(services_));
            },
            stream_limits(started_with_->policy.settings.server)),
        map_server_(
            loop_,
            [this](io::Stream& stream) {
              return std::make_unique<Dialogue>(
                  services_, stream, std::make_unique<SocketmapProtocol>(services_, fetcher_));
            },
            stream_limits(started_with_->policy.settings.server)),
        feed_(services_),
        prober_(services_),
        quota_watch_(services_) {}

  Expected<void, std::string> open_sockets();
  void run();

 private:
  void on_signal(int signal);
  void reload();
  void stop(int signal);
  void wait_for_answers();
  void keep_alive(std::chrono::milliseconds interval);
  void write_started();

  // The one that was read last. A file that appears is read at a reload; one that is gone is an
  // error, so that nobody stops enforcing because it was moved.
  std::string config_file_;
  const std::shared_ptr<const io::Site> started_with_;
  io::Log& log_;
  io::EventLoop loop_;
  const std::unique_ptr<io::Resolver> resolver_;
  io::StoreWorker store_;
  NoticeSender notices_;
  io::TableWorker tables_;
  io::HttpsFetcher fetcher_;
  Services services_;
  io::StreamServer policy_server_;
  io::StreamServer map_server_;
  ReputationFeed feed_;
  ListProber prober_;
  QuotaWatch quota_watch_;
  io::EventLoop::Timer stop_timer_;
  io::EventLoop::Timer alive_timer_;
  std::chrono::steady_clock::time_point stop_at_{};
  bool stopping_ = false;
};

Expected<void, std::string> Daemon::open_sockets() {
  bool has_policy_socket = false;
  bool has_map_socket = false;
  for (io::PassedSocket& passed : io::passed_sockets()) {
    const bool is_map = passed.name == tls_policy_name;
    auto listener = io::Listener::adopt(std::move(passed.socket));
    if (!listener) return Unexpected<std::string>(listener.error());
    (is_map ? map_server_ : policy_server_).serve(std::move(*listener));
    (is_map ? has_map_socket : has_policy_socket) = true;
  }
  const auto open = [](io::StreamServer& server, const std::vector<std::string>& sockets,
                       const char* parameter) -> Expected<void, std::string> {
    for (const std::string& socket : sockets) {
      auto listener = io::Listener::open(socket, {"postern-policy", parameter});
      if (!listener) return Unexpected<std::string>(listener.error());
      server.serve(std::move(*listener));
    }
    return {};
  };
  if (!has_policy_socket) {
    auto opened =
        open(policy_server_, services_.site->policy.settings.server.sockets, "policy.sockets");
    if (!opened) return opened;
  }
  if (!has_map_socket && services_.site->mta_sts.enabled) {
    auto opened = open(map_server_, started_with_->daemon.tls_policy_sockets, "mta_sts.sockets");
    if (!opened) return opened;
  }
  if (started_with_->feed_socket.empty()) return {};
  return feed_.listen(started_with_->feed_socket);
}

void Daemon::write_started() {
  auto line = io::Log::line(event::started);
  std::string sockets;
  for (const std::string& socket : services_.site->policy.settings.server.sockets) {
    sockets += (sockets.empty() ? "" : " ") + socket;
  }
  line.add("version", version).add("config", io::describe_config(config_file_));
  line.add("socket", sockets);
  line.add("mode", services_.site->policy.settings.site.enforcement.text());
  log_.write(event::started, line);
}

void Daemon::run() {
  loop_.on_signals({SIGTERM, SIGINT, SIGHUP, SIGUSR1}, [this](int signal) { on_signal(signal); });
  prober_.start();
  quota_watch_.look();
  write_started();
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
  auto loaded = io::load_site(config_file_);
  if (!loaded) {
    log_.write(event::reload_failed,
               io::Log::line(event::reload_failed).add("problem", loaded.error()));
    return io::notify_ready();
  }
  for (const std::string& parameter : needing_restart(*started_with_, **loaded)) {
    log_.write(event::restart_needed,
               io::Log::line(event::restart_needed).add("parameter", parameter));
  }
  (*loaded)->policy.active_lists = prober_.active(**loaded);
  (*loaded)->policy.quota_is_published = quota_watch_.is_published();
  notices_.reroute(notice_route(**loaded));
  services_.site = std::move(*loaded);
  prober_.start();
  auto line = io::Log::line(event::reloaded);
  line.add("config", io::describe_config(config_file_));
  line.add("mode", services_.site->policy.settings.site.enforcement.text());
  log_.write(event::reloaded, line);
  io::notify_ready();
}

// Requests in hand are answered; each has its own deadline, so the wait is bounded.
void Daemon::stop(int signal) {
  if (std::exchange(stopping_, true)) return;
  io::notify_stopping();
  auto line = io::Log::line(event::stopping);
  line.add("signal", static_cast<std::int64_t>(signal));
  log_.write(event::stopping, line);
  constexpr std::chrono::milliseconds spare{500};
  stop_at_ =
      std::chrono::steady_clock::now() + services_.site->policy.settings.server.timeout + spare;
  policy_server_.drain();
  map_server_.drain();
  wait_for_answers();
}

void Daemon::wait_for_answers() {
  const std::size_t left = policy_server_.connections() + map_server_.connections();
  if (left > 0 && std::chrono::steady_clock::now() < stop_at_) {
    constexpr std::chrono::milliseconds look_again{10};
    stop_timer_ = loop_.after(look_again, [this] { wait_for_answers(); });
    return;
  }
  auto line = io::Log::line(event::stopped);
  line.add("unfinished", static_cast<std::int64_t>(left));
  log_.write(event::stopped, line);
  loop_.stop();
}

int fail(const std::string& problem) {
  std::fprintf(stderr, "postern-policy: %s\n", problem.c_str());
  return EXIT_FAILURE;
}

}  // namespace

int run_policy_daemon(const std::string& given_config_file) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGCHLD, SIG_DFL);  // children are waited for, whatever started us
  const std::string config_file = io::find_config_file(given_config_file);
  auto site = io::load_site(config_file);
  if (!site) return fail(site.error());
  io::Log log;
  auto resolver = make_resolver((*site)->general, log);
  if (!resolver) return fail("dns: " + resolver.error());
  Daemon daemon(config_file, std::move(*site), std::move(*resolver), log);
  const auto opened = daemon.open_sockets();
  if (!opened) return fail(opened.error());
  daemon.run();
  return EXIT_SUCCESS;
}

}  // namespace postern
