#include "lib/antispam/uri/find_uris.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "lib/antispam/text/characters.hpp"
#include "lib/antispam/uri/canonical.hpp"
#include "lib/antispam/uri/text_uris.hpp"
#include "lib/antispam/uri/url_text.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

constexpr auto npos = std::string_view::npos;

bool starts_with(std::string_view text, std::string_view prefix) {
  return ascii::starts_with_ignoring_case(text, prefix);
}

/// ")" ends a link unless "(" stands before it: the last such. Punctuation at the end is the
/// sentence's.
std::string_view linked_part(std::string_view text) {
  const std::size_t close = text.substr(0, text.find('(')).rfind(')');
  text = text.substr(0, close);
  const std::size_t last = text.find_last_not_of("-~!@#^&*()_+=:;'?,.");
  return text.substr(0, last == npos ? 0 : last + 1);
}

/// "http:", "http:/", "http://" with nothing behind, and likewise any word.
bool is_bare_scheme(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == npos || colon == 0) return false;
  const std::string_view rest = text.substr(colon + 1);
  return (rest.empty() || rest == "/" || rest == "//") &&
         std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon),
                     is_word_octet);
}

bool has_known_scheme(std::string_view text) {
  for (const std::string_view scheme : {"http:", "https:", "ftp:", "mailto:"}) {
    if (starts_with(text, scheme)) return true;
  }
  return false;
}

/// "www.", "www1.", "www12."
bool begins_with_www(std::string_view text) {
  if (!starts_with(text, "www")) return false;
  std::size_t end = 3;
  while (end < text.size() && end < 5 && ascii::is_digit(text[end])) ++end;
  return end < text.size() && text[end] == '.';
}

/// "a/b@": no mail address.
bool has_path_before_sign(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::size_t sign = text.rfind('@');
  return slash != npos && sign != npos && sign >= slash + 2;
}

/// Without what is often glued to the front of an address: "mail:", "e-mail:", "skype:", ":".
std::string_view without_label(std::string_view text) {
  for (const std::string_view label : {"skype", "e-mail", "email", "-mail", "mail", ""}) {
    if (!starts_with(text, label)) continue;
    std::string_view rest = text.substr(label.size());
    if (!rest.starts_with(':')) continue;
    rest.remove_prefix(std::min(rest.find_first_not_of(':'), rest.size()));
    return rest;
  }
  return text;
}

/// A URI of text with its scheme.
struct Completed {
  std::string uri;
  bool schemeless = false;
  bool unlinked = false;
};

std::optional<Completed> completed(std::string_view raw) {
  const auto with = [raw](std::string_view scheme) {
    return Completed{std::string(scheme).append(raw), true, false};
  };
  if (has_known_scheme(raw)) return Completed{std::string(raw), false, false};
  if (starts_with(raw, "ftp.")) return with("ftp://");
  if (begins_with_www(raw) || has_path_before_sign(raw)) return with("http://");
  const std::size_t sign = raw.find('@');
  if (sign == npos) {
    if (raw.find('.') == npos) return std::nullopt;
    Completed uri = with("http://");
    uri.unlinked = true;
    return uri;
  }
  if (sign + 2 >= raw.size() || raw.find('.', sign + 2) == npos) return std::nullopt;
  if (raw.find("&nbsp;") != npos) return std::nullopt;
  return Completed{"mailto:" + std::string(without_label(raw)), true, false};
}

/// Of all characters that are not ASCII, only this one is a letter of ASCII in lower case.
constexpr std::string_view kelvin_sign = "\xE2\x84\xAA";

std::string with_kelvin_folded(std::string text) {
  for (std::size_t at = 0; (at = text.find(kelvin_sign, at)) != npos;) {
    text.replace(at, kelvin_sign.size(), "k");
  }
  return text;
}

class Finder {
 public:
  explicit Finder(const RenderEnvironment& environment) : environment_(environment) {}

  void add_text(std::string_view line) {
    for (const TextUri& found : text_uris(line, environment_.boundaries)) add_found(found);
  }

  void add_html(const HtmlResults& part) {
    for (const HtmlLink& link : part.links) {
      MessageUri* uri = add(link.uri, link.types, false);
      if (uri == nullptr) continue;
      std::set<std::pair<bool, std::string_view>> seen;
      for (const PerlString& text : link.anchor_texts) {
        if (seen.emplace(text.is_characters, text.bytes).second) uri->anchor_texts.push_back(text);
      }
    }
    is_over_limit_ = is_over_limit_ || part.has_too_many_links;
  }

  /// Each "d=" at a word's beginning, up to ";".
  void add_signature(std::string_view field) {
    for (std::size_t at = field.find('d'); at != npos; at = field.find('d', at + 1)) {
      if (at > 0 && is_word_octet(field[at - 1])) continue;
      std::size_t begin = skip_space(field, at + 1);
      if (begin == field.size() || field[begin] != '=') continue;
      begin = skip_space(field, begin + 1);
      const std::size_t end = std::min(field.find(';', begin), field.size());
      std::string domain(field.substr(begin, end - begin));
      std::erase_if(domain, is_space_octet);
      if (!domain.empty()) add_signer(domain);
      at = std::max(at, end - 1);
    }
  }

  FoundUris finish() && { return {std::move(found_), is_over_limit_}; }

 private:
  void add_found(const TextUri& found) {
    const std::string_view raw = linked_part(found.text);
    if (!seen_.emplace(raw).second) return;
    if (found.kind == TextUri::Kind::mail && raw.find('@') == npos) return;
    if (!found.host.empty() && !RegistryBoundaries::is_fqdn_valid(found.host)) return;
    if (starts_with(raw, "cid:") || starts_with(raw, "mid:") || is_bare_scheme(raw)) return;
    std::optional<Completed> uri = completed(raw);
    if (!uri || !checks_mail(uri->uri)) return;
    std::vector<std::string> types = {"parsed"};
    if (uri->schemeless) types.emplace_back("schemeless");
    if (uri->unlinked) types.emplace_back("unlinked");
    add({std::move(uri->uri), false}, types, true);
  }

  /// Decodes a mail URI; its host has to have a known top-level domain.
  bool checks_mail(std::string& uri) const {
    if (!starts_with(uri, "mailto:")) return true;
    if (has_escape(uri)) uri = url_encoded({uri, false}).bytes;
    const std::size_t sign = uri.find('@');
    if (sign == npos) return false;
    const std::string_view after = std::string_view(uri).substr(sign + 1);
    std::string_view host = after.substr(0, after.find_first_of("?&>"));
    while (host.ends_with("%20")) host.remove_suffix(3);
    return environment_.boundaries.is_domain_valid(host);
  }

  static std::size_t skip_space(std::string_view text, std::size_t at) {
    while (at < text.size() && is_space_octet(text[at])) ++at;
    return at;
  }

  void add_signer(const std::string& domain) {
    MessageUri signer;
    signer.uri.bytes = "domainkeys:" + domain;
    add_host(signer.uri, signer);
    octets_ += signer.uri.bytes.size();
    if (signer.hosts.empty() || octets_ >= max_uri_octets) return;
    signer.types = {"domainkeys", "nocanon", "noclean"};
    if (places_.emplace(signer.uri.bytes, found_.size()).second) found_.push_back(signer);
  }

  /// \return nullptr: it was not added.
  MessageUri* add(const PerlString& uri, const std::vector<std::string>& types, bool needs_domain) {
    if (octets_ >= max_uri_octets) return add_host_only(uri, types);
    MessageUri made{uri, canonical_forms(uri, environment_), {}, {}, {}, false};
    for (PerlString& form : made.cleaned) {
      cut(form, made);
      octets_ += form.bytes.size();
      add_host(form, made);
    }
    if (made.cleaned.empty() || (needs_domain && made.hosts.empty())) return nullptr;
    const auto [place, is_new] = places_.emplace(key_of(uri), found_.size());
    if (is_new) {
      found_.push_back(std::move(made));
    } else {
      merge(found_[place->second], made);
    }
    MessageUri& kept = found_[place->second];
    kept.types.insert(types.begin(), types.end());
    return &kept;
  }

  /// Beyond the limit a URI is kept only if it leads to a host that no other does: who fills the
  /// limit up does not hide where his message leads. Nothing but its host is looked at.
  MessageUri* add_host_only(const PerlString& uri, const std::vector<std::string>& types) {
    is_over_limit_ = true;
    if (hosts_.empty()) {
      for (const MessageUri& known : found_) {
        for (const auto& [host, domain] : known.hosts) hosts_.insert(host);
      }
    }
    MessageUri made{uri, {}, {types.begin(), types.end()}, {}, {}, false};
    if (made.uri.bytes.size() > max_uri_size || spare_hosts_ >= max_spare_hosts) return nullptr;
    add_host(made.uri, made);
    if (made.hosts.empty() || !hosts_.insert(made.hosts.front().first).second) return nullptr;
    if (!places_.emplace(key_of(uri), found_.size()).second) return nullptr;
    ++spare_hosts_;
    found_.push_back(std::move(made));
    return &found_.back();
  }

  static void cut(PerlString& form, MessageUri& uri) {
    if (form.bytes.size() <= max_uri_size) return;
    const std::size_t size =
        form.is_characters ? octets_of_characters(form.bytes, max_uri_size) : max_uri_size;
    uri.truncated = uri.truncated || size < form.bytes.size();
    form.bytes.resize(size);
  }

  void add_host(const PerlString& form, MessageUri& uri) const {
    const bool folds = form.is_characters && form.bytes.find(kelvin_sign) != npos;
    std::pair<std::string, std::string> found = environment_.boundaries.host_and_domain(
        folds ? with_kelvin_folded(form.bytes) : form.bytes);
    if (found.second.empty()) return;
    const auto same = [&found](const auto& known) { return known.first == found.first; };
    if (std::any_of(uri.hosts.begin(), uri.hosts.end(), same)) return;
    uri.hosts.push_back(std::move(found));
  }

  /// The same URI in text and in HTML, or of two parts.
  static void merge(MessageUri& known, MessageUri& again) {
    for (PerlString& form : again.cleaned) {
      if (std::find(known.cleaned.begin(), known.cleaned.end(), form) == known.cleaned.end()) {
        known.cleaned.push_back(std::move(form));
      }
    }
    known.truncated = known.truncated || again.truncated;
  }

  const RenderEnvironment& environment_;
  std::vector<MessageUri> found_;
  std::unordered_map<std::string, std::size_t> places_;  ///< key_of(uri) -> found_
  std::unordered_set<std::string> seen_;                 ///< As they stand in text.
  std::size_t octets_ = 0;
  bool is_over_limit_ = false;
  std::unordered_set<std::string> hosts_;  ///< Once the limit is reached.
  std::size_t spare_hosts_ = 0;
};

}  // namespace

FoundUris find_uris(std::span<const std::string> body, std::span<const HtmlResults* const> parts,
                    std::span<const std::string> signatures, const RenderEnvironment& environment) {
  Finder finder(environment);
  for (const std::string& line : body) finder.add_text(line);
  for (const HtmlResults* part : parts) finder.add_html(*part);
  for (const std::string& signature : signatures) finder.add_signature(signature);
  return std::move(finder).finish();
}

}  // namespace postern::antispam
