#include "lib/antispam/html/base_uri.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

constexpr std::size_t npos = std::string_view::npos;

struct UriParts {
  std::optional<std::string_view> scheme, authority;
  std::string_view path;
  std::optional<std::string_view> query, fragment;
};

UriParts read_uri(std::string_view uri) {
  UriParts parts;
  const std::size_t colon = uri.find_first_of(":/?#");
  if (colon != npos && colon > 0 && uri[colon] == ':') {
    parts.scheme = uri.substr(0, colon);
    uri.remove_prefix(colon + 1);
  }
  if (uri.starts_with("//")) {
    const std::size_t end = std::min(uri.find_first_of("/?#", 2), uri.size());
    parts.authority = uri.substr(2, end - 2);
    uri.remove_prefix(end);
  }
  parts.path = uri.substr(0, uri.find_first_of("?#"));
  uri.remove_prefix(parts.path.size());
  if (uri.starts_with('?')) {
    parts.query = uri.substr(1, uri.find('#') == npos ? npos : uri.find('#') - 1);
    uri.remove_prefix(parts.query->size() + 1);
  }
  if (uri.starts_with('#'))
    parts.fragment = uri.substr(1, uri.find('\n') == npos ? npos : uri.find('\n') - 1);
  return parts;
}

// "/." or "/.." before a slash or the end.
bool takes_dots(std::string_view path, std::string_view dots) {
  return path.starts_with(dots) && (path.size() == dots.size() || path[dots.size()] == '/');
}

void remove_last_segment(std::string& path) {
  const std::size_t slash = path.rfind('/');
  path.resize(slash == npos ? 0 : slash);
}

std::string without_dots(std::string_view path) {
  if (path.starts_with("../")) path.remove_prefix(2);
  if (path.starts_with("./")) path.remove_prefix(1);
  std::string out;
  std::string rest;  // what a dot segment at the end leaves
  while (!path.empty() && path != "0") {
    const bool is_parent = takes_dots(path, "/..");
    if (is_parent || takes_dots(path, "/.")) {
      path.remove_prefix(is_parent ? 3 : 2);
      if (is_parent) remove_last_segment(out);
      if (path.empty()) path = "/";
      continue;
    }
    const std::size_t end = std::min(path.find('/', 1), path.size());
    out += path.substr(0, end);
    path.remove_prefix(end);
  }
  return out;
}

std::string merged_path(const UriParts& base, std::string_view path) {
  const bool has_base_path = !base.path.empty() && base.path != "0";
  if (base.authority && !has_base_path) return "/" + std::string(path);
  const std::size_t slash = base.path.rfind('/');
  const std::string_view folder = slash == npos ? "" : base.path.substr(0, slash + 1);
  return std::string(folder) + std::string(path);
}

// "www" or "ftp", digits, a dot.
bool is_host_of(std::string_view authority, std::string_view word) {
  if (!ascii::starts_with_ignoring_case(authority, word)) return false;
  authority.remove_prefix(word.size());
  while (!authority.empty() && ascii::is_digit(authority.front())) authority.remove_prefix(1);
  return authority.starts_with('.');
}

struct Target {
  std::optional<std::string_view> scheme, authority, query;
  std::string path;
};

Target resolve(const UriParts& base, UriParts& reference) {
  if (reference.scheme && base.scheme && *reference.scheme == *base.scheme) {
    reference.scheme.reset();
  }
  if (reference.scheme) {
    return {reference.scheme, reference.authority, reference.query, without_dots(reference.path)};
  }
  if (reference.authority) {
    return {base.scheme, reference.authority, reference.query, without_dots(reference.path)};
  }
  if (reference.path.empty()) {
    return {base.scheme, base.authority, reference.query ? reference.query : base.query,
            std::string(base.path)};
  }
  const std::string path =
      without_dots(reference.path.starts_with('/') ? std::string(reference.path)
                                                   : merged_path(base, reference.path));
  return {base.scheme, base.authority, reference.query, path};
}

}  // namespace

std::string target_uri(std::string_view base, std::string_view text) {
  UriParts reference = read_uri(text);
  const Target target = resolve(read_uri(base), reference);
  std::string uri;
  if (target.scheme && !target.scheme->empty() && *target.scheme != "0") {
    uri = std::string(*target.scheme) + ":";
  } else if (target.authority) {
    if (is_host_of(*target.authority, "www")) {
      uri = "http:";
    } else if (is_host_of(*target.authority, "ftp")) {
      uri = "ftp:";
    }
  }
  if (target.authority) uri.append("//").append(*target.authority);
  uri += target.path;
  if (target.query) uri.append("?").append(*target.query);
  if (reference.fragment) uri.append("#").append(*reference.fragment);
  return uri;
}

std::string base_of(std::string_view href) {
  std::size_t begin = 0;
  for (const std::string_view scheme : {"http:", "https:", "ftp:"}) {
    if (ascii::starts_with_ignoring_case(href, scheme)) begin = scheme.size();
  }
  if (begin == 0) return {};
  for (int slashes = 0; slashes < 2 && href.substr(begin).starts_with('/'); ++slashes) ++begin;
  // "host/…file.html" loses the file.
  const std::size_t host_end = href.find('/', begin);
  const std::size_t dot = href.rfind('.');
  if (host_end != npos && host_end > begin && dot != npos && dot > host_end) {
    const std::string_view extension = href.substr(dot + 1);
    const std::size_t before = href.find_last_of("/.", dot - 1);
    const bool is_file = extension.size() >= 2 && extension.size() <= 4 &&
                         extension.find('/') == npos && before < dot - 1 && before >= host_end;
    if (is_file) href = href.substr(0, before + 1);
  }
  std::string base(href);
  if (!base.ends_with('/')) base += '/';
  return base;
}

}  // namespace postern::antispam
