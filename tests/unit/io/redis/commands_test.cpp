#include "lib/io/redis/commands.hpp"

#include "lib/store/bounds.hpp"
#include "tests/support/catch.hpp"

namespace postern::io::redis {
namespace {

using namespace std::chrono_literals;
using namespace postern::store;
using FailureKind = Failure::Kind;

const Time now(1234ms);

Reply texts(const std::vector<std::string>& parts) {
  Reply reply;
  reply.kind = Reply::Kind::array;
  for (const std::string& part : parts) {
    Reply& element = reply.elements.emplace_back();
    element.kind = Reply::Kind::string;
    element.text = part;
  }
  return reply;
}

TEST_CASE("command_of: keys with the prefix, numbers as text", "[redis]") {
  const auto add = command_of(Add{"l/x", -5, 1h}, "sha", "postern:", now);
  CHECK((add == Command{"EVALSHA", "sha", "1", "postern:l/x", "add", "1234", "-5", "3600000"}));
  const Take take{"l/x", Take::Algorithm::sliding_window, 100, 1h, 2, "i"};
  CHECK((command_of(take, "sha", "p:", now) == Command{"EVALSHA", "sha", "2", "p:l/x", "p:o/l/x|i",
                                                       "take", "1234", "window", "100", "3600000",
                                                       "0", "2", "10000", "7210000", "600000"}));
  CHECK_FALSE(command_of(Get{""}, "sha", "p:", now).has_value());
  CHECK_FALSE(command_of(Put{"k", std::string(max_value_size + 1, 'x'), 1h}, "s", "p", now));
  CHECK(absent_result(Add{"", 4, 1h}, now) == Result(Number{4}));
}

TEST_CASE("answer_of: reads what the script gives, and nothing else", "[redis]") {
  CHECK(answer_of(Get{"k"}, texts({"0", "x"}))->result == Result(Value{"x"}));
  CHECK(answer_of(Get{"k"}, texts({"1"}))->foreign);
  CHECK(answer_of(Add{"k"}, texts({"0", "-9223372036854775808"}))->result ==
        Result(Number{INT64_MIN}));
  CHECK(answer_of(Take{"k"}, texts({"0", "1", "5", "3", "0"}))->result ==
        Result(Admission{true, 40, 0ms}));
  const Accumulate sums{"k", {1, 2}, 1h, 1h};
  CHECK(answer_of(sums, texts({"0", "1.5", "-2"}))->result == Result(Sums{{1.5, -2}}));

  CHECK_FALSE(answer_of(Get{"k"}, Reply{}).has_value());
  CHECK_FALSE(answer_of(Get{"k"}, texts({})).has_value());
  CHECK_FALSE(answer_of(Get{"k"}, texts({"0", "x", "y"})).has_value());
  CHECK_FALSE(answer_of(Add{"k"}, texts({"0", "x"})).has_value());
  CHECK_FALSE(answer_of(Add{"k"}, texts({"0", "9223372036854775808"})).has_value());
  CHECK_FALSE(answer_of(Take{"k"}, texts({"0", "1", "5", "64", "0"})).has_value());
  CHECK_FALSE(answer_of(Take{"k"}, texts({"0", "1"})).has_value());
  CHECK_FALSE(answer_of(sums, texts({"0", "1"})).has_value());
  Reply nested = texts({"0"});
  nested.elements.push_back(texts({"0"}));
  CHECK_FALSE(answer_of(Get{"k"}, nested).has_value());
}

TEST_CASE("failure_of: says what to do, and quotes nothing that breaks a log", "[redis]") {
  const auto failure = failure_of(
      "s", "ERR Error running script (call to f_1): @user_script:3: -OOM command not allowed");
  CHECK(failure.kind == FailureKind::full);
  CHECK(failure.text.starts_with("s: it has no memory left"));
  for (const char* error : {"LOADING Redis is loading", "READONLY You can't write", "NOAUTH x",
                            "MOVED 1 192.0.2.1:1", "WRONGPASS x", "weird\r\nthing"}) {
    const auto other = failure_of("s", error);
    CHECK(other.kind == FailureKind::unavailable);
    CHECK(other.text.find_first_of("\r\n") == std::string::npos);
  }
}

TEST_CASE("pattern_of: characters of patterns stand for themselves", "[redis]") {
  CHECK(pattern_of("a*b?[c]\\") == "a\\*b\\?\\[c\\]\\\\*");
}

}  // namespace
}  // namespace postern::io::redis
