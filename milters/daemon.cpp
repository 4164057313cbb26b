#include "milters/daemon.hpp"

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <thread>

#include <unistd.h>

#include "lib/base/version.hpp"
#include "lib/io/files/config_files.hpp"
#include "lib/io/files/host_name.hpp"
#include "lib/io/idn2/to_ascii_domain.hpp"
#include "lib/io/idn2/to_unicode_label.hpp"
#include "lib/io/magic/magic_types.hpp"
#include "lib/io/milter/server.hpp"
#include "lib/io/openssl/openssl_crypto.hpp"
#include "lib/io/openssl/private_key.hpp"
#include "lib/io/resolver/unbound_resolver.hpp"
#include "lib/io/signals/signals.hpp"
#include "lib/io/systemd/service_manager.hpp"
#include "lib/io/zlib/inflate.hpp"
#include "lib/parameters/parameters.hpp"
#include "milters/heartbeat.hpp"
#include "milters/session.hpp"
#include "milters/shared.hpp"
#include "milters/spamd.hpp"

namespace postern {
namespace {

using ConfigurationPointer = std::shared_ptr<const checks::Configuration>;

Expected<ConfigurationPointer, config::ConfigError> load(const std::string& file) {
  auto document = io::load_config_files(file);
  if (!document) return Unexpected<config::ConfigError>(document.error());
  return parameters::load(*document, io::host_name());
}

class MilterApplication final : public milter::Application {
 public:
  explicit MilterApplication(Shared& shared) : shared_(shared) {}

  std::unique_ptr<milter::Handler> make_handler() override {
    return std::make_unique<Session>(shared_);
  }
  void on_failure(std::string_view where, std::string_view what) noexcept override {
    auto line = io::Log::line(event::callback_failed);
    line.add("where", where).add("what", what);
    shared_.log.write(event::callback_failed, line);
  }
  [[nodiscard]] bool wants_recipients() const noexcept override {
    return shared_.configuration.get()->antispam.enabled;
  }
  milter::Reply reply_on_failure() noexcept override {
    const bool accept =
        shared_.configuration.get()->general.milter_failure == disposition::FailMode::accept;
    return accept ? milter::Reply::accept : milter::Reply::tempfail;
  }

 private:
  Shared& shared_;
};

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

// Without them the milter runs as well.
std::unique_ptr<const io::MagicTypes> open_media_types(io::Log& log) {
  auto types = io::MagicTypes::open();
  if (types) return std::move(*types);
  auto line = io::Log::line(event::file_types_unknown);
  log.write(event::file_types_unknown, line.add("problem", types.error()));
  return nullptr;
}

// Says once that a scanner does not answer, and once that it does again.
io::Scanner::Notice note_scanners(io::Log& log) {
  return [&log](const std::string& address, const std::string& problem) {
    const event::Event& event = problem.empty() ? event::scanner_back : event::scanner_unreachable;
    auto line = io::Log::line(event);
    line.add("scanner", address);
    if (!problem.empty()) line.add("problem", problem);
    log.write(event, line);
  };
}

void warn_of_restart(io::Log& log, const checks::Configuration& old_configuration,
                     const checks::Configuration& new_configuration) {
  const checks::GeneralSettings& old_settings = old_configuration.general;
  const checks::GeneralSettings& new_settings = new_configuration.general;
  const antispam::SpamdSettings& old_spamd = old_configuration.spamd;
  const antispam::SpamdSettings& new_spamd = new_configuration.spamd;
  const auto warn = [&](bool changed, std::string_view parameter) {
    if (!changed) return;
    log.write(event::restart_needed,
              io::Log::line(event::restart_needed).add("parameter", parameter));
  };
  warn(old_settings.milter_socket != new_settings.milter_socket, "milter.socket");
  warn(old_settings.dns_servers != new_settings.dns_servers, "dns.servers");
  warn(old_settings.dnssec != new_settings.dnssec, "dns.dnssec");
  warn(old_settings.dns_cache.bytes != new_settings.dns_cache.bytes, "dns.cache");
  warn(old_spamd.sockets != new_spamd.sockets, "spamd.sockets");
  if (old_spamd.sockets.empty()) return;
  warn(old_spamd.clients != new_spamd.clients, "spamd.clients");
  warn(old_spamd.threads != new_spamd.threads, "spamd.threads");
  warn(old_configuration.antispam.max_size.bytes != new_configuration.antispam.max_size.bytes,
       "antispam.max_size of spamd.sockets");
}

// \param file  The one that was read before. A file that has appeared since is read; one that is
//              gone is an error, so that nobody stops enforcing because it was moved.
void read_again(std::string& file, const checks::Configuration& started_with, Shared& shared) {
  file = io::find_config_file(file);
  auto loaded = load(file);
  if (!loaded) {
    shared.log.write(event::reload_failed,
                     io::Log::line(event::reload_failed).add("problem", loaded.error().text()));
    return;
  }
  warn_of_restart(shared.log, started_with, **loaded);
  auto line = io::Log::line(event::reloaded);
  line.add("config", io::describe_config(file));
  line.add("mode", (*loaded)->disposition.enforcement.text());
  line.add("authserv_id", (*loaded)->general.authserv_id);
  shared.outbound.reconfigure(**loaded);
  shared.feed.reconfigure((*loaded)->reputation);
  shared.scanner.keep_only((*loaded)->antivirus.scanners);
  const ConfigurationPointer in_use = shared.configuration.get();
  shared.configuration.set(shared.antispam.add_to(**loaded, in_use.get()));
  shared.log.write(event::reloaded, line);
}

void reload(std::string& file, const checks::Configuration& started_with, Shared& shared) {
  io::notify_reloading();
  read_again(file, started_with, shared);
  io::notify_ready();
}

// How soon a change of the keys is seen.
constexpr std::chrono::milliseconds refresh_interval{1000};

// A message that is announced at a stop gets this long to come in full: the client sends it, and
// may take its time. Those that stay out are cut off, which Postfix answers as its default action
// says.
constexpr std::chrono::milliseconds wait_for_clients{2000};

// Serves until a signal says stop, then lets messages in flight end.
// \return Whether a signal asked for it.
bool serve(const io::Signals& signals, std::string file, Shared& shared, Spamd* spamd) {
  checks::Configuration first = *shared.configuration.get();
  first.antispam_rules.reset();  // so that they go when others come into use
  // Never ends, but when libmilter cannot go on: the process ends round it.
  static std::atomic<bool> gave_up = false;
  std::thread([] {
    milter::Server::run();
    gave_up = true;
    io::Signals::request_stop();
  }).detach();
  Heartbeat heartbeat(first.general.milter_socket, shared.log);
  io::notify_ready();
  std::optional<int> signal;
  while (true) {
    signal = signals.next(refresh_interval);
    if (!signal) {
      shared.outbound.refresh();
      heartbeat.beat();
    } else if (*signal == SIGUSR1 || *signal == SIGHUP) {
      reload(file, first, shared);
    } else {
      break;
    }
  }
  io::notify_stopping();
  auto line = io::Log::line(event::stopping);
  line.add("signal", static_cast<std::int64_t>(*signal));
  shared.log.write(event::stopping, line);
  milter::Server::refuse_new_messages();
  if (spamd != nullptr) spamd->stop(wait_for_clients);
  shared.in_flight.wait_for_all(wait_for_clients);
  shared.in_flight.wait_for_content(shared.configuration.get()->general.stop_timeout);
  std::this_thread::sleep_for(milter::Server::time_to_answer);
  const InFlight::Count left = shared.in_flight.count();
  auto end = io::Log::line(event::stopped);
  end.add("unfinished", static_cast<std::int64_t>(left.content));
  end.add("not_begun", static_cast<std::int64_t>(left.begun - left.content));
  shared.log.write(event::stopped, end);
  return !gave_up;
}

int fail(const std::string& problem) {
  std::fprintf(stderr, "postern-milter: %s\n", problem.c_str());
  return EXIT_FAILURE;
}

}  // namespace

int run_daemon(const std::string& given_config_file) {
  const io::Signals signals;  // before any other thread exists
  const std::string config_file = io::find_config_file(given_config_file);
  auto configuration = load(config_file);
  if (!configuration) return fail(configuration.error().text());

  io::Log log;
  auto resolver = make_resolver((*configuration)->general, log);
  if (!resolver) return fail("dns: " + resolver.error());
  io::lock_key_memory();
  const io::OpensslCrypto crypto;
  const auto media_types = open_media_types(log);
  io::Scanner scanner(crypto, note_scanners(log));
  const AntispamRules antispam_rules(log);
  *configuration = antispam_rules.add_to(**configuration, nullptr);
  Outbound outbound(**configuration, log);
  VerdictFeed feed((*configuration)->reputation, (*configuration)->general.authserv_id, log);
  Shared shared{
      CurrentConfiguration(*configuration),
      {&crypto, io::to_ascii_domain, io::to_unicode_label, {io::inflate, media_types.get()}},
      **resolver,
      scanner,
      log,
      outbound,
      feed,
      antispam_rules};
  MilterApplication application(shared);
  milter::Server server(application);
  const checks::GeneralSettings& general = (*configuration)->general;
  const auto opened = server.open(general.milter_socket);
  if (!opened) return fail(opened.error());
  auto spamd = Spamd::start(shared);
  if (!spamd) return fail(spamd.error());

  auto line = io::Log::line(event::started);
  line.add("version", version).add("config", io::describe_config(config_file));
  line.add("socket", general.milter_socket);
  line.add("mode", (*configuration)->disposition.enforcement.text());
  line.add("authserv_id", general.authserv_id);
  log.write(event::started, line);
  const bool was_asked = serve(signals, config_file, shared, spamd->get());
  server.close();
  // libmilter's threads may still be in callbacks that were cut off, and use all of the above.
  std::fflush(stderr);
  ::_exit(was_asked ? EXIT_SUCCESS : EXIT_FAILURE);
}

}  // namespace postern
