// A whole SPF check against a DNS made of the input: it ends, stays within its bounds, does not
// depend on the order of answers, and lets nothing out that is not printable.
//
// Input: one octet of flags, one of seed, then lines: MAIL FROM, HELO, and TXT records. Every
// question gets an answer chosen by a hash of its name.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/support.hpp"
#include "lib/base/ascii.hpp"
#include "lib/dns/name.hpp"
#include "lib/spf/check_host.hpp"

namespace {

using namespace postern;
using fuzz::is_printable;
using fuzz::require;

// Answers as the input wants them; the same question always gets the same answer.
class ScriptedDns {
 public:
  ScriptedDns(std::vector<std::string> lines, unsigned seed)
      : lines_(std::move(lines)), seed_(seed) {}

  dns::Answer lookup(const dns::Question& question) const {
    const unsigned hash = hash_of(question);
    dns::Answer answer;
    constexpr dns::Status endings[] = {dns::Status::no_data, dns::Status::nxdomain,
                                       dns::Status::servfail, dns::Status::timeout};
    if (hash % 16 < std::size(endings)) {
      answer.status = endings[hash % 16];
      return answer;
    }
    answer.status = dns::Status::success;
    const unsigned count = 1 + hash / 16 % 12;
    for (unsigned i = 0; i < count; ++i) add_record(question, hash / 256 + i, answer);
    return answer;
  }

 private:
  unsigned hash_of(const dns::Question& question) const {
    unsigned hash = 2166136261U + seed_ + static_cast<unsigned>(question.type);
    for (const char c : question.name) {
      hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    }
    return hash ^ hash >> 15U;
  }

  static std::string name(unsigned number) {
    return "n" + std::to_string(number % 24) + (number % 2 == 0 ? ".example" : ".policy.example");
  }

  void add_record(const dns::Question& question, unsigned number, dns::Answer& answer) const {
    const auto low = static_cast<std::uint8_t>(number % 4);
    switch (question.type) {
      case dns::Type::a: answer.addresses.push_back(IpAddress::v4({192, 0, 2, low})); break;
      case dns::Type::aaaa: {
        IpAddress::Bytes bytes{0x20, 0x01, 0x0d, 0xb8};
        bytes[15] = low;
        answer.addresses.push_back(IpAddress::v6(bytes));
        break;
      }
      case dns::Type::mx: {
        const auto preference = static_cast<std::uint16_t>(number % 3);
        answer.exchanges.push_back({preference, number % 13 == 0 ? "" : name(number)});
        break;
      }
      case dns::Type::tlsa:
      case dns::Type::ns: break;  // SPF does not ask
      case dns::Type::ptr: answer.names.push_back(name(number)); break;
      case dns::Type::txt:
        // Several records only sometimes, since that ends a check.
        if (!lines_.empty() && (answer.texts.empty() || number % 8 == 0)) {
          answer.texts.push_back(lines_[number % lines_.size()]);
        }
        break;
    }
  }

  std::vector<std::string> lines_;
  unsigned seed_;
};

struct Run {
  spf::Outcome outcome;
  std::set<dns::Question> asked;
};

// Answers `batch` of the open questions per round, the last or the first ones.
Run run(const spf::Request& request, const ScriptedDns& source, std::size_t batch, bool last) {
  Run result;
  dns::Answers answers;
  std::set<dns::Question> open;
  // Each round answers a question at least, and there are only so many.
  for (unsigned rounds = 0; rounds <= spf::max_questions({}); ++rounds) {
    const auto evaluation = spf::check_host(request, answers);
    if (evaluation.is_done()) {
      result.outcome = evaluation.result();
      return result;
    }
    const auto missing = evaluation.missing();
    require(!missing.empty());
    for (const auto& question : missing) {
      require(answers.find(question.name, question.type) == nullptr);
      require(dns::parse_name(question.name) == question.name && is_printable(question.name));
      if (result.asked.insert(question).second) open.insert(question);
    }
    require(!open.empty() && result.asked.size() <= spf::max_questions({}));
    for (std::size_t i = 0; i < batch && !open.empty(); ++i) {
      const auto next = last ? std::prev(open.end()) : open.begin();
      answers.add(*next, source.lookup(*next));
      open.erase(next);
    }
  }
  std::abort();
}

void check_outcome(const spf::Outcome& outcome, const std::set<dns::Question>& asked) {
  using authres::Result;
  require(!authres::to_token(outcome.result).empty() && outcome.result != Result::policy);
  const bool is_error = outcome.result == Result::permerror || outcome.result == Result::temperror;
  require(outcome.problem.empty() == (!is_error && !outcome.domain.empty()));
  require(outcome.mechanism.empty() || (!is_error && outcome.result != Result::none));
  require(outcome.explanation.empty() || outcome.result == Result::fail);
  require(outcome.domain.empty() || dns::parse_domain(outcome.domain) == outcome.domain);
  require(is_printable(outcome.explanation) && is_printable(outcome.problem) &&
          is_printable(outcome.mechanism));
  require(outcome.explanation.size() <= spf::max_explanation_size &&
          outcome.mechanism.size() <= spf::max_mechanism_size);
  require(outcome.dns_queries <= asked.size());
}

// Octets to words that make a policy, so that most lines are records that lead to other ones.
std::string in_words(std::string_view bytes) {
  constexpr std::string_view words[] = {" a",
                                        " mx",
                                        " ptr",
                                        " include:%{o}",
                                        " include:n1.example",
                                        " -all",
                                        " exists:%{p}.x.example",
                                        " a:%{l}.example",
                                        " mx:n4.example",
                                        " ?exists:%{ir}.%{h}.%{v}.example",
                                        " redirect=n3.policy.example",
                                        " exp=n2.example",
                                        " ip4:192.0.2.0/24",
                                        " -include:n5.policy.example",
                                        " ~a:n6.example/30//126",
                                        " exp=%{p}.example",
                                        " include:%{d1r}.x%{l}.example",
                                        " -mx:%{h}",
                                        " ptr:example",
                                        " redirect=%{s}.n8.example"};
  return "v=spf1" + fuzz::in_words(bytes, words);
}

void check(std::uint8_t flags, unsigned seed, const std::vector<std::string>& lines, bool words) {
  spf::Request request;
  request.client_ip =
      (flags & 1U) != 0
          ? IpAddress::v6({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1})
          : IpAddress::v4({192, 0, 2, 1});
  request.scope = (flags & 2U) != 0 ? spf::Scope::helo : spf::Scope::mfrom;
  request.explain = (flags & 4U) != 0;
  request.rfc5321_mail_from = (flags & 8U) != 0 ? lines[0] : lines[0].substr(0, 99) + "@a.example";
  request.helo = lines.size() > 1 && (flags & 16U) != 0 ? lines[1] : "mx.a.example";
  std::vector<std::string> records;
  for (const auto& line : lines) {
    records.push_back(words ? in_words(line) : line);
    if (!words && (flags & 32U) != 0) records.back().insert(0, "v=spf1 ");
  }
  const ScriptedDns source(records, seed);
  const Run at_once = run(request, source, 1000, false);
  check_outcome(at_once.outcome, at_once.asked);
  for (const bool last : {false, true}) {
    const Run one_by_one = run(request, source, 1, last);
    require(one_by_one.outcome == at_once.outcome);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const auto lines = fuzz::split_lines(fuzz::text_of(data, size).substr(2));
  check(data[0], data[1], lines, false);
  check(data[0], data[1], lines, true);
  return 0;
}
