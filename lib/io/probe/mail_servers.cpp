#include "lib/io/probe/mail_servers.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <thread>

#include "lib/doctor/endpoint.hpp"
#include "lib/doctor/server_lists.hpp"
#include "lib/io/probe/certificate.hpp"
#include "lib/io/probe/command.hpp"
#include "lib/io/probe/servers.hpp"

namespace postern::io {
namespace {

using doctor::PostfixConfig;
using doctor::SocketFact;

constexpr std::size_t max_servers = 20;  // probed; nobody has more

constexpr std::array milter_lists = {"smtpd_milters", "non_smtpd_milters"};
constexpr std::array restriction_lists = {
    "smtpd_client_restrictions",     "smtpd_helo_restrictions",      "smtpd_sender_restrictions",
    "smtpd_relay_restrictions",      "smtpd_recipient_restrictions", "smtpd_data_restrictions",
    "smtpd_end_of_data_restrictions"};

constexpr std::array client_protocols = {"imap", "pop3", "submission", "sieve"};

// Server -> parameters that name it, in the order of their names.
using Named = std::map<std::string, std::vector<std::string>>;

void add(Named& named, const std::vector<std::string>& servers, const std::string& parameter) {
  for (const std::string& server : servers) {
    if (named.size() >= max_servers && named.count(server) == 0) continue;
    std::vector<std::string>& parameters = named[server];
    if (std::find(parameters.begin(), parameters.end(), parameter) == parameters.end()) {
      parameters.push_back(parameter);
    }
  }
}

template <std::size_t size>
Named collect(const PostfixConfig& postfix, const std::array<const char*, size>& lists,
              std::vector<std::string> (*split)(std::string_view)) {
  Named named;
  for (const char* list : lists) add(named, split(postfix.value(list)), list);
  for (const doctor::MasterEntry& service : postfix.services) {
    for (const char* list : lists) {
      const auto given = service.overrides.find(list);
      if (given == service.overrides.end()) continue;
      add(named, split(given->second), service.name + "/" + service.type + "/" + list);
    }
  }
  return named;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// Which program of Postfix connects to it.
const char* program_of(const SocketFact& fact) {
  return fact.used_by == "non_smtpd_milters" ? "cleanup" : "smtpd";
}

// Probes every server in a thread of its own; the slowest one decides how long it takes.
template <typename Probe>
std::vector<SocketFact> probe_all(const PostfixConfig& postfix, const Named& named,
                                  const Probe& probe) {
  std::vector<SocketFact> facts;
  for (const auto& [server, parameters] : named) {
    facts.push_back({server, "", joined(parameters), ""});
  }
  std::vector<std::thread> threads;
  for (SocketFact& fact : facts) {
    const auto endpoint = doctor::parse_postfix_endpoint(fact.name);
    if (!endpoint) {
      fact.problem = "its name is not understood: " + std::string(endpoint.error().problem);
      continue;
    }
    const doctor::Endpoint resolved = doctor::resolve_path(
        *endpoint, postfix.value("queue_directory"), postfix.is_chrooted(program_of(fact)));
    fact.where = resolved.text();
    threads.emplace_back([&fact, resolved, &probe] { fact.problem = probe(resolved); });
  }
  for (std::thread& thread : threads) thread.join();
  return facts;
}

// The first line of a setting's value.
Expected<std::string, std::string> doveconf(const std::string& file, const char* setting,
                                            std::chrono::milliseconds timeout) {
  std::vector<std::string> words = {"doveconf"};
  if (!file.empty()) words.insert(words.end(), {"-c", file});
  words.insert(words.end(), {"-h", setting});
  const auto output = run_command(words, timeout);
  if (!output) return Unexpected<std::string>(output.error());
  return output->substr(0, output->find('\n'));
}

void add_postfix_certificates(const PostfixConfig& postfix, Named& named) {
  // Of the files of a chain, those with a key alone have no certificate to be judged.
  const auto chain = doctor::split_list(postfix.value("smtpd_tls_chain_files"));
  add(named, chain, "smtpd_tls_chain_files");
  if (!chain.empty()) return;
  for (const char* name : {"smtpd_tls_cert_file", "smtpd_tls_eccert_file"}) {
    const std::string file = postfix.value(name);
    if (file.starts_with('/')) add(named, {file}, name);
  }
}

std::vector<std::string> postconf(const std::string& directory, const std::string& option) {
  std::vector<std::string> words = {"postconf"};
  if (!directory.empty()) words.insert(words.end(), {"-c", directory});
  if (!option.empty()) words.push_back(option);
  words.emplace_back("-x");
  return words;
}

}  // namespace

doctor::Observed<PostfixConfig> read_postfix(const std::string& directory,
                                             std::chrono::milliseconds timeout) {
  // Postfix reads a main.cf that was changed just now only after a pause of up to two seconds.
  timeout = std::max(timeout, probe_timeout);
  const auto all = run_command(postconf(directory, ""), timeout);
  if (!all) return doctor::not_observed<PostfixConfig>(all.error());
  const auto given = run_command(postconf(directory, "-n"), timeout);
  if (!given) return doctor::not_observed<PostfixConfig>(given.error());
  const auto services = run_command(postconf(directory, "-M"), timeout);
  const auto overrides = run_command(postconf(directory, "-P"), timeout);
  PostfixConfig config;
  config.values = doctor::parse_parameters(*all);
  config.explicit_values = doctor::parse_parameters(*given);
  config.services = doctor::parse_master(services.value_or(""), overrides.value_or(""));
  return config;
}

doctor::Observed<doctor::DovecotFact> read_dovecot(const std::string& file,
                                                   std::chrono::milliseconds timeout) {
  const auto ssl = doveconf(file, "ssl", timeout);
  if (!ssl) return doctor::not_observed<doctor::DovecotFact>(ssl.error());
  doctor::DovecotFact fact;
  fact.ssl = *ssl;
  const std::string protocols = doveconf(file, "protocols", timeout).value_or("");
  fact.serves_clients =
      std::any_of(client_protocols.begin(), client_protocols.end(),
                  [&](const char* protocol) { return protocols.find(protocol) != protocols.npos; });
  // Before 2.4 a configuration has no version, and what is not known has no value.
  const bool is_old = doveconf(file, "dovecot_config_version", timeout).value_or("").empty();
  fact.setting = is_old ? "ssl_cert" : "ssl_server_cert_file";
  const std::string value = doveconf(file, fact.setting.c_str(), timeout).value_or("");
  fact.has_certificate = !value.empty();
  const std::string path = value.starts_with('<') ? value.substr(1) : value;
  if (path.starts_with('/')) fact.certificate = path;
  return fact;
}

std::vector<SocketFact> probe_milters(const PostfixConfig& postfix,
                                      std::chrono::milliseconds timeout) {
  const Named named = collect(postfix, milter_lists, doctor::split_milters);
  return probe_all(postfix, named, [timeout](const doctor::Endpoint& endpoint) {
    return probe_milter(endpoint, timeout);
  });
}

std::vector<SocketFact> probe_policies(const PostfixConfig& postfix,
                                       std::chrono::milliseconds timeout) {
  const std::string host = postfix.value("myhostname");
  const Named named = collect(postfix, restriction_lists, doctor::policy_servers);
  return probe_all(postfix, named, [timeout, &host](const doctor::Endpoint& endpoint) {
    return probe_policy(endpoint, host, timeout);
  });
}

std::vector<doctor::CertificateFact> read_certificates(
    const doctor::Observed<PostfixConfig>& postfix,
    const doctor::Observed<doctor::DovecotFact>& dovecot, const std::string& host,
    std::vector<doctor::CertificateProblem>& problems) {
  Named named;
  if (postfix) add_postfix_certificates(*postfix, named);
  if (dovecot && !dovecot->certificate.empty() && dovecot->ssl != "no") {
    add(named, {dovecot->certificate}, dovecot->setting + " of Dovecot");
  }
  std::vector<doctor::CertificateFact> facts;
  for (const auto& [file, parameters] : named) {
    auto fact = read_certificate(file, host);
    if (fact) {
      fact->used_by = joined(parameters);
      facts.push_back(std::move(*fact));
    } else if (fact.error() != "holds no certificate" ||
               parameters.front() != "smtpd_tls_chain_files") {
      problems.push_back({file, joined(parameters), fact.error()});
    }
  }
  return facts;
}

}  // namespace postern::io
