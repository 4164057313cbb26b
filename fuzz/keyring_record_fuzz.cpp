// Any texts may come from DNS at the place of a key's record: only the very key is taken for
// published, and everything else gets a sentence and a remedy that do not quote it.
#include <cstdint>

#include "fuzz/support.hpp"
#include "lib/dkim/key.hpp"
#include "lib/keyring/record_check.hpp"

using namespace postern;
using fuzz::require;
using Result = keyring::RecordJudgement::Result;

namespace {

constexpr std::string_view record =
    "v=DKIM1; k=ed25519; p=dWe/VNH16iFu9fP6ekJc7drivZZ6cisIzkrgJPknDMg=";

keyring::Key make_key(keyring::State state) {
  keyring::Key key;
  key.domain = "a.example";
  key.selector = "s";
  key.type = dkim::PublicKey::Type::ed25519;
  key.state = state;
  key.record = record;
  return key;
}

void check(const std::vector<std::string>& texts) {
  dns::Answer answer;
  answer.status = dns::Status::success;
  answer.texts = texts;
  for (const auto state : {keyring::State::pending, keyring::State::revoked}) {
    const keyring::Key key = make_key(state);
    dns::Answers answers;
    answers.add({key.record_name(), dns::Type::txt}, answer);
    const keyring::RecordJudgement judgement = keyring::judge_record(key, answers);
    require(fuzz::is_printable(judgement.sentence) && fuzz::is_printable(judgement.remedy));
    require(judgement.sentence.find(key.record_name()) != std::string::npos);
    require(judgement.sentence.size() + judgement.remedy.size() < 600);
    require(judgement.result == Result::published || judgement.result == Result::wrong);
    require(judgement.result == Result::published || !judgement.remedy.empty());
    if (judgement.result != Result::published) continue;
    const auto choice = dkim::choose_key(answer, key.type, {});  // as a verifier would
    require(choice.key.has_value());
    require(state == keyring::State::revoked
                ? choice.key->revoked
                : choice.is_usable() && choice.key->key == dkim::parse_key_record(record)->key);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static constexpr std::string_view words[] = {"v=DKIM1",
                                               ";",
                                               " ",
                                               "k=ed25519",
                                               "p=",
                                               "dWe/VNH16iFu9fP6ekJc",
                                               "7drivZZ6cisIzkrgJPknDMg=",
                                               "\"",
                                               "\\",
                                               "=",
                                               "h=sha1",
                                               "t=y",
                                               "s=email",
                                               "\n",
                                               "k=rsa",
                                               "\xe2\x80\x9c",
                                               record};
  const std::string_view bytes = fuzz::text_of(data, size);
  check({std::string(bytes)});
  check(fuzz::split_lines(bytes));
  check({fuzz::in_words(bytes, words)});
  check(fuzz::split_lines(fuzz::in_words(bytes, words)));
  return 0;
}
