#include "lib/ratelimit/limit.hpp"

#include <algorithm>
#include <array>

#include "lib/base/ascii.hpp"
#include "lib/policy/network.hpp"
#include "lib/store/key.hpp"

namespace postern::ratelimit {
namespace {

using config::row;

constexpr std::array table = {
    row<&Limit::key>(R"(policy.limit."NAME".key)", R"(["sasl_username"])",
                     "The attributes whose values are counted apart, such as [\"sasl_username\", "
                     "\"recipient_domain\"]. client_network is the /24 or /64 of the client. A "
                     "limit does not apply where one of them is empty."),
    row<&Limit::count>(R"(policy.limit."NAME".count)", R"("recipients")",
                       "What is counted. Recipients are counted once for each message at "
                       "END-OF-MESSAGE, those refused not among them, or one by one at RCPT."),
    row<&Limit::amount>(R"(policy.limit."NAME".amount)", "0",
                        "How many messages or recipients are let through; 0 turns the limit off."),
    row<&Limit::bytes>(R"(policy.limit."NAME".bytes)", R"("0B")",
                       "How much is let through when bytes are counted; 0B turns the limit off."),
    row<&Limit::per>(R"(policy.limit."NAME".per)", R"("1h")", "In which time."),
    row<&Limit::algorithm>(
        R"(policy.limit."NAME".algorithm)", R"("sliding-window")",
        "sliding-window: at most the amount in any period. gcra: a full amount at once and "
        "then as it is refilled evenly."),
    row<&Limit::stage>(R"(policy.limit."NAME".state)", R"("END-OF-MESSAGE")",
                       "The protocol state at which is counted; Postfix must ask at it. HELO is "
                       "also EHLO."),
    row<&Limit::action>(R"(policy.limit."NAME".action)",
                        R"("450 4.7.1 Limit {limit} reached, try again in {retry_after}")",
                        "The answer beyond it, in words of access(5)."),
};

constexpr std::array<config::Word<Attribute>, max_key_attributes> attribute_words = {{
    {"client_address", Attribute::client_address},
    {"client_network", Attribute::client_network},
    {"client_name", Attribute::client_name},
    {"helo_name", Attribute::helo_name},
    {"sasl_username", Attribute::sasl_username},
    {"sender", Attribute::sender},
    {"sender_domain", Attribute::sender_domain},
    {"recipient", Attribute::recipient},
    {"recipient_domain", Attribute::recipient_domain},
}};

std::string domain_of(std::string_view address) {
  const std::size_t at = address.rfind('@');
  return at == address.npos ? std::string() : ascii::to_lower(address.substr(at + 1));
}

std::string value_of(Attribute attribute, const Attributes& request) {
  switch (attribute) {
    case Attribute::client_address:
      return request.client_address ? request.client_address->text() : std::string();
    case Attribute::client_network:
      return request.client_address ? policy::client_network(*request.client_address)
                                    : std::string();
    case Attribute::client_name: return ascii::to_lower(request.client_name);
    case Attribute::helo_name: return ascii::to_lower(request.helo_name);
    case Attribute::sasl_username: return ascii::to_lower(request.login);
    case Attribute::sender:
      if (!request.has_sender) return "";
      return request.rfc5321_mail_from.empty() ? "<>" : ascii::to_lower(request.rfc5321_mail_from);
    case Attribute::sender_domain: return domain_of(request.rfc5321_mail_from);
    case Attribute::recipient: return ascii::to_lower(request.recipient);
    case Attribute::recipient_domain: return domain_of(request.recipient);
  }
  return "";
}

std::uint64_t cost_of(const Limit& limit, const Attributes& request) {
  switch (limit.count) {
    case Count::messages: return 1;
    case Count::recipients: return limit.stage == Stage::rcpt ? 1 : request.recipient_count;
    case Count::bytes: return request.size;
  }
  return 1;
}

// Whether requests of one message differ in what they count: at RCPT each recipient counts.
bool counts_recipients_apart(const Limit& limit) {
  if (limit.stage != Stage::rcpt) return false;
  const auto is_of_recipient = [](Attribute attribute) {
    return attribute == Attribute::recipient || attribute == Attribute::recipient_domain;
  };
  return limit.count == Count::recipients ||
         std::any_of(limit.key.begin(), limit.key.end(), is_of_recipient);
}

std::string_view unit_of(Count count) {
  switch (count) {
    case Count::messages: return "messages";
    case Count::recipients: return "recipients";
    case Count::bytes: return "bytes";
  }
  return "";
}

}  // namespace

std::span<const config::Setting<Limit>> limit_table() {
  return table;
}

Expected<void, std::string_view> check(const Limit& limit) {
  using Problem = Unexpected<std::string_view>;
  if (limit.key.empty()) return Problem("key: name at least one attribute");
  if (limit.per.count() <= 0) return Problem("per: must be more than nothing");
  if (limit.count == Count::bytes ? limit.amount > 0 : limit.bytes.bytes > 0) {
    return Problem("count: set bytes when bytes are counted, else amount");
  }
  const bool is_late = limit.stage == Stage::data || limit.stage == Stage::end_of_message;
  if (limit.count == Count::recipients && !is_late && limit.stage != Stage::rcpt) {
    return Problem("state: recipients are known at RCPT, DATA, and END-OF-MESSAGE");
  }
  const bool has_size = is_late || limit.stage == Stage::rcpt || limit.stage == Stage::mail;
  if (limit.count == Count::bytes && !has_size) {
    return Problem("state: the size is known from MAIL on");
  }
  return {};
}

std::optional<store::Take> operation(const Limit& limit, const Attributes& request) {
  if (limit.allowed() == 0 || request.stage != limit.stage) return std::nullopt;
  std::vector<std::string> values;
  values.reserve(limit.key.size());
  for (const Attribute attribute : limit.key) {
    values.push_back(value_of(attribute, request));
    if (values.back().empty()) return std::nullopt;
  }
  std::string joined;
  for (const std::string& value : values) {
    // The size makes it clear where a value ends.
    joined += std::to_string(value.size()) + ":" + value + ",";
  }
  store::Take take;
  take.key = store::bounded_key(limit_prefix, {limit.name, joined});
  take.algorithm = limit.algorithm;
  take.amount = limit.allowed();
  take.period = limit.per;
  take.cost = cost_of(limit, request);
  if (take.cost == 0) return std::nullopt;
  if (!request.instance.empty()) {
    take.once = std::string(request.instance) + "|" + limit.name;
    if (counts_recipients_apart(limit)) take.once += "|" + ascii::to_lower(request.recipient);
  }
  return take;
}

std::optional<LimitOutcome> evaluate(const Limit& limit, const Attributes& request,
                                     store::Wants& wants) {
  LimitOutcome outcome;
  outcome.limit = limit.name;
  const auto take = operation(limit, request);
  if (!take) return outcome;
  const store::Result* result = wants.find(*take);
  if (result == nullptr) return std::nullopt;
  const auto* admission = std::get_if<store::Admission>(result);
  if (admission == nullptr) return outcome;
  outcome.applies = true;
  outcome.is_exceeded = !admission->admitted;
  outcome.remaining = admission->remaining;
  outcome.retry_after = admission->retry_after;
  // Such a message fits into no period; waiting is all that can be said of it all the same.
  const bool never_fits = take->cost > take->amount;
  if (never_fits) outcome.retry_after = limit.per;
  const auto period = std::chrono::duration_cast<std::chrono::seconds>(limit.per).count();
  outcome.why = "limit " + limit.name + ": " + std::to_string(take->cost) + " " +
                std::string(unit_of(limit.count)) + (admission->admitted ? " taken" : " refused") +
                " of " + std::to_string(take->amount) + " in " + std::to_string(period) + " s, " +
                std::to_string(admission->remaining) + " left" +
                (never_fits ? ", more than ever fits" : "");
  return outcome;
}

std::optional<LimitOutcome> evaluate(std::span<const Limit> limits, const Attributes& request,
                                     store::Wants& wants) {
  std::vector<const Limit*> ordered;
  ordered.reserve(limits.size());
  for (const Limit& limit : limits) ordered.push_back(&limit);
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const Limit* a, const Limit* b) { return a->per < b->per; });
  LimitOutcome all;
  for (const Limit* limit : ordered) {
    auto outcome = evaluate(*limit, request, wants);
    if (!outcome) return std::nullopt;
    if (outcome->is_exceeded) return outcome;
    if (!outcome->applies) continue;
    all.applies = true;
    all.why += (all.why.empty() ? "" : "; ") + outcome->why;
  }
  return all;
}

}  // namespace postern::ratelimit

namespace postern::config {

Expected<std::vector<ratelimit::Attribute>, std::string_view>
ValueType<std::vector<ratelimit::Attribute>>::read(const Value& value) {
  using Problem = Unexpected<std::string_view>;
  const auto* texts = std::get_if<std::vector<std::string>>(&value);
  if (texts == nullptr) return Problem("is not a list of texts in quotes");
  std::vector<ratelimit::Attribute> attributes;
  for (const std::string& text : *texts) {
    const auto& words = ratelimit::attribute_words;
    const auto found = std::find_if(words.begin(), words.end(),
                                    [&](const auto& word) { return word.word == text; });
    if (found == words.end()) return Problem("holds a word that is no attribute");
    const auto same = std::find(attributes.begin(), attributes.end(), found->value);
    if (same != attributes.end()) return Problem("names an attribute twice");
    attributes.push_back(found->value);
  }
  return attributes;
}

}  // namespace postern::config
