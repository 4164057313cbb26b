// DMARC evaluation over a zone made of the input: it ends, asks little, depends on no order, and
// never passes a message without an identifier that an independent reading aligns.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/support.hpp"
#include "lib/dmarc/evaluate.hpp"
#include "lib/dmarc/tree_walk.hpp"
#include "lib/dns/name.hpp"

namespace {

using namespace postern;
using authres::Result;
using fuzz::require;

class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  unsigned next(unsigned bound) {
    if (size_ == 0) return 0;
    --size_;
    return *data_++ % bound;
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
};

// Names that mostly lie above, below, or beside one another.
class NameMaker {
 public:
  explicit NameMaker(Bytes& bytes) : bytes_(bytes) {}

  std::string take() {
    const unsigned kind = bytes_.next(64);
    if (kind == 63) return "a.example" + std::string(bytes_.next(2) == 1 ? ".." : "(");
    if (kind == 62) {
      return std::string(240, 'x').insert(60, ".").insert(120, ".").insert(180, ".");
    }
    std::string name =
        earlier_.empty() || kind == 61 ? "b.a.com" : earlier_[kind % earlier_.size()];
    for (unsigned cut = bytes_.next(4); cut > 0 && name.find('.') != name.npos; --cut) {
      name.erase(0, name.find('.') + 1);
    }
    constexpr std::string_view labels[] = {"a.", "b.", "c.", "_dmarc.", "a.b.c.d.e.f."};
    for (unsigned more = bytes_.next(3); more > 0; --more) {
      name.insert(0, labels[bytes_.next(std::size(labels))]);
    }
    if (name.size() < 100) earlier_.push_back(name);
    return name;
  }

 private:
  Bytes& bytes_;
  std::vector<std::string> earlier_;
};

std::string take_record(Bytes& bytes) {
  constexpr std::string_view tags[] = {
      "; p=reject",  "; p=quarantine", "; p=none",  "; sp=none", "; sp=reject",
      "; np=reject", "; np=none",      "; adkim=s", "; aspf=s",  "; psd=y",
      "; psd=n",     "; psd=u",        "; t=y",     "; p=bad",   "; rua=mailto:a@b.c"};
  std::string text = bytes.next(16) == 1 ? "v=spf1" : "v=DMARC1";
  for (unsigned more = bytes.next(6); more > 0; --more) text += tags[bytes.next(std::size(tags))];
  return text;
}

using Zone = std::map<std::string, dns::Answer>;

Zone take_zone(Bytes& bytes, NameMaker& names, bool& has_failure) {
  Zone zone;
  for (unsigned more = bytes.next(10); more > 0; --more) {
    const unsigned kind = bytes.next(32);
    const std::string name = (kind != 31 ? "_dmarc." : "") + names.take();
    dns::Answer answer;
    if (kind < 26 || kind == 30) answer.status = dns::Status::success;
    if (kind < 26) answer.texts = {take_record(bytes)};
    if (kind == 30) answer.texts = {take_record(bytes), take_record(bytes)};
    if (kind == 26) answer.status = dns::Status::servfail;
    if (kind == 27) answer.status = dns::Status::timeout;
    has_failure = has_failure || answer.is_failure();
    zone.try_emplace(name, answer);
  }
  return zone;
}

dns::Answer lookup(const Zone& zone, const dns::Question& question) {
  const auto found = zone.find(question.name);
  if (found != zone.end()) return found->second;
  dns::Answer answer;
  answer.status = dns::Status::nxdomain;
  return answer;
}

std::vector<std::string> take_names(Bytes& bytes, NameMaker& names, unsigned bound) {
  std::vector<std::string> taken;
  for (unsigned more = bytes.next(bound); more > 0; --more) taken.push_back(names.take());
  return taken;
}

bool is_domain(const std::string& name) {
  const auto parsed = dns::parse_domain(name);
  return parsed && *parsed == name;
}

// The organizational domain, read once more from the text of RFC 9989 §4.10.2: without a walk, by
// cutting labels, and over a zone without failures.
std::string naive_organization(const Zone& zone, const std::string& start) {
  std::vector<std::string> suffixes = {start};
  while (suffixes.back().find('.') != std::string::npos) {
    suffixes.push_back(suffixes.back().substr(suffixes.back().find('.') + 1));
  }
  std::string last = start;
  std::string previous = start;  // one label more than the name looked at
  for (const std::string& name : suffixes) {
    const auto count = std::count(name.begin(), name.end(), '.') + 1;
    const bool is_asked = (name == start || count <= 7) && name.size() + 7 <= 253;
    std::vector<dmarc::PolicyRecord> records;
    for (const std::string& text : lookup(zone, {"_dmarc." + name, dns::Type::txt}).texts) {
      if (const auto record = dmarc::parse_record(text)) records.push_back(*record);
    }
    if (is_asked && records.size() == 1) {
      if (records[0].psd == dmarc::PublicSuffix::no) return name;
      if (records[0].psd == dmarc::PublicSuffix::yes) return name == start ? start : previous;
      last = name;
    }
    previous = name;
  }
  return last;
}

dmarc::Outcome run(const dmarc::Request& request, const Zone& zone, bool one_at_a_time) {
  dns::Answers answers;
  std::size_t names = request.author_domains.size() + request.dkim_domains.size() +
                      request.dkim_temperror_domains.size() + 2;
  const std::size_t max_questions = names * dmarc::max_walk_queries + dmarc::max_author_domains;
  const std::size_t max_rounds = one_at_a_time ? max_questions : 4;
  for (std::size_t round = 0;; ++round) {
    require(round <= max_rounds);
    const auto evaluation = dmarc::evaluate(request, answers);
    if (evaluation.is_done()) return evaluation.result();
    dns::Questions missing = evaluation.missing();
    require(!missing.empty());
    if (one_at_a_time) missing = {missing.back()};
    for (const dns::Question& question : missing) {
      require(is_domain(question.name));
      require(answers.find(question.name, question.type) == nullptr);
      answers.add(question, lookup(zone, question));
    }
    require(answers.size() <= max_questions);
  }
}

bool is_aligned(const Zone& zone, const std::string& author, const std::string& identifier,
                dmarc::Alignment mode) {
  if (!is_domain(identifier)) return false;
  if (mode == dmarc::Alignment::strict || identifier == author) return identifier == author;
  return naive_organization(zone, author) == naive_organization(zone, identifier);
}

void check_alignment(const dmarc::Request& request, const Zone& zone, const dmarc::Outcome& outcome,
                     bool has_failure) {
  if (!outcome.record) {
    require(outcome.result != Result::pass && outcome.result != Result::fail);
    return;
  }
  const std::string& author = outcome.author_domain;
  const bool spf = is_aligned(zone, author, request.spf_domain, outcome.record->aspf);
  const bool dkim = std::any_of(request.dkim_domains.begin(), request.dkim_domains.end(),
                                [&](const std::string& name) {
                                  return is_aligned(zone, author, name, outcome.record->adkim);
                                });
  require(!outcome.spf_aligned || spf);
  require(!outcome.dkim_aligned || dkim);
  require((outcome.result == Result::pass) == (outcome.spf_aligned || outcome.dkim_aligned));
  if (has_failure) return;
  require(outcome.spf_aligned == spf && outcome.dkim_aligned == dkim);
  require(outcome.organizational_domain == naive_organization(zone, author));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes bytes(data, size);
  NameMaker names(bytes);
  dmarc::Request request;
  request.author_domains = {names.take()};
  if (bytes.next(4) == 1) request.author_domains = take_names(bytes, names, 6);
  request.spf_domain = bytes.next(2) == 1 ? names.take() : "";
  request.dkim_domains = take_names(bytes, names, 5);
  if (bytes.next(4) == 1) request.spf_temperror_domain = names.take();
  if (bytes.next(4) == 1) request.dkim_temperror_domains = take_names(bytes, names, 3);
  bool has_failure = false;
  const Zone zone = take_zone(bytes, names, has_failure);

  const dmarc::Outcome outcome = run(request, zone, false);
  constexpr Result results[] = {Result::none, Result::pass, Result::fail, Result::temperror,
                                Result::permerror};
  require(std::count(std::begin(results), std::end(results), outcome.result) == 1);
  require(outcome.policy <= outcome.published);
  require(outcome.testing == (outcome.policy != outcome.published));
  require(outcome.reason.size() <= dmarc::max_reason_size);
  require(outcome.reason.empty() == (outcome.result == Result::pass));
  check_alignment(request, zone, outcome, has_failure);

  require(run(request, zone, true) == outcome);
  std::reverse(request.dkim_domains.begin(), request.dkim_domains.end());
  std::reverse(request.author_domains.begin(), request.author_domains.end());
  require(run(request, zone, false) == outcome);
  return 0;
}
