// Any message and any answers: rules that ask DNS ask a bounded number of well-formed names, and
// come to an end.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/charsets.hpp"
#include "fuzz/support.hpp"
#include "lib/antispam/message/environment.hpp"
#include "lib/antispam/network/list_inquiry.hpp"
#include "lib/antispam/network/network_rules.hpp"
#include "lib/antispam/rules/load.hpp"
#include "lib/dns/name.hpp"

using namespace postern;
using namespace postern::antispam;
using fuzz::require;

namespace {

constexpr std::size_t max_rounds = 5;  ///< Name servers, their addresses, lists; one to spare.

constexpr std::string_view rules_text =
    "loadplugin Mail::SpamAssassin::Plugin::DNSEval\n"
    "loadplugin Mail::SpamAssassin::Plugin::URIDNSBL\n"
    "loadplugin Mail::SpamAssassin::Plugin::AskDNS\n"
    "loadplugin Mail::SpamAssassin::Plugin::HashBL\n"
    "util_rb_tld com net org\n"
    "header R eval:check_rbl('x', 'l.org')\nheader S eval:check_rbl_sub('x', '2')\n"
    "header H eval:check_rbl_headers('h', 'l.org')\nheader N eval:check_rbl_ns_from('n', 'l.org')\n"
    "header D eval:check_rbl_from_host('d', 'l.org')\nheader V eval:check_rbl_rcvd('v', 'l.org')\n"
    "uridnssub A u.org A 2\nbody A eval:check_uridnsbl('A')\ntflags A net a ns\n"
    "urinsrhsbl B u.org A\nbody B eval:check_uridnsbl('B')\n"
    "urirhssub C u.org TXT 2\nbody C eval:check_uridnsbl('C')\n"
    "askdns E _AUTHORDOMAIN_._SENDERDOMAIN_.l.org TXT\naskdns F _HEADER(Subject)_.l.org MX,A\n"
    "header G eval:check_hashbl_emails('g.org', 'raw/user', 'ALLFROM/body')\n";

class NoPatterns final : public RegexSource {
 public:
  [[nodiscard]] const Regex* regex(std::string_view) const override { return nullptr; }
};

/// An answer that depends on the question and one octet of the input.
dns::Answer answer_to(const dns::Question& question, unsigned char octet) {
  dns::Answer answer;
  answer.status = dns::Status::success;
  const auto mixed = static_cast<unsigned char>(octet + question.name.size());
  if (mixed % 5 == 0) answer.status = dns::Status::nxdomain;
  if (mixed % 5 == 0) return answer;
  for (unsigned char i = 0; i < mixed % 40; ++i) {
    if (question.type == dns::Type::ns) {
      answer.names.push_back("ns" + std::to_string(i) + "." + question.name);
    } else if (question.type == dns::Type::a) {
      answer.addresses.push_back(IpAddress::v4({mixed, i, 0, 2}));
    } else {
      answer.texts.push_back(std::string(i, static_cast<char>(octet)));
    }
  }
  return answer;
}

void check(std::string_view text, unsigned char octet) {
  static const RuleSet rules = load_rules({{"f.cf", std::string(rules_text)}}, {});
  static const NoPatterns regexes;
  static const RegistryBoundaries boundaries(rules.options);
  static const std::vector<const Regex*> redirectors;
  static const fuzz::Latin1Charsets charsets;
  static const NetworkRules network(rules, regexes, 1);
  const RenderEnvironment environment{rules.options, boundaries, redirectors, charsets};
  RenderedMessage message(text, environment);
  EvalMemory memory;
  EvalContext context{rules, message, memory, regexes, nullptr, std::nullopt, 0, {}};
  dns::Answers answers;
  for (std::size_t round = 0;; ++round) {
    require(round < max_rounds);
    const NetworkFindings found = network.find(context, answers);
    require(found.missing.size() <= usual_list_questions);
    if (found.missing.empty()) break;
    for (const dns::Question& question : found.missing) {
      require(dns::is_parsed_domain(question.name));
      answers.add(question, answer_to(question, octet));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 0) check(fuzz::text_of(data + 1, size - 1), data[0]);
  return 0;
}
