#include "lib/antispam/uri/canonical.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "lib/antispam/text/characters.hpp"
#include "lib/antispam/uri/url_text.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

constexpr auto npos = std::string_view::npos;

bool starts_with(std::string_view text, std::string_view prefix) {
  return ascii::starts_with_ignoring_case(text, prefix);
}

/// "http://" or "https://", as it is written; empty: neither.
std::string_view web_scheme(std::string_view uri) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (starts_with(uri, scheme)) return uri.substr(0, scheme.size());
  }
  return {};
}

std::size_t trailing_space(std::string_view text) {
  if (is_space_octet(text.back())) return 1;
  std::size_t size = 1;
  while (size < 4 && size < text.size() && is_continuation_octet(text[text.size() - size])) ++size;
  return size > 1 && leading_space(text.substr(text.size() - size)) == size ? size : 0;
}

/// Without line ends, nor white space of its kind around it.
PerlString trimmed(const PerlString& uri) {
  PerlString out{{}, uri.is_characters};
  std::copy_if(uri.bytes.begin(), uri.bytes.end(), std::back_inserter(out.bytes),
               [](char c) { return c != '\n'; });
  std::string_view text = out.bytes;
  const auto space = [&uri](std::string_view at, bool first) -> std::size_t {
    if (at.empty()) return 0;
    if (!uri.is_characters) return is_space_octet(first ? at.front() : at.back()) ? 1 : 0;
    return first ? leading_space(at) : trailing_space(at);
  };
  while (const std::size_t size = space(text, true)) text.remove_prefix(size);
  while (const std::size_t size = space(text, false)) text.remove_suffix(size);
  std::string kept(text);
  std::erase(kept, '\r');
  out.bytes = std::move(kept);
  return out;
}

/// "#a", "?a", "&a", "/a", and single characters stay as they are.
bool is_left_alone(const PerlString& uri) {
  const std::string_view text = uri.bytes;
  if (text.size() <= 1 || (uri.is_characters && count_characters(text) <= 1)) return true;
  const char first = text.front();
  return first == '#' || first == '?' || first == '&' || (first == '/' && text[1] != '/');
}

bool is_mail(std::string_view uri) {
  if (starts_with(uri, "mailto:")) return true;
  const std::size_t at = uri.find('@');
  return at != npos && at < uri.find(':');
}

/// An unencoded scheme of any name. Perl takes two letters for ASCII that only look like it.
bool has_scheme(const PerlString& uri) {
  const std::string_view text = uri.bytes;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::string_view rest = text.substr(at);
    if (ascii::is_alnum(rest.front()) || rest.front() == '-' || rest.front() == '_') {
      ++at;
    } else if (uri.is_characters && rest.starts_with("\xE2\x84\xAA")) {  // U+212A, Kelvin sign
      at += 3;
    } else if (uri.is_characters && rest.starts_with("\xC5\xBF")) {  // U+017F, long s
      at += 2;
    } else {
      break;
    }
  }
  return at > 0 && at < text.size() && text[at] == ':';
}

/// "http:x", "http:/x" -> "http://x"
void complete_slashes(std::string& uri) {
  for (const std::string_view scheme : {"http:", "https:"}) {
    if (!starts_with(uri, scheme)) continue;
    std::size_t end = scheme.size();
    while (end < uri.size() && uri[end] == '/' && end < scheme.size() + 2) ++end;
    uri.replace(scheme.size(), end - scheme.size(), "//");
    return;
  }
}

/// "http://host?x" -> "http://host/?x"
void insert_path(std::string& uri) {
  const std::size_t scheme = web_scheme(uri).size();
  if (scheme == 0) return;
  const std::size_t end = uri.find_first_of("/?#", scheme);
  if (end != npos && end > scheme && uri[end] != '/') uri.insert(end, "/");
}

/// The parts that rules care for: "http://" "user@" "host" ":80/path".
struct WebUri {
  std::string_view scheme, user, host, rest;
};

std::optional<WebUri> take_apart(std::string_view uri) {
  WebUri parts;
  parts.scheme = web_scheme(uri);
  if (parts.scheme.empty()) return std::nullopt;
  uri.remove_prefix(parts.scheme.size());
  const std::size_t authority = std::min(uri.find_first_of("/?#"), uri.size());
  const std::size_t at = uri.substr(0, authority).find('@');
  const auto host_end = [uri](std::size_t from) {
    return std::min(uri.find_first_of("/?#:", from), uri.size());
  };
  std::size_t begin = at == npos ? 0 : at + 1;
  if (host_end(begin) == begin) begin = 0;  // no host after the user: then this is one
  if (host_end(begin) == begin) return std::nullopt;
  parts.user = uri.substr(0, begin);
  parts.host = uri.substr(begin, host_end(begin) - begin);
  parts.rest = uri.substr(host_end(begin));
  return parts;
}

/// Digits after the ":" that `rest` begins with.
std::string_view port_of(std::string_view rest) {
  if (!rest.starts_with(':')) return {};
  rest.remove_prefix(1);
  return rest.substr(0, std::min(rest.find_first_not_of("0123456789"), rest.size()));
}

/// "http…" somewhere in the rest of a URI, up to "&" or "#"; empty: none.
std::string_view embedded_uri(std::string_view rest) {
  for (std::size_t at = rest.find_first_of("hH"); at != npos;
       at = rest.find_first_of("hH", at + 1)) {
    const std::string_view here = rest.substr(at);
    const std::size_t scheme = starts_with(here, "http:") ? 5 : starts_with(here, "https:") ? 6 : 0;
    if (scheme == 0) continue;
    const std::size_t end = std::min(here.find_first_of("&#", scheme), here.size());
    if (end > scheme) return here.substr(0, end);
  }
  return {};
}

class Canonicalizer {
 public:
  explicit Canonicalizer(const RenderEnvironment& environment) : environment_(environment) {}

  std::vector<PerlString> run(const PerlString& uri) {
    uris_.push_back(uri);
    for (std::size_t i = 0; i < uris_.size(); ++i) {  // grows: add_redirection
      uris_[i] = trimmed(uris_[i]);
      const PerlString one = uris_[i];
      if (is_left_alone(one)) continue;
      if (is_mail(one.bytes)) {
        add_mail_forms(one);
      } else {
        add_url_forms(one);
      }
    }
    std::vector<PerlString> all;
    for (std::vector<PerlString>* list : {&uris_, &forms_}) {
      for (PerlString& form : *list) {
        if (std::find(all.begin(), all.end(), form) == all.end()) all.push_back(std::move(form));
      }
    }
    return all;
  }

 private:
  void add_form(std::string text, bool is_characters) {
    forms_.push_back({std::move(text), is_characters});
  }

  void add_mail_forms(const PerlString& uri) {
    const std::string_view text = uri.bytes;
    const auto add = [this, &uri](std::string form) {
      add_form(std::move(form), uri.is_characters);
    };
    const std::size_t at = text.find('@');
    if (at != npos && at > 0) {
      const std::size_t query = text.find('?', at + 1);
      if (query != npos && query > at + 1) add(std::string(text.substr(0, query)));
      const std::size_t end = text.find_first_of("?&", at + 1);
      if (end != npos && end > at + 1 && text[end] == '&') add(std::string(text.substr(0, end)));
    }
    if (text.find("%20") != npos) {
      const std::string_view address = without_spaces(text);
      if (!address.empty()) add("mailto:" + std::string(address));
    }
    const std::string_view angled = in_angles(text);
    if (!angled.empty()) add("mailto:" + std::string(angled));
  }

  /// An address after "mailto:" and "%20"s, up to "?", "&", or "%".
  static std::string_view without_spaces(std::string_view text) {
    const std::size_t at = text.find('@');
    if (at == npos) return {};
    const std::size_t end = std::min(text.find_first_of("?&%", at + 1), text.size());
    if (end == at + 1) return {};
    std::size_t best = npos;
    for (std::size_t begin : {std::size_t{text.starts_with("mailto:") ? 7U : 0U}, std::size_t{0}}) {
      const std::size_t first = begin;
      while (text.substr(begin).starts_with("%20")) begin += 3;
      while (begin >= at && begin >= first + 3) begin -= 3;
      if (begin < at) {
        best = begin;
        break;
      }
    }
    return best == npos ? std::string_view{} : text.substr(best, end - best);
  }

  /// The last "<address>" before any "?" or "&".
  static std::string_view in_angles(std::string_view text) {
    const std::size_t limit = std::min(text.find_first_of("?&"), text.size());
    const std::size_t last_close = text.rfind('>');
    std::size_t next = std::min(text.find_first_of("@>", limit), text.size());
    for (std::size_t open = limit; open-- > 0;) {
      if (text[open] == '@' || text[open] == '>') next = open;
      if (text[open] != '<' || next == text.size() || text[next] != '@' || next == open + 1)
        continue;
      if (last_close == npos || last_close <= next + 1 || text[next + 1] == '>') continue;
      return text.substr(open + 1, text.find('>', next + 1) - open - 1);
    }
    return {};
  }

  void add_url_forms(const PerlString& uri) {
    PerlString form = uri;
    std::string& text = form.bytes;
    std::replace(text.begin(), text.end(), '\\', '/');
    complete_slashes(text);
    if (has_escape(text)) form = url_encoded(form);
    if (!has_scheme(form)) text.insert(0, text.starts_with("ftp.") ? "ftp://" : "http://");
    insert_path(text);
    text = without_entities(text);
    if (form != uri) forms_.push_back(form);
    add_host_forms(form);
  }

  void add_host_forms(const PerlString& form) {
    const std::optional<WebUri> parts = take_apart(form.bytes);
    if (!parts) return;
    scheme_ = parts->scheme;
    rest_ = {std::string(parts->rest), form.is_characters};
    host_ = {std::string(parts->host), form.is_characters};
    const bool is_http = scheme_ == "http://";
    std::string_view port = port_of(parts->rest);
    PerlString without_port{{}, form.is_characters};
    if (port.empty()) {
      port = is_http ? "80" : "443";
    } else {
      without_port.bytes = parts->rest;
      if (strip_port(without_port, is_http ? ":80" : ":443")) add_joined(without_port);
    }
    const std::string octets = ascii::to_lower(host_.bytes);  // what Perl's idn_to_ascii gives
    if (form.is_characters && !is_all_ascii(host_.bytes)) {
      host_ = {octets, false};
      add_joined(rest_);
      if (!without_port.bytes.empty() && without_port.bytes != "0") add_joined(without_port);
    }
    if (strip_controls()) add_joined(rest_);
    add_redirection();
    if (strip_user()) add_joined(rest_);
    if (strip_end()) add_joined(rest_);
    const bool may_complete = is_http && parts->user.empty() && port == "80";
    add_number_forms(may_complete ? octets : std::string_view{});
  }

  void add_joined(const PerlString& rest) { add_joined(host_, rest); }
  void add_joined(const PerlString& host, const PerlString& rest) {
    PerlString form{std::string(scheme_), rest.is_characters};
    append(form, host);
    append(form, rest);
    forms_.push_back(std::move(form));
  }

  static bool strip_port(PerlString& rest, std::string_view port) {
    const std::string_view text = rest.bytes;
    if (!text.starts_with(port)) return false;
    if (text.size() > port.size()) {
      const char next = text[port.size()];
      if (is_word_octet(next) || (rest.is_characters && !is_ascii_octet(next))) return false;
    }
    rest.bytes.erase(0, port.size());
    return true;
  }

  bool strip_controls() {
    return std::erase_if(host_.bytes, [](char c) { return is_ascii_octet(c) && c <= ' '; }) > 0;
  }

  bool strip_user() {
    const std::size_t at = host_.bytes.find('@');
    if (at == npos || at == 0) return false;
    host_.bytes.erase(0, at + 1);
    return true;
  }

  bool strip_end() {
    std::size_t size = host_.bytes.size();
    while (size > 0 && !ascii::is_alnum(host_.bytes[size - 1])) --size;
    const bool stripped = size < host_.bytes.size();
    host_.bytes.resize(size);
    return stripped;
  }

  /// What a redirector leads to is a URI of its own.
  void add_redirection() {
    if (uris_.size() > max_redirections) return;
    PerlString whole{std::string(scheme_), false};
    append(whole, host_);
    append(whole, rest_);
    for (const Regex* pattern : environment_.redirectors) {
      if (pattern == nullptr) continue;
      const RegexMatch match = pattern->find_groups(whole.bytes);
      if (!match || match.groups.empty() || match.groups[0].first == npos) continue;
      const auto [begin, end] = match.groups[0];
      const std::string target = whole.bytes.substr(begin, end - begin);
      if (target.find('.') == npos) continue;
      uris_.push_back({target, whole.is_characters});
      return;
    }
    const std::string_view target = embedded_uri(rest_.bytes);
    if (target.find('.') == npos) return;
    uris_.push_back({std::string(target), rest_.is_characters});
  }

  /// Hosts that are numbers, and single words, which browsers complete.
  void add_number_forms(std::string_view host_to_complete) {
    std::string quad = decimal_quad(host_.bytes);
    if (quad.empty()) quad = quad_of_number(host_.bytes);
    if (!quad.empty()) return add_joined({quad, false}, rest_);
    if (host_to_complete.empty() || host_to_complete == "localhost") return;
    const bool is_valid = environment_.boundaries.is_domain_valid(host_to_complete);
    if (host_to_complete.starts_with("www.") && host_to_complete.size() > 4) {
      host_to_complete.remove_prefix(4);
    }
    if (is_valid || host_to_complete.find('.') != npos) return;
    add_joined({"www." + std::string(host_to_complete) + ".com", false}, rest_);
  }

  const RenderEnvironment& environment_;
  std::vector<PerlString> uris_;  ///< What came, and what redirectors lead to.
  std::vector<PerlString> forms_;
  std::string_view scheme_;  ///< Of the URI at work, as the next two.
  PerlString host_, rest_;
};

}  // namespace

std::string key_of(const PerlString& text) {
  return text.is_characters ? text.bytes : upgraded(text.bytes);
}

std::vector<PerlString> canonical_forms(const PerlString& uri,
                                        const RenderEnvironment& environment) {
  return Canonicalizer(environment).run(uri);
}

}  // namespace postern::antispam
