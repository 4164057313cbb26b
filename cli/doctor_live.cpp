#include "cli/doctor_live.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "cli/doctor_lesson.hpp"
#include "cli/doctor_network.hpp"
#include "lib/base/ascii.hpp"
#include "lib/dns/name.hpp"
#include "lib/doctor/live.hpp"
#include "lib/io/files/config_files.hpp"
#include "lib/io/probe/mailbox.hpp"
#include "lib/io/probe/smtp.hpp"

namespace postern::cli {
namespace {

using doctor::Probe;
using doctor::ProbeResult;

constexpr std::size_t max_password_size = 4096;
constexpr std::chrono::seconds delivery_timeout{20};  // a queue manager may pause between steps

// Where to send, and where to look.
struct Route {
  HostPort smtp;
  std::optional<IpAddress> stranger;  // whose address the spoof comes from
  std::string why_no_stranger;
  std::optional<io::ImapLogin> imap;
};

bool is_in(const std::vector<IpNetwork>& networks, const IpAddress& address) {
  return std::any_of(networks.begin(), networks.end(),
                     [&](const IpNetwork& network) { return network.contains(address); });
}

// mynetworks, as far as it is addresses.
std::vector<IpNetwork> trusted_networks(const Observation& seen) {
  std::vector<IpNetwork> networks = seen.configuration->general.local_networks;
  if (!seen.facts.postfix) return networks;
  for (std::string word : doctor::split_list(seen.facts.postfix->value("mynetworks"))) {
    word.erase(
        std::remove_if(word.begin(), word.end(), [](char c) { return c == '[' || c == ']'; }),
        word.end());
    const auto network = parse_ip_network(word);
    if (network) networks.push_back(*network);
  }
  return networks;
}

Expected<void, std::string> choose_stranger(const DoctorOptions& options, const Observation& seen,
                                            Route& route) {
  if (!options.live_source.empty()) {
    const auto address = parse_ip_address(options.live_source);
    if (!address) {
      return Unexpected<std::string>("--live-source: \"" + options.live_source +
                                     "\" is no IP address");
    }
    route.stranger = *address;
  } else if (!seen.facts.addresses.empty()) {
    route.stranger = seen.facts.addresses.front();
  } else {
    route.why_no_stranger = "no address that could play a stranger; give one with --live-source";
    return {};
  }
  if (is_in(trusted_networks(seen), *route.stranger)) {
    route.why_no_stranger = route.stranger->text() +
                            " is trusted (mynetworks, local_networks), so it cannot play a "
                            "stranger; give another with --live-source";
    route.stranger.reset();
  }
  return {};
}

Expected<void, std::string> choose_mailbox(const DoctorOptions& options, Route& route) {
  if (options.imap.empty()) return {};
  const auto server = parse_host_port(options.imap);
  if (!server) return Unexpected<std::string>("--imap: " + server.error());
  const auto loopback = parse_ip_network("127.0.0.0/8");
  if (!loopback->contains(server->address) && server->address != parse_ip_address("::1").value()) {
    return Unexpected<std::string>(
        "--imap: only an address of this host, since the password "
        "travels in clear");
  }
  const auto password = io::read_file(options.imap_password_file, max_password_size);
  if (!password) return Unexpected<std::string>("--imap-password-file: " + password.error());
  io::ImapLogin login;
  login.server = server->address;
  login.port = server->port;
  login.user = options.imap_user.empty() ? options.recipient : options.imap_user;
  login.password = std::string(ascii::trim(*password));
  route.imap = login;
  return {};
}

Expected<Route, std::string> make_route(const DoctorOptions& options, const Observation& seen) {
  Route route;
  const auto smtp = parse_host_port(options.smtp);
  if (!smtp) return Unexpected<std::string>("--smtp: " + smtp.error());
  route.smtp = *smtp;
  auto done = choose_stranger(options, seen, route);
  if (done) done = choose_mailbox(options, route);
  if (!done) return Unexpected<std::string>(done.error());
  return route;
}

void find_delivered(const DoctorOptions& options, const Route& route, const doctor::ProbeMail& mail,
                    ProbeResult& result) {
  constexpr unsigned first_failure = 400;
  if (result.code >= first_failure) return;
  if (!options.maildir.empty()) {
    result.header = io::wait_in_maildir(options.maildir, mail.message_id, delivery_timeout);
  } else if (route.imap) {
    result.header = io::wait_in_imap(*route.imap, mail.message_id, delivery_timeout);
  }
}

std::string mark_of(const Observation& seen, std::string_view probe) {
  return "postern" + std::to_string(seen.facts.now) + "x" + std::to_string(::getpid()) + "x" +
         std::string(probe);
}

doctor::LessonResult send_lesson(const DoctorOptions& options, const Observation& seen,
                                 const Route& route) {
  doctor::LessonResult result;
  if (!route.imap) {
    result.not_tried = "no mailbox to move a message in; give --imap";
    return result;
  }
  const std::string domain =
      seen.facts.domains.empty() ? "postern.invalid" : seen.facts.domains.front().domain;
  return try_lesson(options, *route.imap,
                    doctor::make_probe(Probe::spoof, domain, options.recipient,
                                       mark_of(seen, "lesson"), seen.facts.now));
}

ProbeResult send_probe(const DoctorOptions& options, const Observation& seen, const Route& route,
                       Probe probe) {
  ProbeResult result;
  result.probe = probe;
  if (seen.facts.domains.empty()) {
    result.not_sent = "no domain is known; name it: postern doctor --live example.org";
    return result;
  }
  result.domain = seen.facts.domains.front().domain;
  if (probe == Probe::spoof && !route.stranger) {
    result.not_sent = route.why_no_stranger;
    return result;
  }
  const std::string mark = mark_of(seen, std::to_string(static_cast<int>(probe)));
  const auto mail =
      doctor::make_probe(probe, result.domain, options.recipient, mark, seen.facts.now);
  io::SmtpJob job;
  job.server = route.smtp.address;
  job.port = route.smtp.port;
  if (probe == Probe::spoof) job.source = route.stranger;
  job.helo = mail.helo;
  job.mail_from = mail.mail_from;
  job.recipient = options.recipient;
  job.message = mail.text;
  const auto answer = io::send_mail(job, delivery_timeout);
  if (!answer) {
    result.broken = answer.error();
    return result;
  }
  result.code = answer->code;
  result.reply = answer->text;
  find_delivered(options, route, mail, result);
  return result;
}

bool is_address(const std::string& text) {
  const std::size_t at = text.rfind('@');
  return at != text.npos && at > 0 && dns::parse_domain(text.substr(at + 1)) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return ascii::is_printable(c) &&
                  std::string_view(" <>\"").find(c) == std::string_view::npos;
         });
}

}  // namespace

Expected<doctor::Findings, std::string> run_live(const DoctorOptions& options,
                                                 const Observation& seen) {
  if (!is_address(options.recipient)) {
    return Unexpected<std::string>("--live: name a local address that gets the probes with --to");
  }
  const auto route = make_route(options, seen);
  if (!route) return Unexpected<std::string>(route.error());
  doctor::Findings findings;
  for (const Probe probe : {Probe::signed_mail, Probe::spoof}) {
    findings.push_back(doctor::judge_probe(send_probe(options, seen, *route, probe),
                                           seen.configuration->general.authserv_id));
  }
  findings.push_back(doctor::judge_lesson(send_lesson(options, seen, *route)));
  for (const Probe probe : {Probe::eicar, Probe::gtube}) {
    ProbeResult result;
    result.probe = probe;
    result.not_sent = "not on: this version has no such check";
    findings.push_back(doctor::judge_probe(result, ""));
  }
  return findings;
}

}  // namespace postern::cli
