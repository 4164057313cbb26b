// "postern check FILE": what the milter would find and do.
#include <cstdio>

#include <nlohmann/json.hpp>

#include "cli/check_options.hpp"
#include "cli/check_support.hpp"
#include "cli/commands.hpp"
#include "cli/evaluation.hpp"
#include "lib/checks/transaction.hpp"
#include "lib/io/files/config_files.hpp"
#include "lib/io/files/key_ring.hpp"
#include "lib/io/idn2/to_ascii_domain.hpp"
#include "lib/io/idn2/to_unicode_label.hpp"
#include "lib/io/magic/magic_types.hpp"
#include "lib/io/openssl/openssl_crypto.hpp"
#include "lib/io/openssl/private_key.hpp"
#include "lib/io/postfix/sender_logins.hpp"
#include "lib/io/scanner/scanner.hpp"
#include "lib/io/zlib/inflate.hpp"
#include "lib/mail/message.hpp"
#include "lib/report/json.hpp"
#include "lib/report/log_line.hpp"

namespace postern::cli {
namespace {

constexpr std::chrono::seconds owners_budget{10};
constexpr std::size_t max_message_size = 256 * 1024 * 1024;  // bytes

// Mail on disk ends its lines with LF, on the wire with CRLF. A file whose first line ends with
// CRLF is taken as it is, so that a bare LF in it stays the data it was.
std::string with_crlf(std::string text) {
  const std::size_t newline = text.find('\n');
  if (newline == text.npos || (newline > 0 && text[newline - 1] == '\r')) return text;
  std::string wire;
  wire.reserve(text.size() + text.size() / 32);
  for (const char c : text) {
    if (c == '\n') wire += '\r';
    wire += c;
  }
  return wire;
}

// The transaction has limits of its own, and shows when they are hit.
mail::Limits without_limits() {
  mail::Limits limits;
  limits.header_fields = max_message_size;
  limits.header_size = max_message_size;
  return limits;
}

// The keys of the configuration; nullptr when none can be read, and then why.
std::shared_ptr<const io::KeyRing> load_keys(const std::string& directory) {
  auto ring = io::KeyRing::load(io::KeyDirectory(directory));
  if (!ring) {
    std::fprintf(stderr, "postern: not signed: %s\n", ring.error().c_str());
    return nullptr;
  }
  for (const std::string& problem : (*ring)->problems()) {
    std::fprintf(stderr, "postern: %s\n", problem.c_str());
  }
  return *ring;
}

void add_owners(checks::Transaction& transaction, const checks::GeneralSettings& settings) {
  io::SenderLoginSettings login_settings;
  login_settings.maps = settings.login_maps;
  login_settings.config_directory = settings.postfix_config_directory;
  io::SenderLogins logins(std::move(login_settings));
  const std::vector<std::string> addresses = transaction.missing_owners();
  const auto deadline = io::SenderLogins::Clock::now() + owners_budget;
  for (const std::string& address : addresses) {
    transaction.add_owners(address, logins.find(address, deadline));
  }
  const std::string problem = logins.take_problem();
  if (!problem.empty()) std::fprintf(stderr, "postern: %s\n", problem.c_str());
}

void add_scan(checks::Transaction& transaction, const antivirus::Settings& settings) {
  const io::OpensslCrypto crypto;
  io::Scanner scanner(crypto, [](const std::string& address, const std::string& problem) {
    std::fprintf(stderr, "postern: scanner %s: %s\n", address.c_str(),
                 report::escape(problem).c_str());
  });
  transaction.add_scan(
      scanner.scan(transaction.missing_scan(), settings.scanners, settings.timeout));
}

void feed(checks::Transaction& transaction, const mail::Message& message, io::Resolver& resolver,
          const checks::Configuration& configuration, std::int64_t now) {
  for (const mail::HeaderField& field : message.header.fields()) {
    const std::size_t colon = field.raw.size() - field.body.size() - 1;
    transaction.add_header_field(field.raw.substr(0, colon), field.body);
  }
  (void)transaction.advance(checks::Stage::header, dns::Answers(), now);
  transaction.add_body(message.body);
  resolve(resolver, configuration.general, [&](const dns::Answers& answers) {
    dns::Questions missing = transaction.advance(checks::Stage::body, answers, now);
    const dns::Questions& lists = transaction.missing_lists();
    missing.insert(missing.end(), lists.begin(), lists.end());
    return missing;
  });
  // Neither of them leads to questions.
  if (!transaction.missing_scan().empty()) {
    add_scan(transaction, configuration.antivirus);
    (void)transaction.advance(checks::Stage::body, dns::Answers(), now);
  }
  if (transaction.missing_owners().empty()) return;
  add_owners(transaction, configuration.general);
  (void)transaction.advance(checks::Stage::body, dns::Answers(), now);
}

void print_dkim(const std::optional<std::vector<dkim::Outcome>>& signatures) {
  if (!signatures) return;
  if (signatures->empty()) std::printf("DKIM       none\n");
  for (const dkim::Outcome& signature : *signatures) {
    std::printf("DKIM       %s", std::string(to_token(signature.result)).c_str());
    if (!signature.domain.empty()) {
      std::printf(" for %s, selector %s, %s", signature.domain.c_str(), signature.selector.c_str(),
                  signature.algorithm.c_str());
    }
    if (!signature.reason.empty()) std::printf(": %s", signature.reason.c_str());
    std::printf("\n");
  }
}

void print_submission(const submission::Outcome& outcome) {
  std::printf("login      %s", std::string(to_token(outcome.result)).c_str());
  if (!outcome.problem.empty()) std::printf(": %s", outcome.problem.c_str());
  if (!outcome.address.empty()) {
    std::printf(": %s in %s", report::escape(outcome.address).c_str(), outcome.place.c_str());
  }
  std::printf("\n");
}

void print_scan(const antivirus::Report& report) {
  const antivirus::Outcome outcome = antivirus::gravest(report);
  std::printf("virus      %s%s%s\n", std::string(to_word(outcome.result)).c_str(),
              outcome.name.empty() ? "" : ": ", outcome.name.c_str());
}

void print_attachments(const attachments::Outcome& outcome) {
  if (outcome.findings.empty()) std::printf("attachments ok\n");
  for (const attachments::Finding& finding : outcome.findings) {
    std::printf("attachment %s: %s\n", describe(finding).c_str(),
                report::escape(finding.path).c_str());
  }
}

void print(const report::Verdict& verdict) {
  const verdict::Findings& findings = verdict.findings;
  if (findings.spf) print_spf("SPF", *findings.spf);
  if (findings.spf_helo) print_spf("SPF HELO", *findings.spf_helo);
  print_dkim(findings.dkim);
  if (findings.arc) {
    std::printf("ARC        %s%s%s\n", std::string(to_token(findings.arc->result)).c_str(),
                findings.arc->reason.empty() ? "" : ": ", findings.arc->reason.c_str());
  }
  if (findings.dmarc) print_dmarc(*findings.dmarc);
  if (findings.attachments) print_attachments(*findings.attachments);
  if (findings.antivirus) print_scan(*findings.antivirus);
  if (findings.submission) print_submission(*findings.submission);
  for (const std::string& signer : verdict.signing.signers) {
    std::printf("signed     %s\n", signer.c_str());
  }
  if (!verdict.signing.reason.empty()) {
    std::printf("unsigned   %s\n", verdict.signing.reason.c_str());
  }
  for (const std::string& limit : findings.limits) std::printf("limit hit  %s\n", limit.c_str());
  for (const std::string& defect : findings.defects) std::printf("defect     %s\n", defect.c_str());
  const disposition::Decision& decision = verdict.decision;
  std::printf("action     %s", std::string(to_word(decision.action)).c_str());
  if (decision.wanted != decision.action) {
    std::printf(" (enforce mode: %s)", std::string(to_word(decision.wanted)).c_str());
  }
  if (!decision.reason.empty()) std::printf(", because %s", decision.reason.c_str());
  if (!decision.override_reason.empty()) {
    std::printf("; DMARC policy not applied: %s", decision.override_reason.c_str());
  }
  std::printf("\n");
  if (decision.action >= disposition::Action::defer)
    std::printf("reply      %s\n", decision.reply.line().c_str());
}

}  // namespace

int check_message(const CheckOptions& options) {
  if (options.file.empty()) {
    return fail("check: name a message file, \"-\" for standard input, or one of: spf, dmarc");
  }
  const bool is_submitted = !options.login.empty();
  if (!is_submitted && (options.client_ip.empty() || options.helo.empty())) {
    return fail("check: --client-ip and --helo are needed, since SPF judges who sent the message");
  }
  auto surroundings = prepare(options);
  if (!surroundings) return fail(surroundings.error());
  const std::string name = options.file == "-" ? "/dev/stdin" : options.file;
  auto text = io::read_file(name, max_message_size);
  if (!text) return fail(text.error());
  const std::string wire = with_crlf(std::move(*text));
  const mail::Message message = mail::parse_message(wire, without_limits());

  const io::OpensslCrypto crypto;
  const auto media_types = io::MagicTypes::open();
  if (!media_types) std::fprintf(stderr, "postern check: %s\n", media_types.error().c_str());
  const checks::Services services{&crypto,
                                  io::to_ascii_domain,
                                  io::to_unicode_label,
                                  {io::inflate, media_types ? media_types->get() : nullptr}};
  verdict::Envelope envelope;
  envelope.client_ip = surroundings->client_ip;
  envelope.helo = options.helo;
  envelope.rfc5321_mail_from = sender_of(options);
  envelope.receiver = surroundings->configuration->general.authserv_id;
  envelope.login = options.login;
  if (is_submitted) io::lock_key_memory();
  checks::Transaction transaction(
      surroundings->configuration, services, envelope,
      is_submitted ? disposition::Direction::submission : disposition::Direction::inbound,
      is_submitted ? load_keys(surroundings->configuration->signing.keys) : nullptr);
  feed(transaction, message, *surroundings->resolver, *surroundings->configuration,
       surroundings->now);
  const report::Verdict verdict = transaction.verdict();
  if (options.json) {
    auto json = report::to_json(verdict);
    json["configuration"] = surroundings->config_source;
    std::printf("%s\n", report::dump(json).c_str());
  } else {
    print(verdict);
    print_config(*surroundings);
  }
  return 0;
}

}  // namespace postern::cli
