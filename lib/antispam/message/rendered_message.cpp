#include "lib/antispam/message/rendered_message.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "lib/antispam/message/body_text.hpp"
#include "lib/antispam/message/environment.hpp"
#include "lib/antispam/message/header_values.hpp"
#include "lib/antispam/message/render_part.hpp"
#include "lib/antispam/text/characters.hpp"
#include "lib/antispam/uri/find_uris.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

// Depth first, without recursion.
std::vector<MimeNode*> all_nodes(MimeNode& root) {
  std::vector<MimeNode*> found;
  std::vector<MimeNode*> open = {&root};
  while (!open.empty()) {
    MimeNode* const node = open.back();
    open.pop_back();
    found.push_back(node);
    for (auto child = node->children.rbegin(); child != node->children.rend(); ++child) {
      open.push_back(child->get());
    }
  }
  return found;
}

bool is_ours(const NodeField& field) {
  return ascii::starts_with_ignoring_case(field.name, "X-Spam-");
}

// SpamAssassin finds parts by a pattern that any type matches but an empty one.
bool is_found(const MimeNode& leaf) {
  return !leaf.type.empty();
}

// "text" or "message", then no letter or digit.
bool is_text_or_message(std::string_view type) {
  for (const std::string_view word : {"text", "message"}) {
    if (!type.starts_with(word)) continue;
    return type.size() == word.size() || !is_word_octet(type[word.size()]);
  }
  return false;
}

bool ends_with_newline(const std::vector<std::string>& values) {
  return !values.empty() && values.front().ends_with('\n');
}

std::string joined(const std::vector<std::string>& values, std::string_view separator) {
  std::string text;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) text += separator;
    text += values[i];
  }
  return text;
}

}  // namespace

struct RenderedMessage::Parts {
  Parts(std::string_view text, const RenderEnvironment& env)
      : environment(env), tree(read_mime_tree(text, env.charsets)) {
    std::erase_if(tree.root->fields, is_ours);
    for (MimeNode* node : all_nodes(*tree.root)) {
      nodes.push_back(node);
      if (!node->is_leaf()) continue;
      leaves.push_back(node);
      mutable_leaves.push_back(node);
    }
    values.emplace(tree.root->fields, tree.full.substr(0, tree.header_size), environment);
  }

  void render() {
    if (is_rendered) return;
    is_rendered = true;
    for (MimeNode* leaf : mutable_leaves) {
      if (!is_found(*leaf)) continue;
      render_part(*leaf, environment.options.normalize_charset, environment.charsets);
      if (leaf->html) html.push_back(&*leaf->html);
    }
  }

  // The last subject, or an empty line.
  [[nodiscard]] std::string subject() const {
    const NodeField* const field = tree.root->field("subject");
    return field == nullptr ? "\n" : field->value.bytes + '\n';
  }

  template <typename Choose>
  [[nodiscard]] BodyText body_text(const Choose& choose) {
    render();
    BodyText text;
    for (const MimeNode* leaf : leaves) {
      if (!is_found(*leaf)) continue;
      text.begin_part();
      const std::optional<PerlString>& chosen = choose(*leaf);
      if (chosen) text.add(*chosen);
    }
    return text;
  }

  [[nodiscard]] bool has_found() const {
    return std::any_of(leaves.begin(), leaves.end(),
                       [](const MimeNode* leaf) { return is_found(*leaf); });
  }

  const RenderEnvironment& environment;
  MimeTree tree;
  std::vector<const MimeNode*> nodes, leaves;
  std::vector<MimeNode*> mutable_leaves;
  std::optional<HeaderValues> values;
  std::map<std::string, std::optional<PerlString>, std::less<>> headers;
  bool is_rendered = false;
  std::vector<const HtmlResults*> html;
  std::optional<std::vector<std::string>> body;
  unsigned body_version = 0;
  bool is_body_characters = false;
  std::optional<std::vector<PerlString>> rawbody;
  std::optional<std::vector<MessageUri>> uri_details;
  bool has_too_many_links = false;  // of uri_details
  std::optional<std::vector<PerlString>> uris;
};

RenderedMessage::RenderedMessage(std::string_view text, const RenderEnvironment& environment)
    : parts_(std::make_unique<Parts>(text, environment)) {}

RenderedMessage::~RenderedMessage() = default;

const std::optional<PerlString>& RenderedMessage::header(const HeaderKey& key) {
  std::string text = key.name;
  for (const std::string& modifier : key.modifiers) text += ':' + modifier;
  const auto known = parts_->headers.find(text);
  if (known != parts_->headers.end()) return known->second;
  const std::vector<std::string>& values = header_values(text);
  std::optional<PerlString> value;
  if (!values.empty()) value = PerlString{joined(values, ends_with_newline(values) ? "" : "\n")};
  return parts_->headers.emplace(std::move(text), std::move(value)).first->second;
}

const std::vector<std::string>& RenderedMessage::header_values(std::string_view key) {
  return parts_->values->get(key);
}

std::string RenderedMessage::header_text(std::string_view key) {
  const std::vector<std::string>& values = header_values(key);
  if (values.empty()) return {};
  if (!HeaderRequest(key).is_of_one()) return joined(values, "");
  std::string first = values.front();
  if (first.ends_with('\n')) first.pop_back();
  return first;
}

std::optional<std::string> RenderedMessage::pristine_field(std::string_view name) const {
  std::optional<std::string> found;
  for (const std::string& field : parts_->values->get("ALL:raw")) {
    std::string_view text = field;
    if (!ascii::starts_with_ignoring_case(text, name)) continue;
    text.remove_prefix(name.size());
    const std::size_t colon = text.find_first_not_of(" \t");
    if (colon == text.npos || text[colon] != ':') continue;
    text.remove_prefix(colon + 1);
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    found = std::string(text);
  }
  if (found) return found;
  const std::vector<std::string>& values = parts_->values->get(name);
  return values.empty() ? std::nullopt : std::optional(values.back());
}

const std::vector<std::string>& RenderedMessage::body() {
  if (parts_->body) return *parts_->body;
  parts_->body.emplace();
  if (!parts_->has_found()) return *parts_->body;
  const BodyText text =
      parts_->body_text([](const MimeNode& leaf) -> const auto& { return leaf.rendered; });
  parts_->is_body_characters = text.is_characters();
  parts_->body = text.lines(parts_->subject());
  return *parts_->body;
}

std::vector<std::string>& RenderedMessage::edited_body() {
  (void)uri_details();  // of the body as it was
  ++parts_->body_version;
  return *parts_->body;
}

unsigned RenderedMessage::body_version() const {
  return parts_->body_version;
}

std::vector<std::string> RenderedMessage::visible_body() {
  if (!parts_->has_found()) return {};
  return parts_
      ->body_text([](const MimeNode& leaf) -> const auto& {
        return leaf.visible_rendered ? leaf.visible_rendered : leaf.rendered;
      })
      .lines(parts_->subject());
}

std::vector<std::string> RenderedMessage::invisible_body() {
  if (!parts_->has_found()) return {};
  return parts_
      ->body_text([](const MimeNode& leaf) -> const auto& { return leaf.invisible_rendered; })
      .lines({});
}

bool RenderedMessage::is_body_characters() {
  (void)body();
  return parts_->is_body_characters;
}

const std::vector<PerlString>& RenderedMessage::rawbody() {
  if (parts_->rawbody) return *parts_->rawbody;
  parts_->rawbody.emplace();
  for (const MimeNode* leaf : parts_->leaves) {
    const bool is_read = is_found(*leaf) && is_text_or_message(leaf->effective_type) &&
                         leaf->type != "text/calendar";
    if (is_read) add_rawbody_chunks(*parts_->rawbody, leaf->decoded);
  }
  return *parts_->rawbody;
}

std::string_view RenderedMessage::full() const {
  return parts_->tree.full;
}

std::string_view RenderedMessage::pristine_headers() const {
  return full().substr(0, parts_->tree.header_size);
}

std::string_view RenderedMessage::pristine_body() const {
  return full().substr(parts_->tree.header_size);
}

const std::vector<PerlString>& RenderedMessage::uris() {
  if (parts_->uris) return *parts_->uris;
  std::set<std::string> seen;  // as characters
  parts_->uris.emplace();
  for (const MessageUri& uri : uri_details()) {
    for (const PerlString& cleaned : uri.cleaned) {
      std::string characters = cleaned.is_characters ? cleaned.bytes : upgraded(cleaned.bytes);
      if (seen.insert(std::move(characters)).second) parts_->uris->push_back(cleaned);
    }
  }
  std::sort(parts_->uris->begin(), parts_->uris->end(),
            [](const PerlString& a, const PerlString& b) { return a.bytes < b.bytes; });
  return *parts_->uris;
}

const std::vector<MessageUri>& RenderedMessage::uri_details() {
  if (parts_->uri_details) return *parts_->uri_details;
  std::vector<std::string> signatures;
  if (options().reads_dkim_uris) {
    for (const char* name : {"DomainKey-Signature", "DKIM-Signature"}) {
      const std::optional<PerlString>& fields = header({name, {}});
      for (std::string_view rest = fields ? fields->bytes : std::string_view(); !rest.empty();) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        signatures.emplace_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
      }
    }
  }
  FoundUris found = find_uris(body(), html(), signatures, parts_->environment);
  parts_->has_too_many_links = found.is_over_limit;
  parts_->uri_details = std::move(found.uris);
  return *parts_->uri_details;
}

bool RenderedMessage::has_too_many_links() {
  (void)uri_details();
  return parts_->has_too_many_links;
}

const RelayChain& RenderedMessage::relays() {
  return parts_->values->relays();
}

std::optional<std::string> RenderedMessage::envelope_from() {
  return parts_->values->envelope_from();
}

const MimeNode& RenderedMessage::root() const {
  return *parts_->tree.root;
}

const std::vector<const MimeNode*>& RenderedMessage::leaves() {
  return parts_->leaves;
}

const std::vector<const MimeNode*>& RenderedMessage::nodes() {
  return parts_->nodes;
}

const ParseFlags& RenderedMessage::parse_flags() {
  if (parts_->values->is_truncated()) parts_->tree.flags.truncated_header = true;
  return parts_->tree.flags;
}

const Options& RenderedMessage::options() const {
  return parts_->environment.options;
}

const RenderEnvironment& RenderedMessage::environment() const {
  return parts_->environment;
}

const std::vector<const HtmlResults*>& RenderedMessage::html() {
  parts_->render();
  return parts_->html;
}

}  // namespace postern::antispam
