// Asks a policy server as many smtpd processes do: one request at a time on each connection, each
// of them new, and prints what that took as JSON.
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <deque>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "bench/process_usage.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using postern::bench::ProcessUsage;

constexpr std::chrono::seconds longest_wait{30};  // without any answer: the server is gone

struct Options {
  std::string connect;
  std::string kind = "greylist";
  unsigned connections = 64;
  std::uint64_t requests = 10000;
  std::uint64_t first = 0;  // number of the first request, so that runs do not repeat each other
  double rate = 0;          // requests a second over all connections; 0: as fast as answers come
  bool unnamed = false;     // clients without a name that Postfix has confirmed
  pid_t pid = 0;
};

// The digits of a number as letters: greylisting takes digits in senders for one another.
std::string word(std::uint64_t number) {
  std::string text;
  do {
    text += static_cast<char>('a' + number % 26);
    number /= 26;
  } while (number > 0);
  return text;
}

// A triplet that is new, or a recipient of one of a hundred logins: RCPT is the only state at which
// all peers count.
std::string request_text(const Options& options, std::uint64_t number) {
  const bool grey = options.kind == "greylist";
  const std::string client = grey ? "11." + std::to_string(number / 65536 % 256) + "." +
                                        std::to_string(number / 256 % 256) + "." +
                                        std::to_string(number % 256)
                                  : "192.0.2.1";
  const std::string domain = word(number % 1000) + ".example";
  const std::string sender = word(number) + "@" + domain;
  const std::string name = grey && !options.unnamed ? "mail." + domain : "unknown";
  std::string text = "request=smtpd_access_policy\nprotocol_state=RCPT";
  text += "\nprotocol_name=ESMTP\nclient_address=" + client + "\nclient_name=" + name +
          "\nclient_port=4321\nreverse_client_name=" + name +
          "\nserver_address=192.0.2.25\nserver_port=25\nhelo_name=pc\nsender=" + sender +
          "\nrecipient=user@example.org\nrecipient_count=0"
          "\nqueue_id=\ninstance=" +
          word(number) + ".1.0\nsize=4000\netrn_domain=\nstress=\nsasl_method=\nsasl_username=";
  if (!grey) text += "login" + word(number % 100) + "@example.org";
  text +=
      "\nsasl_sender=\nccert_subject=\nccert_issuer=\nccert_fingerprint="
      "\nccert_pubkey_fingerprint=\nencryption_protocol=\nencryption_cipher="
      "\nencryption_keysize=0\npolicy_context=\n\n";
  return text;
}

// "unix:PATH" or "inet:ADDRESS:PORT"; blocking until connected.
int open_connection(const std::string& address) {
  sockaddr_storage storage{};
  socklen_t size = 0;
  if (address.rfind("unix:", 0) == 0) {
    auto& path = reinterpret_cast<sockaddr_un&>(storage);
    path.sun_family = AF_UNIX;
    std::strncpy(path.sun_path, address.c_str() + 5, sizeof path.sun_path - 1);
    size = sizeof path;
  } else {
    auto& inet = reinterpret_cast<sockaddr_in&>(storage);
    const std::size_t colon = address.rfind(':');
    inet.sin_family = AF_INET;
    inet.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
    ::inet_pton(AF_INET, address.substr(5, colon - 5).c_str(), &inet.sin_addr);
    size = sizeof inet;
  }
  const int socket = ::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0 || ::connect(socket, reinterpret_cast<sockaddr*>(&storage), size) != 0) {
    throw std::runtime_error(address + ": " + std::strerror(errno));
  }
  return socket;
}

struct Connection {
  int socket = -1;
  std::string received;
  Clock::time_point asked;
};

class Load {
 public:
  explicit Load(const Options& options) : options_(options), epoll_(::epoll_create1(0)) {}

  nlohmann::json run() {
    connections_.resize(options_.connections);
    for (std::size_t at = 0; at < connections_.size(); ++at) {
      connections_[at].socket = open_connection(options_.connect);
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u64 = at;
      ::epoll_ctl(epoll_, EPOLL_CTL_ADD, connections_[at].socket, &event);
    }
    const ProcessUsage before = postern::bench::read_usage(options_.pid);
    if (options_.pid > 0) postern::bench::reset_peak(options_.pid);
    begin_ = Clock::now();
    for (std::size_t at = 0; at < connections_.size(); ++at) idle_.push_back(at);
    while (latencies_.size() < options_.requests) {
      ask_what_is_due();
      wait();
    }
    const std::chrono::duration<double> seconds = Clock::now() - begin_;
    return report(seconds.count(), before);
  }

 private:
  // When the next request is due; without a rate, at once.
  Clock::time_point next_due() const {
    if (options_.rate == 0) return begin_;
    const std::chrono::duration<double> after(static_cast<double>(asked_) / options_.rate);
    return begin_ + std::chrono::duration_cast<Clock::duration>(after);
  }

  void ask_what_is_due() {
    while (!idle_.empty() && asked_ < options_.requests && next_due() <= Clock::now()) {
      Connection& connection = connections_[idle_.front()];
      idle_.pop_front();
      ask(connection);
    }
    // The wait for a connection is the server's doing: it counts from when the request was due.
    is_behind_ = options_.rate > 0 && idle_.empty();
  }

  void ask(Connection& connection) {
    connection.asked = is_behind_ ? next_due() : Clock::now();
    const std::string text = request_text(options_, options_.first + asked_++);
    // Smaller than any socket buffer, which is empty.
    if (::send(connection.socket, text.data(), text.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(text.size())) {
      throw std::runtime_error("the server closed a connection");
    }
  }

  void wait() {
    epoll_event events[64];
    const bool is_pacing = !idle_.empty() && asked_ < options_.requests;
    const auto span = is_pacing ? next_due() - Clock::now() : Clock::duration(longest_wait);
    const auto nanoseconds = std::max<std::int64_t>(std::chrono::nanoseconds(span).count(), 0);
    const timespec timeout{nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
    const int count = ::epoll_pwait2(epoll_, events, 64, &timeout, nullptr);
    if (count == 0 && !is_pacing) throw std::runtime_error("no answer");
    for (int i = 0; i < count; ++i) read(events[i].data.u64);
  }

  void read(std::size_t at) {
    Connection& connection = connections_[at];
    char buffer[4096];
    const ssize_t size = ::recv(connection.socket, buffer, sizeof buffer, MSG_DONTWAIT);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) throw std::runtime_error("the server closed a connection");
    connection.received.append(buffer, static_cast<std::size_t>(size));
    if (connection.received.find("\n\n") == std::string::npos) return;
    latencies_.push_back(Clock::now() - connection.asked);
    const std::string_view answer = connection.received;
    std::string verb(answer.substr(0, answer.find_first_of(" \n")));
    std::transform(verb.begin(), verb.end(), verb.begin(), [](unsigned char c) {
      return static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    });
    ++answers_[verb];
    connection.received.clear();
    idle_.push_back(at);
  }

  nlohmann::json report(double seconds, const ProcessUsage& before) {
    std::sort(latencies_.begin(), latencies_.end());
    const auto percentile = [this](std::size_t percent) {
      const auto at = std::min(latencies_.size() * percent / 100, latencies_.size() - 1);
      return std::chrono::duration<double, std::milli>(latencies_[at]).count();
    };
    const ProcessUsage after = postern::bench::read_usage(options_.pid);
    const std::chrono::duration<double, std::milli> cpu = after.cpu - before.cpu;
    const auto requests = static_cast<double>(options_.requests);
    return {{"requests_per_second", requests / seconds},
            {"p50_ms", percentile(50)},
            {"p99_ms", percentile(99)},
            {"cpu_ms_per_request", cpu.count() / requests},
            {"peak_rss_kib", after.peak_rss_kib},
            {"pss_kib", after.pss_kib},
            {"answers", answers_}};
  }

  const Options options_;
  const int epoll_;
  std::vector<Connection> connections_;
  std::vector<Clock::duration> latencies_;
  std::map<std::string, std::uint64_t> answers_;
  std::uint64_t asked_ = 0;
  std::deque<std::size_t> idle_;  // connections, the longest idle first
  Clock::time_point begin_;
  bool is_behind_ = false;  // no connection was idle when the next request was due
};

}  // namespace

int main(int argc, char** argv) try {
  CLI::App app{"Asks a policy server as Postfix does, and prints what it took."};
  Options options;
  app.add_option("--connect", options.connect, "unix:PATH or inet:ADDRESS:PORT")->required();
  app.add_option("--kind", options.kind, "greylist (new triplets) or limit (messages of logins)")
      ->check(CLI::IsMember({"greylist", "limit"}));
  app.add_option("--connections", options.connections)->check(CLI::Range(1U, 10000U));
  app.add_option("--requests", options.requests)->check(CLI::PositiveNumber);
  app.add_option("--first", options.first, "Number of the first request");
  app.add_option("--rate", options.rate, "Requests a second; 0: as fast as answers come")
      ->check(CLI::NonNegativeNumber);
  app.add_flag("--unnamed", options.unnamed, "Greylist: clients whose name Postfix does not know");
  app.add_option("--pid", options.pid, "Of the server, to read what it uses");
  CLI11_PARSE(app, argc, argv);
  std::cout << Load(options).run().dump() << '\n';
  return 0;
} catch (const std::exception& error) {
  std::cerr << "policy-load: " << error.what() << '\n';
  return 1;
}
