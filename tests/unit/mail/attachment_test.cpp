#include "lib/mail/attachment.hpp"

#include "tests/support/catch.hpp"

namespace postern::mail {
namespace {

std::vector<Attachment> attachments_of(const std::string& text) {
  const Message message = parse_message(text);
  return attachments(parse_mime(message));
}

std::string multipart(const std::string& parts) {
  return "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n" + parts +
         "--b--\r\n";
}

}  // namespace

TEST_CASE("attachments: decoded, with type and name") {
  const auto found =
      attachments_of(multipart("--b\r\nContent-Type: Application/PDF; name=a.pdf\r\n"
                               "Content-Disposition: attachment; filename=a.pdf\r\n"
                               "Content-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n"));
  REQUIRE(found.size() == 1);
  CHECK(found[0].media_type == "application/pdf");
  CHECK(found[0].content == "hello");
  CHECK(found[0].names == std::vector<std::string>{"a.pdf"});
  CHECK(found[0].part == 2);
}

TEST_CASE("attachments: both names count when they differ") {
  const auto found =
      attachments_of(multipart("--b\r\nContent-Type: application/pdf; name=a.exe\r\n"
                               "Content-Disposition: attachment; filename=a.pdf\r\n\r\nx\r\n"));
  REQUIRE(found.size() == 1);
  CHECK(found[0].names == std::vector<std::string>{"a.pdf", "a.exe"});
}

TEST_CASE("attachments: text that is shown, containers, and nothing are none") {
  CHECK(attachments_of("Subject: x\r\n\r\nhello\r\n").empty());
  CHECK(attachments_of(multipart("--b\r\nContent-Type: text/html\r\n\r\n<p>x\r\n")).empty());
  CHECK(attachments_of(multipart("--b\r\nContent-Type: image/png\r\n\r\n")).empty());
}

TEST_CASE("attachments: a message that is one attachment, and text with a name") {
  const auto image = attachments_of("Content-Type: image/png\r\n\r\nx");
  REQUIRE(image.size() == 1);
  CHECK(image[0].part == 0);
  CHECK(attachments_of(multipart("--b\r\nContent-Type: text/plain; name=x.txt\r\n\r\nx\r\n"))
            .size() == 1);
}

TEST_CASE("attachments: of an embedded message, and of one that is encoded") {
  const std::string inner =
      "Subject: y\r\n" + multipart("--b\r\nContent-Type: image/png\r\n\r\nx\r\n");
  const auto embedded = attachments_of(
      "Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n"
      "Content-Type: message/rfc822\r\n\r\n" +
      inner + "--o--\r\n");
  REQUIRE(embedded.size() == 1);
  CHECK(embedded[0].media_type == "image/png");
  const auto encoded = attachments_of(
      "Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n"
      "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
      "U3ViamVjdDogeQ0KDQp4\r\n--o--\r\n");
  REQUIRE(encoded.size() == 1);
  CHECK(encoded[0].content == "Subject: y\r\n\r\nx");
}

TEST_CASE("attachments: a multipart without parts is one") {
  const auto found = attachments_of("Content-Type: multipart/mixed; boundary=b\r\n\r\nMZ...");
  REQUIRE(found.size() == 1);
  CHECK(found[0].content == "MZ...");
}

}  // namespace postern::mail
