// DNS lists: whatever they answer, scores are those of hits, and refusals are never hits.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/support.hpp"
#include "lib/dnslist/answer.hpp"
#include "lib/dnslist/evaluate.hpp"
#include "lib/dnslist/health.hpp"
#include "lib/dnslist/settings.hpp"

namespace {

using namespace postern;
using fuzz::require;

// Octets from the input, zeros behind its end.
class Bytes {
 public:
  explicit Bytes(std::string_view text) : text_(text) {}
  std::uint8_t next() {
    if (text_.empty()) return 0;
    const auto octet = static_cast<std::uint8_t>(text_.front());
    text_.remove_prefix(1);
    return octet;
  }
  std::string_view rest() const { return text_; }

 private:
  std::string_view text_;
};

dns::Answer answer_from(Bytes& bytes) {
  dns::Answer answer;
  answer.status = static_cast<dns::Status>(bytes.next() % 5);
  if (answer.status != dns::Status::success) return answer;
  for (unsigned count = bytes.next() % 4U; count > 0; --count) {
    // Mostly what lists give, so that every branch is reached.
    const std::uint8_t first = bytes.next() % 4 == 0 ? bytes.next() : 127;
    const std::uint8_t middle = bytes.next() % 2 == 0 ? 0 : 255;
    answer.addresses.push_back(IpAddress::v4({first, middle, middle, bytes.next()}));
  }
  answer.texts.emplace_back(bytes.rest().substr(0, 500));
  return answer;
}

dnslist::List list_from(Bytes& bytes, const std::string& name) {
  dnslist::List list;
  list.name = name;
  list.zone = bytes.next() % 2 == 0 ? "same.example" : name + ".example";
  list.kind = bytes.next() % 4 == 0 ? dnslist::Kind::domain : dnslist::Kind::address;
  list.weight = static_cast<std::int8_t>(bytes.next());
  list.reason = bytes.next() % 2 == 0;
  list.probe_listed = "127.0.0.2";
  list.probe_unlisted = "127.0.0.1";
  if (bytes.next() % 2 == 0) {
    const std::uint32_t low = 0x7f000000U | bytes.next();
    list.codes.push_back({dnslist::Code::Match::range, low, low + bytes.next()});
  }
  return list;
}

void check_reading(const dnslist::List& list, const dns::Answer& answer) {
  const dnslist::Reading reading = dnslist::read_answer(list, answer);
  require(!reading.listed || reading.problem.empty());
  require(reading.listed != reading.code.empty());
  require(!reading.refused || !reading.problem.empty());
  for (const IpAddress& address : answer.addresses) {
    const auto& octets = address.bytes();
    const bool refusal = octets[0] == 127 && octets[1] == 255 && octets[2] == 255;
    if (octets[0] != 127 || refusal || address.text() == "127.0.0.1") require(!reading.listed);
  }
}

void check_evaluation(Bytes bytes) {
  std::vector<dnslist::List> lists;
  for (const char* name : {"a", "b", "c", "d"}) lists.push_back(list_from(bytes, name));
  const IpAddress client = IpAddress::v4({192, 0, 2, bytes.next()});
  dns::Answers answers;
  dns::Questions asked;
  for (int round = 0; round < 4; ++round) {
    const auto evaluation = dnslist::evaluate(lists, client, "example.org", answers);
    if (evaluation.is_done()) {
      const dnslist::Score& score = evaluation.result();
      require(std::isfinite(score.score) && score.hits.size() + score.failures.size() <= 4);
      require(score.score <= 4 * dnslist::Bounds{}.zone);
      for (const auto& hit : score.hits) {
        require(hit.reason.size() <= dnslist::max_reason_size && fuzz::is_printable(hit.reason));
      }
      for (const std::string& failure : score.failures) require(fuzz::is_printable(failure));
      return;
    }
    for (const dns::Question& question : evaluation.missing()) {
      require(answers.find(question.name, question.type) == nullptr);
      const dns::Answer answer = answer_from(bytes);
      check_reading(lists.front(), answer);
      answers.add(question, answer);
    }
  }
  require(false);  // questions, then reasons, and no more
}

void check_health(Bytes bytes) {
  dnslist::Health health;
  for (int i = 0; i < 50; ++i) {
    const bool before = health.is_on();
    const auto change = health.note("l", {static_cast<dnslist::Probe>(bytes.next() % 6), "x"});
    require(change.has_value() == (health.is_on() != before));
    require(!change || change->on == health.is_on());
    const auto again = dnslist::parse_health(dnslist::format(health));
    require(again && again->is_on() == health.is_on());
  }
}

void check_texts(const std::string& text) {
  const auto code = dnslist::parse_code(text);
  if (code) {
    const bool is_range = code->match == dnslist::Code::Match::range;
    require(!is_range || (code->low <= code->high && code->matches(code->high)));
    require(!is_range || !code->matches(0xcb007107));  // 203.0.113.7
    require(is_range || (code->low >> 24) == 0);
  }
  const auto health = dnslist::parse_health(text);
  if (health) require(dnslist::format(*health) == text);
  const auto weight = config::ValueType<dnslist::Weight>::read(text);
  if (weight) require(std::abs(weight->value) <= 1000);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::text_of(data, size);
  check_evaluation(Bytes(input));
  check_health(Bytes(input));
  check_texts(std::string(input));
  check_texts(fuzz::in_letters(input, "0127.-&onf "));
  return 0;
}
