#include "lib/checks/dkim_check.hpp"

#include <array>

namespace postern::checks {
namespace {

struct DkimSettings {
  bool enabled = true;
  std::uint32_t signatures = 0;
  std::uint32_t min_rsa_bits = 0;
  std::uint32_t max_rsa_bits = 0;
  std::chrono::milliseconds clock_skew{};
};

using config::row;
constexpr std::array dkim_table = {
    row<&DkimSettings::enabled>("dkim.enabled", "true", "Whether DKIM signatures are verified."),
    row<&DkimSettings::signatures>(
        "dkim.max_signatures", "10",
        "Signatures verified, from the top; the others are reported as policy."),
    row<&DkimSettings::min_rsa_bits>("dkim.min_rsa_bits", "1024",
                                     "The shortest RSA key whose signatures count (RFC 8301)."),
    row<&DkimSettings::max_rsa_bits>(
        "dkim.max_rsa_bits", "4096",
        "The longest RSA key that is tried; longer ones only cost time."),
    row<&DkimSettings::clock_skew>("dkim.clock_skew", R"("5m")",
                                   "How far the time of a signature may lie ahead of ours."),
};

dkim::Limits make_limits(const DkimSettings& settings) {
  dkim::Limits limits;
  limits.signatures = settings.signatures;
  limits.min_rsa_bits = settings.min_rsa_bits;
  limits.max_rsa_bits = settings.max_rsa_bits;
  limits.clock_skew = std::chrono::duration_cast<std::chrono::seconds>(settings.clock_skew).count();
  return limits;
}

Progress run_dkim(Context& context, const DkimSettings& settings, Memory& memory) {
  if (memory == nullptr) {
    memory = std::make_shared<dkim::Verifier>(*context.header, *context.services.crypto,
                                              context.services.to_ascii, *context.body_hasher,
                                              make_limits(settings));
  }
  const auto& verifier = *static_cast<const dkim::Verifier*>(memory.get());
  if (context.stage < Stage::body) return {false, verifier.questions()};
  auto verified = verifier.verify(context.answers, context.now);
  if (!verified.is_done()) return {false, std::move(verified).missing()};
  context.findings.dkim = std::move(verified).result();
  return {true, {}};
}

}  // namespace

constinit const Check dkim_check = make_check<run_dkim, dkim_table, DkimSettings>(
    "dkim", Stage::header, false,
    "Which domains signed the message, and is it as they signed it? (RFC 6376)");

}  // namespace postern::checks
