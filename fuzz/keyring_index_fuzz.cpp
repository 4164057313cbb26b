// Any text may come as an index: what is accepted reads back the same, and stays in order whatever
// is done to its keys.
#include <cstdint>

#include "fuzz/support.hpp"
#include "lib/keyring/choice.hpp"
#include "lib/keyring/life_cycle.hpp"

using namespace postern;
using fuzz::require;

namespace {

constexpr std::string_view record =
    "v=DKIM1; k=ed25519; p=dWe/VNH16iFu9fP6ekJc7drivZZ6cisIzkrgJPknDMg=";

void check_order(const keyring::Index& index) {
  const std::string text = keyring::format_index(index);
  const auto again = keyring::parse_index(text);
  require(again && *again == index && keyring::format_index(*again) == text);
  const keyring::Key* previous = nullptr;
  for (const keyring::Key& key : index.keys()) {
    require(previous == nullptr ||
            std::pair(previous->domain, previous->selector) < std::pair(key.domain, key.selector));
    require(key.file().find("..") == std::string::npos && !key.file().starts_with('/'));
    require(index.find(key.domain, key.selector) == &key);
    previous = &key;
  }
}

void check_text(std::string_view text) {
  const auto index = keyring::parse_index(text);
  if (!index) {
    require(!index.error().empty() && index.error().size() < 700);
    require(fuzz::is_printable(index.error()));
    return;
  }
  check_order(*index);
  for (const std::string& domain : keyring::domains(*index)) {
    for (const keyring::Key* key : keyring::keys_for(*index, "x." + domain, true)) {
      require(key->state == keyring::State::active && key->domain == domain);
    }
  }
}

// Each octet does something to one of eight keys, a second later.
void check_life(std::string_view bytes) {
  keyring::Index index;
  std::int64_t now = 0;
  for (const char c : bytes.substr(0, 30)) {
    const auto octet = static_cast<unsigned char>(c);
    const std::string domain = (octet & 1) != 0 ? "a.example" : "b.example";
    const std::string selector(1, static_cast<char>('a' + (octet >> 1 & 3)));
    keyring::Key key;
    key.domain = domain;
    key.selector = selector;
    key.type = dkim::PublicKey::Type::ed25519;
    key.created = ++now;
    key.record = record;
    switch (octet >> 3 & 7) {
      case 0:
      case 1: (void)index.add(key); break;
      case 2:
      case 3: (void)keyring::activate(index, domain, selector, now); break;
      case 4: (void)keyring::retire(index, domain, selector, now); break;
      case 5: (void)keyring::revoke(index, domain, selector, now); break;
      case 6: (void)keyring::remove(index, domain, selector, now); break;
      default: {
        dns::Answer answer;
        answer.status = dns::Status::success;
        answer.texts = {std::string((octet & 0x40) != 0 ? record : "v=DKIM1; p=")};
        dns::Answers answers;
        answers.add({key.record_name(), dns::Type::txt}, answer);
        const keyring::Patience patience{std::chrono::seconds(octet >> 7),
                                         std::chrono::seconds(octet >> 6)};
        (void)keyring::advance(index, now, patience, answers);
      }
    }
    check_order(index);
    std::size_t active = 0;
    for (const keyring::Key& other : index.of_domain(domain)) {
      active += other.state == keyring::State::active ? 1 : 0;
    }
    require(active <= 1);  // all are of one type
    for (const keyring::UsedSelector& used : index.used()) {
      require(used.until > now && index.find_used(used.domain, used.selector, now) == &used);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static constexpr std::string_view words[] = {
      R"({"domain":"a.example","selector":"s","type":"ed25519","state":"pending","created":1,)"
      R"("record":"v=DKIM1; k=ed25519; p=dWe/VNH16iFu9fP6ekJc7drivZZ6cisIzkrgJPknDMg="})",
      R"({"domain":"b.example","selector":"s","type":"ed25519","state":"active","created":1,)"
      R"("activated":2,"record":"v=DKIM1; k=ed25519; p=dWe/VNH16iFu9fP6ekJc7drivZZ6cisIzkrgJPknDMg="})",
      ",",
      "{",
      "}",
      "[",
      "]",
      ":",
      R"("domain")",
      R"("selector")",
      R"("retired")",
      R"("revoked")",
      R"("state")",
      R"("seen")",
      R"(],"used":[{"domain":"a.example","selector":"s","until":9})",
      "1",
      R"("b.example")",
      " "};
  const std::string_view bytes = fuzz::text_of(data, size);
  check_text(bytes);
  check_text(R"({"version":1,"keys":[)" + fuzz::in_words(bytes.substr(0, 60), words) + "]}");
  check_life(bytes);
  return 0;
}
