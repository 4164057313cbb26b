#include "lib/antivirus/clamd.hpp"

#include "tests/support/catch.hpp"

namespace postern::antivirus {

TEST_CASE("clamd: replies") {
  const auto [reply, result, name] = GENERATE(table<std::string, Result, std::string>({
      {"stream: OK", Result::clean, ""},
      {"fd[10]: OK", Result::clean, ""},
      {"stream: Eicar-Test-Signature FOUND", Result::infected, "Eicar-Test-Signature"},
      {"fd[10]: Heuristics.Encrypted.Zip FOUND", Result::encrypted, "Heuristics.Encrypted.Zip"},
      {"stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND", Result::unscannable,
       "Heuristics.Limits.Exceeded.MaxFileSize"},
      {"stream: x: OK FOUND", Result::infected, "x: OK"},
      {"INSTREAM size limit exceeded. ERROR", Result::unscannable, "INSTREAM size limit exceeded."},
  }));
  INFO(reply);
  const Outcome outcome = parse_clamd_reply(reply + std::string("\0", 1) + "stream: OK");
  CHECK(outcome.result == result);
  CHECK(outcome.name == name);
  CHECK(parse_clamd_reply(reply + "\n").result == result);
}

TEST_CASE("clamd: what is no reply is no result") {
  for (const char* reply : {"", "OK", "PONG", "stream: ", "UNKNOWN COMMAND", "stream: FOUND it"}) {
    INFO(reply);
    CHECK(parse_clamd_reply(reply).result == Result::temperror);
  }
}

TEST_CASE("clamd: commands that are not taken") {
  CHECK(is_clamd_refusal("UNKNOWN COMMAND"));
  CHECK(is_clamd_refusal("No file descriptor received. ERROR"));
  CHECK(is_clamd_refusal("fd[9]: Permission denied. ERROR"));
  CHECK_FALSE(is_clamd_refusal("fd[9]: OK"));
  CHECK_FALSE(is_clamd_refusal("fd[9]: Virus FOUND"));
}

TEST_CASE("clamd: lengths are in network order") {
  CHECK(clamd_length(0x01020304) == std::array<char, 4>{1, 2, 3, 4});
  CHECK(clamd_length(0) == std::array<char, 4>{0, 0, 0, 0});
}

}  // namespace postern::antivirus
