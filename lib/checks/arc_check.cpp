#include "lib/checks/arc_check.hpp"

#include <array>

namespace postern::checks {
namespace {

struct ArcSettings {
  bool enabled = true;
};

constexpr std::array arc_table = {
    config::row<&ArcSettings::enabled>("arc.enabled", "true", "Whether ARC chains are validated."),
};

Progress run_arc(Context& context, const ArcSettings& /*settings*/, Memory& memory) {
  if (memory == nullptr) {
    memory = std::make_shared<arc::Validator>(*context.header, *context.services.crypto,
                                              context.services.to_ascii, *context.body_hasher,
                                              dkim::Limits{});
  }
  const auto& validator = *static_cast<const arc::Validator*>(memory.get());
  if (context.stage < Stage::body) return {false, validator.questions()};
  auto validated = validator.validate(context.answers, context.now);
  if (!validated.is_done()) return {false, std::move(validated).missing()};
  context.findings.arc = std::move(validated).result();
  return {true, {}};
}

}  // namespace

constinit const Check arc_check = make_check<run_arc, arc_table, ArcSettings>(
    "arc", Stage::header, false, "Is the chain of earlier handlers' seals whole? (RFC 8617)");

}  // namespace postern::checks
