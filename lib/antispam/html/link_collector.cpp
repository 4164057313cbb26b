#include "lib/antispam/html/link_collector.hpp"

#include <algorithm>
#include <utility>

#include "lib/antispam/html/base_uri.hpp"
#include "lib/antispam/text/characters.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

constexpr std::size_t npos = std::string_view::npos;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// White space or a no-break space at `at`: its octets, or 0.
std::size_t blank_size(const PerlString& text, std::size_t at) {
  if (text.is_characters) return leading_space(std::string_view(text.bytes).substr(at));
  return is_space_octet(text.bytes[at]) || text.bytes[at] == '\xA0' ? 1 : 0;
}

std::size_t trimmed_end(const PerlString& text, std::size_t begin) {
  std::size_t end = text.bytes.size();
  while (end > begin) {
    std::size_t last = end - 1;
    while (text.is_characters && last > begin && is_continuation_octet(text.bytes[last])) --last;
    if (blank_size(text, last) != end - last) break;
    end = last;
  }
  return end;
}

std::string without(std::string_view text, std::string_view what) {
  std::string out;
  for (std::size_t at = text.find(what); at != npos; at = text.find(what)) {
    out += text.substr(0, at);
    text.remove_prefix(at + what.size());
  }
  return out.append(text);
}

// One to eight letters, then "/href", in the name of an attribute.
bool is_broken_name(std::string_view name, std::string_view tail) {
  for (std::size_t at = name.find(tail); at != npos; at = name.find(tail, at + 1)) {
    if (at > 0 && is_word_octet(name[at - 1])) return true;
  }
  return false;
}

void repair_name(HtmlAttributes& attributes, std::string_view broken, std::string_view name) {
  PerlString value;
  bool is_found = false;
  for (const HtmlAttribute& each : attributes.all()) {
    if (!is_broken_name(each.name, broken)) continue;
    value = each.value;
    is_found = true;
  }
  if (is_found) attributes.set(name, std::move(value));
}

// Kept as they stand.
bool has_own_scheme(std::string_view uri) {
  constexpr std::string_view schemes[] = {"data:", "mailto:", "file:", "cid:", "tel:"};
  return std::any_of(std::begin(schemes), std::end(schemes), [uri](std::string_view scheme) {
    return ascii::starts_with_ignoring_case(uri, scheme);
  });
}

// Behind the last "url =" of the first line; npos: there is none.
std::size_t last_url(std::string_view content) {
  std::size_t found = npos;
  for (std::size_t at = 0; at + 3 <= content.size(); ++at) {
    if (!ascii::starts_with_ignoring_case(content.substr(at), "url")) continue;
    if (at > 0 && is_word_octet(content[at - 1])) continue;
    std::size_t equals = at + 3;
    while (equals < content.size() && is_space_octet(content[equals])) ++equals;
    if (equals >= content.size() || content[equals] != '=') continue;
    found = equals + 1;
  }
  return found;
}

bool contains_ignoring_case(std::string_view text, std::string_view word) {
  return ascii::to_lower(text).find(word) != npos;
}

constexpr std::size_t max_spare_host_size = 512;

// "http://host" of "http://host/path"; empty: there is no host.
std::string_view host_part(std::string_view uri) {
  const std::size_t slashes = uri.find("//");
  if (slashes == npos) return {};
  const std::size_t end = std::min(uri.find_first_of("/\\?#", slashes + 2), uri.size());
  return end == slashes + 2 ? std::string_view() : uri.substr(0, end);
}

}  // namespace

PerlString trimmed_uri(const PerlString& uri, bool& is_cut) {
  std::size_t begin = 0;
  while (begin < uri.bytes.size()) {
    const std::size_t size = blank_size(uri, begin);
    if (size == 0) break;
    begin += size;
  }
  std::string_view text(uri.bytes);
  text = text.substr(begin, trimmed_end(uri, begin) - begin);
  const std::size_t most = uri.is_characters ? octets_of_characters(text, max_html_uri_size)
                                             : std::min(text.size(), max_html_uri_size);
  if (most < text.size()) is_cut = true;
  return {std::string(text.substr(0, most)), uri.is_characters};
}

HtmlLink* LinkCollector::link(const PerlString& uri) {
  const std::string key = uri.is_characters ? uri.bytes : upgraded(uri.bytes);
  const auto known = places_.find(key);
  if (known != places_.end()) return &links_[known->second];
  const std::size_t size = 2 * key.size();  // it is kept twice
  if (links_.size() >= max_html_links || size > octets_left_) {
    is_truncated_ = true;
    return spare_link(uri);
  }
  octets_left_ -= size;
  places_.emplace(key, links_.size());
  links_.push_back({uri, {}, {}});
  return &links_.back();
}

// Who fills the limit up does not hide where his message leads: a link to a host that no other
// leads to is kept, without its path.
HtmlLink* LinkCollector::spare_link(const PerlString& uri) {
  if (!has_too_many_) {
    for (const HtmlLink& known : links_) hosts_.insert(std::string(host_part(known.uri.bytes)));
  }
  has_too_many_ = true;
  const std::string_view host = host_part(uri.bytes);
  if (host.empty() || host.size() > max_spare_host_size || spare_ >= max_spare_html_links) {
    return nullptr;
  }
  if (!hosts_.emplace(host).second) return nullptr;
  ++spare_;
  links_.push_back({{std::string(host), uri.is_characters}, {}, {}});
  return &links_.back();
}

void LinkCollector::add(std::string_view tag, const PerlString& written) {
  const PerlString uri = trimmed_uri(written, is_truncated_);
  if (uri.bytes.empty()) return;
  // Links that are left out are resolved all the same, each against a <base> of any size.
  const std::size_t work = base_.bytes.size() + uri.bytes.size();
  if (work > work_left_) {
    is_truncated_ = true;
    (void)spare_link(uri);
    return;
  }
  work_left_ -= work;
  PerlString target = uri;
  if (!has_own_scheme(uri.bytes)) {
    const bool is_mixed = base_.is_characters != uri.is_characters && !base_.bytes.empty();
    if (is_mixed) {
      const std::string base = base_.is_characters ? base_.bytes : upgraded(base_.bytes);
      const std::string text = uri.is_characters ? uri.bytes : upgraded(uri.bytes);
      target = {target_uri(base, text), true};
    } else {
      target.bytes = target_uri(base_.bytes, uri.bytes);
    }
    if (target.bytes.empty()) return;
  }
  HtmlLink* const found = link(target);
  if (found == nullptr) return;
  std::vector<std::string>& types = found->types;
  if (std::find(types.begin(), types.end(), tag) == types.end()) types.emplace_back(tag);
}

void LinkCollector::add_attribute(std::string_view tag, const HtmlAttributes& attributes,
                                  std::string_view name) {
  const PerlString* const value = attributes.find(name);
  if (value != nullptr) add(tag, *value);
}

void LinkCollector::read_tag(std::string_view tag, HtmlAttributes& attributes) {
  if (is_one_of(tag, {"body", "table", "tr", "td"})) {
    add_attribute(tag, attributes, "background");
  } else if (is_one_of(tag, {"a", "area", "link"})) {
    repair_name(attributes, "/href", "href");
    if (const PerlString* href = attributes.find("href")) {
      PerlString cleaned{without(href->bytes, byte_order_mark), href->is_characters};
      add(tag, cleaned);
      attributes.set("href", std::move(cleaned));
    }
    add_attribute(tag, attributes, "data-saferedirecturl");
  } else if (is_one_of(tag, {"img", "frame", "iframe", "embed", "script", "bgsound"})) {
    repair_name(attributes, "/src", "src");
    add_attribute(tag, attributes, "src");
  } else if (tag == "form") {
    add_attribute(tag, attributes, "action");
  } else if (tag == "base") {
    read_base(attributes);
  } else if (tag == "meta") {
    read_refresh(attributes);
  }
}

void LinkCollector::read_base(const HtmlAttributes& attributes) {
  const PerlString* const href = attributes.find("href");
  if (href == nullptr || href->bytes.empty() || href->bytes == "0") return;
  PerlString uri = trimmed_uri(*href, is_truncated_);
  add("base", uri);
  std::string base = base_of(uri.bytes);
  if (!base.empty()) base_ = {std::move(base), uri.is_characters};
}

void LinkCollector::read_refresh(const HtmlAttributes& attributes) {
  const PerlString* const kind = attributes.find("http-equiv");
  const PerlString* const content = attributes.find("content");
  if (kind == nullptr || content == nullptr) return;
  if (!contains_ignoring_case(kind->bytes, "refresh")) return;
  const std::size_t begin = last_url(content->bytes);
  if (begin == npos) return;
  std::string_view uri = std::string_view(content->bytes).substr(begin);
  while (!uri.empty() && is_space_octet(uri.front())) uri.remove_prefix(1);
  uri = uri.substr(0, uri.find(';'));
  add("meta", {std::string(uri), content->is_characters});
}

void LinkCollector::begin_anchor(const HtmlAttributes& attributes) {
  const PerlString* const href = attributes.find("href");
  const PerlString uri = href == nullptr ? PerlString() : trimmed_uri(*href, is_truncated_);
  HtmlLink* const found = anchors_ < max_html_anchors ? link(uri) : nullptr;
  has_anchor_ = found != nullptr;
  if (!has_anchor_) return;
  ++anchors_;
  found->anchor_texts.emplace_back();
  anchor_ = static_cast<std::size_t>(found - links_.data());
}

void LinkCollector::add_anchor_text(const PerlString& text) {
  if (has_anchor_) append(links_[anchor_].anchor_texts.back(), text);
}

}  // namespace postern::antispam
