// A message as SpamAssassin's rules see it. Each part is made when it is first asked for.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antispam/message/mime_node.hpp"
#include "lib/antispam/message/mime_tree.hpp"
#include "lib/antispam/relays/relay.hpp"
#include "lib/antispam/rules/options.hpp"
#include "lib/antispam/rules/rule.hpp"
#include "lib/antispam/text/perl_string.hpp"
#include "lib/antispam/uri/message_uri.hpp"

namespace postern::antispam {

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
  /// All that "From:addr" names, in order; fields end with their newline (get in list context).
  [[nodiscard]] const std::vector<std::string>& header_values(std::string_view key);
  /// Joined; of :addr, :name, :host, :domain, :ip, :revip and EnvelopeFrom the first one, without a
  /// newline (get in scalar context). Empty when there is none.
  [[nodiscard]] std::string header_text(std::string_view key);
  /// A field as it came, with folding and newline but without leading blanks: the last one
  /// (get_pristine_header). Nothing: no such field.
  [[nodiscard]] std::optional<std::string> pristine_field(std::string_view name) const;

  /// Lines with the subject first; in octets as patterns see them.
  [[nodiscard]] const std::vector<std::string>& body();
  /// The same, to be changed: SpamAssassin's FreeMail plugin takes addresses out of the lines that
  /// body rules see after it.
  [[nodiscard]] std::vector<std::string>& edited_body();
  /// Grows whenever the body may have changed.
  [[nodiscard]] unsigned body_version() const;
  /// Only what is shown, and only what is hidden by colour or size; as Bayes reads them.
  [[nodiscard]] std::vector<std::string> visible_body();
  [[nodiscard]] std::vector<std::string> invisible_body();
  /// Whether the text of body() was a character string before it became UTF-8; rules and URIs see
  /// octets all the same.
  [[nodiscard]] bool is_body_characters();
  [[nodiscard]] const std::vector<PerlString>& rawbody();
  [[nodiscard]] std::string_view full() const;
  [[nodiscard]] std::string_view pristine_headers() const;  ///< With the empty line.
  [[nodiscard]] std::string_view pristine_body() const;
  /// Unique cleaned forms; sorted.
  [[nodiscard]] const std::vector<PerlString>& uris();
  [[nodiscard]] const std::vector<MessageUri>& uri_details();
  /// Some links were left out of uri_details(): a limit was reached.
  [[nodiscard]] bool has_too_many_links();

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

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace postern::antispam
