// Evals over the list of recipients (Mail::SpamAssassin::Plugin::HeaderEval).
#include <algorithm>
#include <array>

#include "lib/antispam/evals/arguments.hpp"
#include "lib/antispam/evals/eval_tables.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

using Values = std::span<const std::string>;

constexpr std::size_t min_sorted = 7;
constexpr std::size_t min_similar = 5;
constexpr std::size_t similar_size = 2;  ///< Octets that are compared.
constexpr std::size_t max_recipients = 256;

struct RecipientFacts {
  bool is_known = false;
  bool is_sorted = false;
  double similarity = 0;
};

/// To and Cc, and Bcc where those are few; neighbours that are the same count once.
std::vector<std::string> find_recipients(EvalContext& context) {
  std::vector<std::string> all = context.message.header_values("ToCc:addr");
  if (all.size() < min_similar) {
    const std::vector<std::string> bcc = context.message.header_values("Bcc:addr");
    all.insert(all.end(), bcc.begin(), bcc.end());
  }
  std::vector<std::string> recipients;
  for (std::string& address : all) {
    if (address.empty() || address == "0" || recipients.size() == max_recipients) break;
    if (!recipients.empty() && ascii::equals_ignoring_case(address, recipients.back())) continue;
    recipients.push_back(std::move(address));
  }
  return recipients;
}

/// Of all pairs, how often the first letters of user or (different) host are the same.
double find_similarity(const std::vector<std::string>& recipients) {
  if (recipients.size() < min_similar) return 0;
  std::vector<std::string_view> hosts;
  for (const std::string& address : recipients) {
    const std::size_t at = address.find('@');
    if (at != address.npos) hosts.push_back(std::string_view(address).substr(at + 1));
  }
  hosts.resize(recipients.size());
  std::size_t hits = 0;
  const auto start = [](std::string_view text) { return text.substr(0, similar_size); };
  for (std::size_t i = 0; i < recipients.size(); ++i) {
    for (std::size_t j = i + 1; j < recipients.size(); ++j) {
      if (start(recipients[i]) == start(recipients[j])) ++hits;
      if (start(hosts[i]) == start(hosts[j]) && hosts[i] != hosts[j]) ++hits;
    }
  }
  const std::size_t pairs = recipients.size() * (recipients.size() - 1) / 2;
  return static_cast<double>(hits) / static_cast<double>(pairs);
}

const RecipientFacts& recipient_facts(EvalContext& context) {
  auto& facts = context.memory.get<RecipientFacts>();
  if (facts.is_known) return facts;
  const std::vector<std::string> recipients = find_recipients(context);
  facts.is_known = true;
  facts.is_sorted =
      recipients.size() >= min_sorted && std::is_sorted(recipients.begin(), recipients.end());
  facts.similarity = find_similarity(recipients);
  return facts;
}

double sorted_recipients(EvalContext& context, Values) {
  return recipient_facts(context).is_sorted;
}

double similar_recipients(EvalContext& context, Values values) {
  return is_within_undef_bounds(recipient_facts(context).similarity, Arguments(values));
}

constexpr std::array rows = {
    Eval{"similar_recipients", "HeaderEval", similar_recipients},
    Eval{"sorted_recipients", "HeaderEval", sorted_recipients},
};

}  // namespace

std::span<const Eval> recipient_evals() {
  return rows;
}

}  // namespace postern::antispam
