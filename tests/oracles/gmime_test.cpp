// Our MIME parser and GMime over the same messages, and where they differ on purpose.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "lib/base/ascii.hpp"
#include "lib/io/iconv/charset_converter.hpp"
#include "lib/mail/address.hpp"
#include "lib/mail/date.hpp"
#include "lib/mail/encoded_word.hpp"
#include "lib/mail/mime.hpp"
#include "tests/oracles/gmime_reader.hpp"
#include "tests/oracles/message_generator.hpp"
#include "tests/support/catch.hpp"

namespace postern::oracle {
namespace {

const io::IconvCharsets charsets;

std::string decoded(std::string_view text) {
  return mail::decode_encoded_words(text, charsets).text;
}

std::vector<std::string> addresses_of(const mail::HeaderSection& header) {
  std::vector<std::string> found;
  for (const std::uint32_t i : header.named("To")) {
    const std::string body(header.fields()[i].body);
    for (const mail::Mailbox& mailbox : mail::parse_address_list(body).mailboxes) {
      mail::Mailbox bare = mailbox;
      bare.display_name.clear();
      found.push_back(decoded(mailbox.display_name) + "|" + mail::format(bare));
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

Outline read_with_postern(const std::string& text) {
  const mail::Message message = mail::parse_message(text);
  Outline outline;
  for (const mail::HeaderField& field : message.header.fields()) {
    outline.fields.emplace_back(ascii::to_lower(field.name), mail::unfold(field.body));
  }
  std::sort(outline.fields.begin(), outline.fields.end());
  if (const auto* subject = message.header.first("Subject")) {
    outline.subject = decoded(subject->body);
  }
  outline.addresses = addresses_of(message.header);
  if (const auto* date = message.header.first("Date")) {
    if (const auto time = mail::parse_date(date->body)) outline.date = time->epoch_seconds;
  }
  for (const mail::Part& part : mail::parse_mime(message, {}, charsets).parts) {
    const bool is_whole = part.is_container || part.content_type.is_multipart();
    outline.parts.push_back({part.depth, part.content_type.type + "/" + part.content_type.subtype,
                             is_whole ? "" : mail::decode_body(part),
                             is_whole ? "" : part.file_name});
  }
  return outline;
}

std::string describe(const Outline& outline) {
  std::string text;
  if (!outline.subject.empty()) text += "Subject: " + outline.subject + "\n";
  for (const PartOutline& part : outline.parts) {
    text += std::to_string(part.depth) + " " + part.type + " '" + part.file_name + "' \"" +
            part.content + "\"\n";
  }
  return text;
}

void check_same(const std::string& text) {
  const Outline ours = read_with_postern(text);
  const Outline theirs = read_with_gmime(text);
  CHECK(ours.fields == theirs.fields);
  CHECK(ours.subject == theirs.subject);
  CHECK(ours.addresses == theirs.addresses);
  CHECK(ours.date == theirs.date);
  CHECK(describe(ours) == describe(theirs));
}

TEST_CASE("gmime: generated messages are read alike", "[oracle][mail]") {
  for (std::uint32_t number = 0; number < 2000; ++number) {
    const std::string text = generate_message(number);
    INFO("message " << number << "\n" << text);
    check_same(text);
  }
}

TEST_CASE("gmime: odd but clear messages are read alike", "[oracle][mail]") {
  const std::string mixed = "Content-Type: multipart/mixed; boundary=B\n\n";
  const auto text = GENERATE_COPY(
      as<std::string>{}, "Subject: x\n\nbody", "Subject: x\n\n", "Subject: x\n",
      "Subject: \xfc\n\n", mixed + "--B\n\na\n--Bx\n--B--\n",
      mixed + "--B\nContent-Type: multipart/mixed; boundary=C\n\n--C\n\na\n--B\n\nb\n--B--\n",
      "Subject: a\n b\n\tc\n\nx\n", "Content-Transfer-Encoding: base64\n\nYW!Jj\nZA==\n",
      "Content-Type: multipart/mixed; boundary=\"\"\n\n--\n\nx\n",
      "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nQTogYgoKYwo=\n",
      "Content-Type: multipart/mixed; boundary=B\nContent-Transfer-Encoding: "
      "base64\n\n--B\n\nx\n--B--\n",
      "Content-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: base64\n\nYWJj\n",
      "Content-Disposition: attachment; filename=a b.txt\n\nx\n",
      "Content-Type: multipart/mixed\n\n--B\n\nx\n--B--\n",
      "Content-Type: multipart/mixed; boundary=B\n\nx\n", "Subject : y\n\nx\n",
      "From a@b Mon\nSubject: y\n\nx\n", "Content-Type: a/b; name*0=x; name*2=y\n\nx\n",
      "Content-Type: multipart/digest; boundary=B\n\n--B\n\nSubject: x\n\ny\n--B--\n",
      "Content-Type: message/rfc822\n\nContent-Type: multipart/mixed; "
      "boundary=B\n\n--B\n\nx\n--B--\n",
      "Content-Transfer-Encoding: quoted-printable\n\na=ZZb=\nc=3D\n",
      "Content-Type: text/plain; name=\"a\\\"b\"\n\nx\n");
  INFO(text);
  check_same(text);
}

// Where we differ, both readings are written down, so that a change on either side shows.
TEST_CASE("gmime: known differences", "[oracle][mail]") {
  struct Row {
    std::string reason;
    std::string text;
    std::string ours;
    std::string theirs;
  };
  const auto row = GENERATE(values<Row>({
      {"RFC 2047 §2: a word is complete in itself; GMime joins the base64 of neighbours before "
       "decoding, and before 3.2.15 stops at the padding of the first",
       "Subject: =?utf-8?B?w6Q=?= =?utf-8?B?w7Y=?=\n\n",
       "Subject: \xc3\xa4\xc3\xb6\n0 text/plain '' \"\"\n",
       is_gmime_at_least(3, 2, 15) ? "Subject: \xc3\xa4\xc3\xb6\n0 text/plain '' \"\"\n"
                                   : "Subject: \xc3\xa4\n0 text/plain '' \"\"\n"},
      {"base64 without padding: we keep the last octet",
       "Content-Transfer-Encoding: base64\n\nYWJjZA\n", "0 text/plain '' \"abcd\"\n",
       "0 text/plain '' \"abc\"\n"},
      {"base64 after padding: we go on, so that nothing hides there",
       "Content-Transfer-Encoding: base64\n\nYQ==YmM=\n", "0 text/plain '' \"abc\"\n",
       "0 text/plain '' \"a\"\n"},
      {"a part without header and body: GMime drops it",
       "Content-Type: multipart/mixed; boundary=B\n\n--B\n--B\nX: 1\n\nx\n--B--\n",
       "0 multipart/mixed '' \"\"\n1 text/plain '' \"\"\n1 text/plain '' \"x\"\n",
       "0 multipart/mixed '' \"\"\n1 text/plain '' \"x\"\n"},
      {"two boundaries: we obey both",
       "Content-Type: multipart/mixed; boundary=A; "
       "boundary=B\n\n--A\n\na\n--B\n\nb\n--A--\n--B--\n",
       "0 multipart/mixed '' \"\"\n1 text/plain '' \"a\"\n1 text/plain '' \"b\"\n",
       "0 multipart/mixed '' \"\"\n1 text/plain '' \"a\n--B\n\nb\"\n"},
      {"two Content-Type fields: we obey both, GMime the last",
       "Content-Type: multipart/mixed; boundary=A\nContent-Type: multipart/mixed; "
       "boundary=B\n\n--A\n\na\n--A--\n--B\n\nb\n--B--\n",
       "0 multipart/mixed '' \"\"\n1 text/plain '' \"a\"\n1 text/plain '' \"b\"\n",
       "0 multipart/mixed '' \"\"\n1 text/plain '' \"b\"\n"},
      {"a part after the end: we look at it",
       "Content-Type: multipart/mixed; boundary=B\n\n--B\n\na\n--B--\n--B\n\nb\n",
       "0 multipart/mixed '' \"\"\n1 text/plain '' \"a\"\n1 text/plain '' \"b\n\"\n",
       "0 multipart/mixed '' \"\"\n1 text/plain '' \"a\"\n"},
      {"RFC 2045 §5.2: what is no media type is text/plain", "Content-Type: text\n\nx\n",
       "0 text/plain '' \"x\n\"\n", "0 application/octet-stream '' \"x\n\"\n"},
      {"RFC 2045 §6.7 (3): white space at the end of a line was added in transport",
       "Content-Transfer-Encoding: quoted-printable\n\na  \nb= \nc\n",
       "0 text/plain '' \"a\nbc\n\"\n", "0 text/plain '' \"a  \nb= \nc\n\"\n"},
      {"a line that is no field: we end the header section as Postfix does, GMime skips the line",
       "Subject: y\nno field\nX: 1\n\nx\n",
       "Subject: y\n0 text/plain '' \"no field\nX: 1\n\nx\n\"\n",
       "Subject: y\n0 text/plain '' \"x\n\"\n"},
  }));
  INFO(row.reason << "\n" << row.text);
  CHECK(describe(read_with_postern(row.text)) == row.ours);
  CHECK(describe(read_with_gmime(row.text)) == row.theirs);
}

// Mail of one's own: counts what differs and names the files; nothing to judge.
TEST_CASE("gmime: a folder of mail given by POSTERN_ORACLE_MAIL", "[oracle][mail]") {
  const char* folder = std::getenv("POSTERN_ORACLE_MAIL");
  if (folder == nullptr) return;
  std::size_t read = 0;
  std::size_t different = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    const Outline ours = read_with_postern(text);
    const Outline theirs = read_with_gmime(text);
    ++read;
    if (ours == theirs) continue;
    ++different;
    std::string what;
    if (ours.fields != theirs.fields) what += " fields";
    if (ours.subject != theirs.subject) what += " subject";
    if (ours.addresses != theirs.addresses) what += " addresses";
    if (ours.date != theirs.date) what += " date";
    if (ours.parts.size() != theirs.parts.size()) what += " number-of-parts";
    if (ours.parts != theirs.parts) what += " parts";
    WARN(entry.path().string() << ":" << what);
  }
  WARN(read << " messages, " << different << " read differently");
}

}  // namespace
}  // namespace postern::oracle
