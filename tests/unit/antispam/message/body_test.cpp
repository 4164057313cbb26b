// Expected values are those of Mail::SpamAssassin::Message 4.0.1.
#include "lib/antispam/message/body_text.hpp"

#include <string>
#include <vector>

#include "lib/antispam/message/transfer_decoding.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/antispam/message/plain_environment.hpp"

namespace postern::antispam {
namespace {

using LinesOfText = std::vector<std::string>;

TEST_CASE("decode_qp: soft breaks go before digits are read", "[antispam]") {
  CHECK(decode_qp("a=20 \nb=\nc") == "a \nbc");
  CHECK(decode_qp("a==\n41") == "aA");
  CHECK(decode_qp("=e4=4=ZZ=") == "\xE4=4=ZZ=");
}

TEST_CASE("decode_base64_text: what does not belong there", "[antispam]") {
  CHECK(decode_base64_text("YWJj") == "abc");
  CHECK(decode_base64_text("YW Jj\nZA==") == "abcd");
  CHECK(decode_base64_text("YWJj!ZA") == "abcd");
  CHECK(decode_base64_text("Y") == "");
  CHECK(decode_base64_text("YQ==YQ==") == std::string("a\0\0a", 4));
}

TEST_CASE("BodyText: white space is made even", "[antispam]") {
  BodyText text;
  text.begin_part();
  text.add({"a  b\n \n c\nd\t\ne \xA0", false});
  CHECK(text.lines("s\n") == LinesOfText{"s\n", "a b\n", " c d e \xA0"});
  BodyText characters;
  characters.add(
      {"a\xC2\xA0\xE2\x80\x83"
       "b\n\nc",
       true});
  CHECK(characters.lines("s\n") == LinesOfText{"s\n", "a b\n", "c"});
}

TEST_CASE("BodyText: long lines end at a space", "[antispam]") {
  BodyText text;
  text.add({std::string(2000, 'x') + " " + std::string(3000, 'y'), false});
  const LinesOfText lines = text.lines("\n");
  REQUIRE(lines.size() == 4);
  CHECK(lines[1].size() == 2001);
  CHECK(lines[2].size() == 2048);
}

TEST_CASE("add_rawbody_chunks: cut at a good place", "[antispam]") {
  std::vector<PerlString> chunks;
  add_rawbody_chunks(chunks, std::string(3000, 'x') + "\n" + std::string(3000, 'y'));
  REQUIRE(chunks.size() == 2);
  CHECK(chunks[0].bytes.size() == 3001);
}

TEST_CASE("body: one part of characters makes all of it characters", "[antispam]") {
  const PlainEnvironment environment;
  RenderedMessage message(
      "Subject: s\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\n"
      "x&#160;y\n--b\n\nz\xC3\xBC\n--b--\n",
      environment.render);
  CHECK(message.body() == LinesOfText{"s\n", "x y z\xC3\xBC"});
  CHECK(message.is_body_characters());
  CHECK(message.rawbody().size() == 2);
  CHECK(message.html().size() == 1);
}

TEST_CASE("body: it is another one only when somebody edits it", "[antispam]") {
  const PlainEnvironment environment;
  RenderedMessage message("Subject: s\n\na@b.example\n", environment.render);
  const unsigned version = message.body_version();
  (void)message.body();
  (void)message.uri_details();
  CHECK(message.body_version() == version);
  message.edited_body().back() = "x\n";
  CHECK(message.body_version() != version);
  CHECK(message.body() == LinesOfText{"s\n", "x\n"});
}

}  // namespace
}  // namespace postern::antispam
