#include "lib/base/base64.hpp"

#include "tests/support/catch.hpp"

namespace postern {
namespace {

TEST_CASE("base64: the vectors of RFC 4648 §10 go both ways", "[base][rfc4648-10]") {
  const auto [bytes, text] = GENERATE(table<std::string, std::string>({
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
  }));
  CHECK(encode_base64(bytes) == text);
  CHECK(decode_base64(text).value() == bytes);
}

TEST_CASE("decode_base64: folding and missing padding are fine", "[base][rfc6376-3.2]") {
  CHECK(decode_base64(" Zm\r\n\t9v YmE ").value() == "fooba");
  const std::string bytes = "every octet counts, wherever the line was folded";
  const auto width = static_cast<std::size_t>(GENERATE(range(1, 12)));
  std::string folded;
  for (const char c : encode_base64(bytes)) {
    folded += c;
    if (folded.size() % width == 0) folded += "\r\n ";
  }
  CHECK(decode_base64(folded).value() == bytes);
  CHECK_FALSE(decode_base64(folded + "!").has_value());
}

TEST_CASE("decode_base64: what is not base64 is refused", "[base]") {
  const auto text =
      GENERATE(as<std::string>{}, "Zg=", "Zg===", "Z", "Zm9v=", "Zm=9", "Zm9*", "Zm9v====");
  CHECK_FALSE(decode_base64(text).has_value());
}

}  // namespace
}  // namespace postern
