// A message as SpamAssassin's rules see it. Each part is made when it is first asked for.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antispam/message/mime_node.hpp"
#include "lib/antispam/relays/relay.hpp"
#include "lib/antispam/rules/options.hpp"
#include "lib/antispam/rules/rule.hpp"
#include "lib/antispam/text/perl_string.hpp"
#include "lib/antispam/uri/message_uri.hpp"

namespace postern::antispam {

/// What was odd while the message was parted; eval rules ask for it.
struct ParseFlags {
  bool missing_head_body_separator = false;
  bool missing_mime_headers = false;
  bool missing_mime_head_body_separator = false;
  bool mime_epilogue_exists = false;
  bool truncated_header = false;
  bool mimepart_limit_exceeded = false;
};

/// A Domain finder and what else rendering needs; made once per configuration.
struct RenderEnvironment;

/// For one thread. Everything borrowed outlives it.
class RenderedMessage {
 public:
  /// \param text  The message as it came; CRLF or LF.
  RenderedMessage(std::string_view text, const RenderEnvironment& environment);
  ~RenderedMessage();
  RenderedMessage(const RenderedMessage&) = delete;
  RenderedMessage& operator=(const RenderedMessage&) = delete;

  /// The value that header rules see: all instances, each with a newline. Nothing: no such field.
  [[nodiscard]] const std::optional<PerlString>& header(const HeaderKey& key);
  /// Shorthand: "From:addr". Empty string when there is none.
  [[nodiscard]] std::string header_text(std::string_view key);

  /// Lines with the subject first; in octets as patterns see them.
  [[nodiscard]] const std::vector<std::string>& body();
  [[nodiscard]] bool is_body_characters();  ///< Whether body() is UTF-8 of a character string.
  [[nodiscard]] const std::vector<PerlString>& rawbody();
  [[nodiscard]] std::string_view full() const;
  [[nodiscard]] std::string_view pristine_headers() const;  ///< With the empty line.
  [[nodiscard]] std::string_view pristine_body() const;
  /// Unique cleaned forms; sorted.
  [[nodiscard]] const std::vector<PerlString>& uris();
  [[nodiscard]] const std::vector<MessageUri>& uri_details();

  [[nodiscard]] const RelayChain& relays();
  [[nodiscard]] std::optional<std::string> envelope_from();
  [[nodiscard]] const MimeNode& root() const;
  [[nodiscard]] const std::vector<const MimeNode*>& leaves();  ///< Depth first.
  [[nodiscard]] const std::vector<const MimeNode*>& nodes();   ///< All, depth first.
  [[nodiscard]] const ParseFlags& parse_flags();
  [[nodiscard]] const Options& options() const;
  [[nodiscard]] const RenderEnvironment& environment() const;
  /// HTML results of every leaf that was rendered as HTML.
  [[nodiscard]] const std::vector<const HtmlResults*>& html();

  /// Header fields deleted before checking: X-Spam-*.
 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace postern::antispam
