// Any bytes as a MIME message: limits hold, parts lie inside their parents, decoding never grows.
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/support.hpp"
#include "lib/mail/mime.hpp"
#include "lib/mail/utf8.hpp"

using namespace postern;
using fuzz::is_inside;
using fuzz::require;

namespace {

void check_part(const mail::MimeTree& tree, std::size_t position, std::string_view text) {
  const mail::Part& part = tree.parts[position];
  require(is_inside(part.body, text));
  for (const mail::HeaderField& field : part.header.fields()) require(is_inside(field.raw, text));
  require((part.parent == mail::no_part) == (position == 0));
  if (position > 0) {
    require(part.parent < position);
    const mail::Part& parent = tree.parts[part.parent];
    require(parent.is_container && parent.depth + 1 == part.depth);
    require(is_inside(part.body, parent.body));
  }
  require(mail::decode_body(part).size() <= part.body.size());
  require(mail::is_utf8(part.file_name));
  require(mail::is_utf8(mail::decode_text(part, mail::native_charsets())));
}

void check(std::string_view text, const mail::Limits& limits) {
  const mail::MimeTree tree = mail::parse_mime(mail::parse_message(text, limits), limits);
  require(!tree.parts.empty() && tree.parts.size() <= limits.parts);
  std::size_t fields = 0;
  for (std::size_t i = 0; i < tree.parts.size(); ++i) {
    require(tree.parts[i].depth <= limits.depth);
    require(tree.parts[i].content_type.parameters.list.size() <= limits.parameters);
    if (i > 0) fields += tree.parts[i].header.fields().size();
    check_part(tree, i, text);
  }
  require(fields <= limits.part_fields);
}

// Each octet becomes a piece of a message, so that trees grow from a few octets.
std::string assembled(std::string_view text) {
  constexpr std::string_view pieces[] = {
      "--A\n",
      "--A--\n",
      "--B\r\n",
      "--B--\r\n",
      "\n",
      "\r\n",
      "x",
      "X: 1\n",
      "--AB\n",
      "-",
      " ",
      "\r",
      "From a\n",
      "=",
      "Yg=",
      "\xc3",
      "Content-Type: multipart/mixed; boundary=A\n",
      "Content-Type: multipart/digest; boundary=\"B\"\r\n",
      "Content-Type: multipart/mixed; boundary=A; boundary=AB\n",
      "Content-Type: multipart/mixed; boundary=\"\"\n",
      "Content-Type: message/rfc822\n",
      "Content-Type: text/plain; name*0*=latin1''%FC; name*1=x\n",
      "Content-Transfer-Encoding: base64\n",
      "Content-Transfer-Encoding: quoted-printable\n"};
  constexpr std::size_t max_pieces = 512;
  return fuzz::in_words(text.substr(0, max_pieces), pieces);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  mail::Limits small;
  small.depth = 2;
  small.parts = 4;
  small.part_fields = 3;
  small.boundary_size = 1;
  small.parameters = 2;
  small.ambiguous_boundaries = 1;
  const std::string message = assembled(text);
  check(text, {});
  check(text, small);
  check(message, {});
  check(message, small);
  return 0;
}
