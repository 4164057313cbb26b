// Checks of the host itself: clock, key files, certificates, disks, our configuration.
#include <algorithm>

#include "lib/doctor/check.hpp"
#include "lib/doctor/support.hpp"

namespace postern::doctor {
namespace {

constexpr std::int64_t seconds_per_day = 86400;
constexpr std::int64_t renewal_days = 14;  // certbot renews 30 days before the end
constexpr std::uint64_t mebibyte = 1024 * 1024;
constexpr std::uint64_t least_free = 200 * mebibyte;

void judge_certificate(Context& context, const CertificateFact& certificate) {
  const std::int64_t now = context.facts().now;
  const std::int64_t days = (certificate.not_after - now) / seconds_per_day;
  const std::string renew = "certbot renew, or whatever issues it; then postfix reload";
  if (certificate.not_after <= now) {
    context.error(certificate.file, "certificate has expired (" + certificate.used_by + ")", renew);
  } else if (certificate.not_before > now) {
    context.error(certificate.file, "certificate is not valid yet (" + certificate.used_by + ")",
                  "look at the clock of this host, and at the certificate");
  } else if (days < renewal_days) {
    context.add(Severity::warning, certificate.file,
                "certificate expires soon (" + certificate.used_by + ")", renew,
                count(days, "day") + " left");
  } else if (!certificate.matches_host) {
    context.warning(
        certificate.file,
        "certificate does not name " + context.facts().host + " (" + certificate.used_by + ")",
        "certbot certonly -d " + context.facts().host);
  } else {
    context.add(Severity::ok, certificate.file,
                "certificate is valid and names this host (" + certificate.used_by + ")", "",
                count(days, "day") + " left");
  }
}

unsigned percent_of(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return 100;
  return static_cast<unsigned>(static_cast<double>(part) * 100 / static_cast<double>(whole));
}

// Postfix itself refuses mail below 1.5 times message_size_limit (queue_minfree).
std::uint64_t refusal_limit(const Facts& facts) {
  if (!facts.postfix) return 0;
  const std::string value = facts.postfix->value("message_size_limit");
  std::uint64_t size = 0;
  for (const char c : std::string_view(value).substr(0, 15)) {
    if (c >= '0' && c <= '9') size = size * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return size + size / 2;
}

void judge_disk(Context& context, const DiskFact& disk) {
  constexpr unsigned least_percent = 5;
  const std::string detail = std::to_string(disk.free_bytes / mebibyte) + " MiB free";
  const std::string mend = "du -xh --max-depth=2 / | sort -h | tail";
  const std::string what = "disk of the " + disk.used_for + " ";
  if (disk.free_bytes < std::max<std::uint64_t>(refusal_limit(context.facts()), mebibyte)) {
    context.add(Severity::error, disk.directory, what + "is full: mail is refused or deferred",
                mend, detail);
  } else if (disk.total_inodes > 0 &&
             percent_of(disk.free_inodes, disk.total_inodes) < least_percent) {
    context.add(Severity::warning, disk.directory, what + "is almost out of inodes",
                "find " + disk.directory + " -xdev -type f | wc -l", "");
  } else if (disk.free_bytes < least_free ||
             percent_of(disk.free_bytes, disk.total_bytes) < least_percent) {
    context.add(Severity::warning, disk.directory, what + "is almost full", mend, detail);
  } else {
    context.add(Severity::ok, disk.directory, what + "has room", "", detail);
  }
}

// "FILE: problem; mend it with: COMMAND", as the key directory says it.
void judge_key_problem(Context& context, const std::string& problem) {
  constexpr std::string_view remedy_mark = "; mend it with: ";
  const std::size_t colon = problem.find(": ");
  const std::size_t mark = std::min(problem.find(remedy_mark), problem.size());
  if (colon == problem.npos || colon > mark) {
    context.error("keys", problem, "postern dkim list");
    return;
  }
  const std::string remedy =
      mark == problem.size() ? "postern dkim list" : problem.substr(mark + remedy_mark.size());
  context.error(problem.substr(0, colon), problem.substr(colon + 2, mark - colon - 2), remedy);
}

}  // namespace

void check_clock(Context& context) {
  const auto& clock = context.facts().clock;
  if (!clock) {
    context.skipped("clock", clock.error());
  } else if (clock->synchronized) {
    context.ok("clock", "is synchronized");
  } else if (!clock->is_ours) {
    context.skipped("clock", "belongs to the host of this container; look there");
  } else {
    context.warning("clock", "is not synchronized: signatures may bear the wrong time",
                    "timedatectl set-ntp true");
  }
}

void check_key_files(Context& context) {
  const auto& problems = context.facts().key_problems;
  if (!problems) {
    context.skipped("keys", problems.error());
    return;
  }
  for (const std::string& problem : *problems) judge_key_problem(context, problem);
  if (!problems->empty()) return;
  const bool any = context.facts().keys && !context.facts().keys->empty();
  context.ok("keys", any ? "can be used, and read by their owner only" : "there are none yet");
}

void check_certificates(Context& context) {
  const Facts& facts = context.facts();
  for (const std::string& problem : facts.unreadable_certificates) {
    const std::size_t colon = std::min(problem.find(": "), problem.size());
    const std::string file = problem.substr(0, colon);
    const std::string why = problem.substr(std::min(colon + 2, problem.size()));
    if (why == "permission denied") {
      context.skipped(file, "certificate cannot be read by this user; run as root");
    } else {
      context.error(file, "certificate cannot be used: " + why,
                    "mend the file, or the setting that names it");
    }
  }
  if (!facts.certificates) {
    context.skipped("certificates", facts.certificates.error());
    return;
  }
  for (const CertificateFact& each : *facts.certificates) judge_certificate(context, each);
  if (context.findings().empty()) {
    context.warning("smtpd_tls_cert_file", "Postfix has no certificate: mail comes in unencrypted",
                    "certbot certonly -d " + facts.host +
                        "; postconf -e 'smtpd_tls_chain_files=KEY, CERTIFICATE'");
  }
}

void check_disks(Context& context) {
  const auto& disks = context.facts().disks;
  if (!disks) {
    context.skipped("disks", disks.error());
    return;
  }
  for (const DiskFact& disk : *disks) judge_disk(context, disk);
}

void check_config(Context& context) {
  const auto& config = context.facts().config;
  if (!config) {
    context.error("postern.toml", config.error(), "mend that line, then: postern config check");
  } else if (config->is_default) {
    context.info("postern.toml", "there is no configuration file; the defaults are in force");
  } else {
    context.ok("postern.toml", "can be used");
  }
}

}  // namespace postern::doctor
