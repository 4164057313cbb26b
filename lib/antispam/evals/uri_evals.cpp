// Evals over the URIs of a message (Mail::SpamAssassin::Plugin::URIEval, HTTPSMismatch).
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antispam/evals/arguments.hpp"
#include "lib/antispam/evals/eval_tables.hpp"
#include "lib/antispam/message/environment.hpp"
#include "lib/antispam/text/ip_text.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

using Values = std::span<const std::string>;
constexpr auto npos = std::string_view::npos;

const RegistryBoundaries& boundaries(EvalContext& context) {
  return context.message.environment().boundaries;
}

/// Octets of "http://" or "https://" at the beginning; 0: neither.
std::size_t web_scheme_size(std::string_view uri) {
  if (ascii::starts_with_ignoring_case(uri, "http://")) return 7;
  return ascii::starts_with_ignoring_case(uri, "https://") ? 8 : 0;
}

std::string_view until(std::string_view text, std::string_view delimiters) {
  return text.substr(0, text.find_first_of(delimiters));
}

// --- redirectors ---

/// "http", perhaps "s", ":", up to two slashes at the beginning; 0: not.
std::size_t loose_scheme_size(std::string_view uri) {
  std::size_t size = 0;
  if (ascii::starts_with_ignoring_case(uri, "http:")) size = 5;
  if (ascii::starts_with_ignoring_case(uri, "https:")) size = 6;
  for (int slash = 0; size > 0 && slash < 2 && uri.substr(size).starts_with('/'); ++slash) ++size;
  return size;
}

/// A URI that another holds begins at `at`: a scheme and at least one octet of a host.
bool begins_uri(std::string_view uri, std::size_t at) {
  const std::size_t scheme = loose_scheme_size(uri.substr(at));
  if (scheme == 0 || at + scheme >= uri.size()) return false;
  return std::string_view("/:?").find(uri[at + scheme]) == npos;
}

/// Where within a URI another begins, at least one octet behind its host; npos: nowhere.
std::size_t inner_uri(std::string_view uri, std::size_t host, std::size_t host_end) {
  for (std::size_t at = host_end + 1; at < uri.size(); ++at) {
    if (ascii::to_lower(uri[at]) == 'h' && begins_uri(uri, at)) return at;
  }
  for (const std::size_t size : {4U, 5U}) {  // "http", "https" at the end of the host itself
    if (host_end >= host + size + 2 && begins_uri(uri, host_end - size)) return host_end - size;
  }
  return npos;
}

std::string domain_or_host(EvalContext& context, std::string_view host) {
  std::string domain = boundaries(context).host_and_domain(host).second;
  return domain.empty() ? std::string(host) : domain;
}

/// A URI within a URI, of another domain.
bool is_redirector(EvalContext& context, std::string_view uri) {
  while (true) {
    const std::size_t scheme = web_scheme_size(uri);
    if (scheme == 0) return false;
    std::string_view host = until(uri.substr(scheme), "/:?");
    if (host.empty()) return false;
    const std::size_t inner = inner_uri(uri, scheme, scheme + host.size());
    if (inner == npos) return false;
    host = host.substr(0, std::min(host.size(), inner - 1 - scheme));
    uri.remove_prefix(inner);
    const std::string_view target = until(uri.substr(loose_scheme_size(uri)), "/:?");
    if (domain_or_host(context, host) != domain_or_host(context, target)) return true;
  }
}

double check_for_http_redirector(EvalContext& context, Values) {
  const std::vector<PerlString>& uris = context.message.uris();
  return std::any_of(uris.begin(), uris.end(), [&context](const PerlString& uri) {
    return is_redirector(context, uri.bytes);
  });
}

// --- text of a link against its target ---

/// "scheme:", slashes, perhaps a user, and a dotted number.
bool begins_with_number_host(std::string_view text, bool only_https) {
  std::size_t size = ascii::starts_with_ignoring_case(text, "https:") ? 6 : 0;
  if (size == 0 && !only_https && ascii::starts_with_ignoring_case(text, "http:")) size = 5;
  if (size == 0) return false;
  text.remove_prefix(size);
  text.remove_prefix(std::min(text.find_first_not_of('/'), text.size()));
  const auto is_quad = [](std::string_view host) {
    for (int part = 0; part < 4; ++part) {
      const std::size_t digits = std::min(host.find_first_not_of("0123456789"), host.size());
      if (digits == 0) return false;
      host.remove_prefix(digits);
      if (part == 3) return true;
      if (!host.starts_with('.')) return false;
      host.remove_prefix(1);
    }
    return true;
  };
  const std::size_t user = text.find_first_of("@/");
  const bool has_user = user != npos && user > 0 && text[user] == '@';
  return is_quad(text) || (has_user && is_quad(text.substr(user + 1)));
}

double check_https_ip_mismatch(EvalContext& context, Values) {
  for (const HtmlResults* part : context.message.html()) {
    for (const HtmlLink& link : part->links) {
      if (!begins_with_number_host(link.uri.bytes, false)) continue;
      for (const PerlString& text : link.anchor_texts) {
        if (begins_with_number_host(text.bytes, true)) continue;
        if (find_ignoring_case(text.bytes, "https:") != npos) return 1;
      }
    }
  }
  return 0;
}

/// Domain of a link's target; empty: none, or an address.
std::string target_domain(EvalContext& context, std::string_view uri) {
  const std::size_t scheme = web_scheme_size(uri);
  const std::string_view host = until(uri.substr(scheme), "/:?#");
  if (scheme == 0 || host.empty() || is_ip_text(host)) return {};
  std::string domain = boundaries(context).trim_domain(host);
  const std::string known = boundaries(context).host_and_domain(domain).second;
  return boundaries(context).is_domain_valid(known) ? domain : std::string();
}

/// Domain, or address, of the first "https://" in the text of a link; empty: none.
std::string shown_domain(EvalContext& context, const PerlString& text) {
  constexpr std::string_view scheme = "https://";
  std::string_view rest = text.bytes;
  for (std::size_t at = find_ignoring_case(rest, scheme); at != npos;
       at = find_ignoring_case(rest, scheme)) {
    rest.remove_prefix(at + scheme.size());
    std::size_t end = 0;
    while (end < rest.size() && !is_space_octet(rest[end]) &&
           std::string_view("/:?#").find(rest[end]) == npos &&
           !(text.is_characters && leading_space(rest.substr(end)) > 0)) {
      ++end;
    }
    if (end == 0) continue;
    const std::string_view host = rest.substr(0, end);
    if (is_ip_text(host)) return std::string(host);
    std::string domain = boundaries(context).trim_domain(host);
    return boundaries(context).is_domain_valid(domain) ? domain : std::string();
  }
  return {};
}

/// Arguments: at least so many links with text, and less than so many.
double check_https_http_mismatch(EvalContext& context, Values values) {
  const Arguments arguments(values);
  const double least = arguments.number(0) == 0 ? 1 : arguments.number(0);
  for (const HtmlResults* part : context.message.html()) {
    bool hits = false;
    double links = 0;
    for (const HtmlLink& link : part->links) {
      if (link.anchor_texts.empty()) continue;
      const std::string target = target_domain(context, link.uri.bytes);
      if (target.empty()) continue;
      ++links;
      hits = hits || std::any_of(link.anchor_texts.begin(), link.anchor_texts.end(),
                                 [&](const PerlString& text) {
                                   const std::string shown = shown_domain(context, text);
                                   return !shown.empty() && shown != target;
                                 });
    }
    const bool few_enough = !arguments.has(1) || links < arguments.number(1);
    if (hits && links >= least && few_enough) return 1;
  }
  return 0;
}

double check_uri_truncated(EvalContext& context, Values) {
  const std::vector<MessageUri>& uris = context.message.uri_details();
  const auto is_cut = [](const MessageUri& uri) { return uri.truncated; };
  if (std::any_of(uris.begin(), uris.end(), is_cut)) return 1;
  for (const HtmlResults* part : context.message.html()) {
    const auto cut = part->numbers.find("uri_truncated");
    if (cut != part->numbers.end() && cut->second != 0) return 1;
  }
  return 0;
}

constexpr std::array rows = {
    Eval{"check_for_http_redirector", "URIEval", check_for_http_redirector},
    Eval{"check_https_http_mismatch", "HTTPSMismatch", check_https_http_mismatch},
    Eval{"check_https_ip_mismatch", "URIEval", check_https_ip_mismatch},
    Eval{"check_uri_truncated", "URIEval", check_uri_truncated},
};

}  // namespace

std::span<const Eval> uri_evals() {
  return rows;
}

}  // namespace postern::antispam
