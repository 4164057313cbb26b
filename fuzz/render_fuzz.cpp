// Any octets as a message: what rules see of it is bounded.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fuzz/charsets.hpp"
#include "fuzz/support.hpp"
#include "lib/antispam/message/body_text.hpp"
#include "lib/antispam/message/environment.hpp"
#include "lib/antispam/message/header_values.hpp"
#include "lib/antispam/message/rendered_message.hpp"

using namespace postern;
using namespace postern::antispam;
using fuzz::require;

namespace {

void check_headers(RenderedMessage& message) {
  for (const std::string_view key :
       {"ALL", "ALL:raw", "From:addr", "To:name", "ToCc:addr:host", "MESSAGEID", "EnvelopeFrom",
        "Received:ip", "Subject:raw", "ALL-TRUSTED", "ALL-EXTERNAL:raw", "X-AuthorDomain"}) {
    (void)message.header_values(key);
  }
  require(message.header_text("ALL").size() <= max_header_size);
  (void)message.pristine_field("Subject");
}

void check_parts(RenderedMessage& message) {
  require(message.nodes().size() <= max_mime_nodes + max_mime_parts);
  for (const MimeNode* node : message.nodes()) {
    require(node->depth <= 2 * max_mime_depth + 2);
    require(node->is_leaf() == (node->children.empty() && !node->has_children));
  }
}

void check(std::string_view text) {
  static const Options options;
  static const RegistryBoundaries boundaries(options);
  static const std::vector<const Regex*> redirectors;
  static const fuzz::Latin1Charsets charsets;
  const RenderEnvironment environment{options, boundaries, redirectors, charsets};
  RenderedMessage message(text, environment);
  // One octet more where a space ends the line.
  for (const std::string& line : message.body()) require(line.size() <= max_body_line_size + 1);
  for (const PerlString& chunk : message.rawbody()) {
    require(chunk.bytes.size() <= 2 * max_body_line_size);
  }
  require(message.pristine_headers().size() + message.pristine_body().size() ==
          message.full().size());
  (void)message.visible_body();
  (void)message.invisible_body();
  (void)message.uris();
  (void)message.parse_flags();
  check_headers(message);
  check_parts(message);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  check(bytes);
  constexpr std::string_view words[] = {"\n",
                                        "\r\n",
                                        "Content-Type: ",
                                        "multipart/mixed; boundary=b",
                                        "--b\n",
                                        "--b--\n",
                                        " ",
                                        "message/rfc822",
                                        "text/html",
                                        "Subject: ",
                                        "=?utf-8?q?",
                                        "?=",
                                        "a",
                                        "From: ",
                                        "<a@example.org>",
                                        "\"x\" ",
                                        "(c)",
                                        ",",
                                        "Received: from x by y",
                                        "Content-Transfer-Encoding: ",
                                        "base64\n",
                                        "quoted-printable\n",
                                        "=41",
                                        "=\n",
                                        "QUJD",
                                        "<p>",
                                        "&#8217;",
                                        "\xE9",
                                        "X-Spam-Flag: YES\n",
                                        ":",
                                        "--",
                                        "http://x.com/"};
  check(fuzz::in_words(bytes, words));
  return 0;
}
