#include "lib/spf/policies.hpp"

namespace postern::spf {
namespace {

Policy ended(Policy::State state, std::string_view problem) {
  Policy policy;
  policy.state = state;
  policy.problem = problem;
  return policy;
}

Policy read_policy(const dns::Answer& answer, std::size_t max_record_size) {
  if (answer.status == dns::Status::timeout) {
    return ended(Policy::State::temperror, "DNS timeout: SPF record");
  }
  if (answer.is_failure()) return ended(Policy::State::temperror, "DNS failure: SPF record");
  const std::string* text = nullptr;
  for (const std::string& candidate : answer.texts) {
    if (!is_record(candidate)) continue;
    if (text != nullptr) return ended(Policy::State::permerror, "more than one SPF record");
    text = &candidate;
  }
  if (text == nullptr) return ended(Policy::State::none, {});
  if (text->size() > max_record_size) {
    return ended(Policy::State::permerror, "SPF record is too large");
  }
  auto record = parse_record(*text);
  if (!record) return ended(Policy::State::permerror, record.error().problem);
  Policy policy;
  policy.state = Policy::State::found;
  policy.record = std::move(*record);
  return policy;
}

}  // namespace

const Policy& Policies::find(const std::string& domain, dns::Lookups& lookups) {
  const dns::Answer* answer = lookups.find(domain, dns::Type::txt);
  const auto [entry, is_new] = policies_.try_emplace(domain);
  if (is_new && answer != nullptr) entry->second = read_policy(*answer, max_record_size_);
  return entry->second;
}

}  // namespace postern::spf
