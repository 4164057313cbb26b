// Checks of the scanners for viruses: that they answer, find, and have signatures of these days.
#include "lib/doctor/check.hpp"
#include "lib/doctor/support.hpp"

namespace postern::doctor {
namespace {

using antivirus::Result;

constexpr std::int64_t day = 86400;            // seconds
constexpr std::int64_t oldest_signatures = 7;  // days; freshclam looks every hour

std::string look(const ScannerFact& scanner) {
  return scanner.is_avscan ? "systemctl status postern-avscan; postern av status"
                           : "systemctl status clamav-daemon";
}

void judge_scanner(Context& context, const ScannerFact& scanner) {
  const auto& [result, name] = scanner.outcome;
  const std::string said = name.empty() ? "" : ": " + printable(name);
  switch (result) {
    case Result::infected: context.ok(scanner.address, "finds the EICAR test file" + said); return;
    case Result::temperror:
      context.error(scanner.address, "gives no answer" + said, look(scanner));
      return;
    case Result::skipped:
      context.warning(scanner.address, "does not scan, because the host is short of memory",
                      "free -h; postern av status");
      return;
    case Result::clean:
      context.warning(scanner.address,
                      "does not find the EICAR test file: it lacks the official signatures",
                      "systemctl status clamav-freshclam");
      return;
    case Result::macro:
    case Result::encrypted:
    case Result::unscannable:
      context.warning(scanner.address,
                      "says " + std::string(to_word(result)) + " of the EICAR test file" + said,
                      look(scanner));
      return;
  }
}

void judge_age(Context& context, std::int64_t written) {
  const std::int64_t age = (context.facts().now - written) / day;
  const std::string subject = "signatures";
  if (age <= oldest_signatures) {
    context.ok(subject, "were fetched within " + std::to_string(oldest_signatures) + " days");
  } else {
    context.warning(subject, "are " + std::to_string(age) + " days old: nobody fetches new ones",
                    "systemctl enable --now clamav-freshclam");
  }
}

}  // namespace

void check_scanners(Context& context) {
  const Facts& facts = context.facts();
  if (!facts.scanners) {
    context.skipped("antivirus", facts.scanners.error());
    return;
  }
  for (const ScannerFact& scanner : *facts.scanners) judge_scanner(context, scanner);
  if (facts.signatures_written) judge_age(context, *facts.signatures_written);
}

}  // namespace postern::doctor
