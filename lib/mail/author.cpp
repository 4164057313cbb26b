#include "lib/mail/author.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "lib/base/ascii.hpp"
#include "lib/dns/name.hpp"
#include "lib/mail/address.hpp"
#include "lib/mail/encoded_word.hpp"
#include "lib/mail/utf8.hpp"

namespace postern::mail {
namespace {

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_domain_octet(char c) {
  return ascii::is_alnum(c) || c == '-' || c == '_' || c == '.' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// Characters that are not seen, or that change the direction of others: an address with them does
// not look like what it is.
bool has_hidden_character(std::string_view text) {
  while (!text.empty()) {
    const Utf8Char c = first_utf8_char(text);
    const bool is_hidden = (c.code >= 0x80 && c.code < 0xA0) || c.code == 0xAD ||
                           (c.code >= 0x200B && c.code <= 0x200F) ||
                           (c.code >= 0x2028 && c.code <= 0x202E) ||
                           (c.code >= 0x2060 && c.code <= 0x206F) || c.code == 0xFEFF;
    if (is_hidden) return true;
    text.remove_prefix(c.size);
  }
  return false;
}

// Some readers decode encoded-words before they look for addresses (RFC 2047 §5 forbids it).
bool looks_encoded(std::string_view text) {
  const std::size_t begin = text.find("=?");
  return begin != text.npos && text.find("?=", begin + 2) != text.npos;
}

// Collects the domains of all From fields and the first thing found wrong.
class AuthorFinder {
 public:
  explicit AuthorFinder(ToAsciiDomain to_ascii) : to_ascii_(to_ascii) {}

  void read_field(std::string_view body) {
    Limits limits;
    limits.addresses = max_author_mailboxes;
    const AddressList list = parse_address_list(body, limits);
    check_list(list);
    for (const Mailbox& mailbox : list.mailboxes) read_mailbox(mailbox, list.defects);
    for (const std::string_view member : list.unreadable) {
      add_problem("unreadable address in From");
      add_every_domain(member);
    }
    // Another reader may part such a field differently.
    if (!authors_.problem.empty()) add_domains_of_odd_field(list, body);
    mailboxes_ += list.mailboxes.size();
  }

  void add_problem(std::string problem) {
    if (authors_.problem.empty()) authors_.problem = std::move(problem);
  }

  Authors finish() {
    if (mailboxes_ == 0) add_problem("no address in From");
    return std::move(authors_);
  }

 private:
  void check_list(const AddressList& list) {
    if (list.defects.contains(Defect::nul)) add_problem("NUL in From");
    if (list.defects.contains(Defect::control)) add_problem("control character in From");
    if (list.defects.contains(Defect::bare_newline)) add_problem("line end inside From");
    if (list.defects.contains(Defect::unclosed)) add_problem("From never closes a bracket");
    if (!list.limits.empty()) add_problem("too many addresses in From");
    if (!list.groups.empty()) add_problem("group in From");
  }

  void read_mailbox(const Mailbox& mailbox, const Defects& field) {
    // A group has no author (RFC 6854 §3), but one that never ends may be read as none.
    if (mailbox.group != no_group && !field.contains(Defect::unclosed)) return;
    check_address(mailbox);
    const std::string domain = to_domain(mailbox.domain);
    if (domain.empty()) {
      add_problem("From has an address without a valid domain");
      add_every_domain(mailbox.raw);
      return;
    }
    add_domain(domain);
    if (mailbox.defects.contains(Defect::address_as_name)) {
      // "a@x <b@x>" is a common slip; it is harmless while both name one domain.
      add_every_domain(mailbox.raw);
      const bool is_one = authors_.domains.size() == 1;
      if (!is_one) add_problem("From has an address as unquoted display name");
    }
  }

  void check_address(const Mailbox& mailbox) {
    if (mailbox.defects.contains(Defect::invalid_utf8)) {
      add_problem("From has an address with octets that are no UTF-8");
    }
    if (has_hidden_character(mailbox.local_part) || has_hidden_character(mailbox.domain)) {
      add_problem("From has an address with invisible characters");
    }
    if (looks_encoded(mailbox.local_part)) {
      add_problem("From has an encoded-word as address");
    }
    if (mailbox.defects.contains(Defect::blank_in_address)) {
      add_problem("From has white space or a comment inside an address");
    }
  }

  void add_domains_of_odd_field(const AddressList& list, std::string_view body) {
    const bool may_be_cut = list.defects.contains(Defect::nul) ||
                            list.defects.contains(Defect::control) ||
                            list.defects.contains(Defect::bare_newline) ||
                            list.defects.contains(Defect::unclosed) || !list.limits.empty();
    if (may_be_cut) add_every_domain(body);
    for (const Mailbox& mailbox : list.mailboxes) {
      if (mailbox.defects.contains(Defect::blank_in_address)) add_every_domain(mailbox.raw);
      if (looks_encoded(mailbox.local_part)) add_every_domain(mailbox.raw);
    }
  }

  // Whatever stands after an "@", also where an encoded-word hides it.
  void add_every_domain(std::string_view text) {
    add_domains_after_at(text);
    if (looks_encoded(text)) {
      add_domains_after_at(decode_encoded_words(text, native_charsets()).text);
    }
  }

  void add_domains_after_at(std::string_view text) {
    for (std::size_t at = text.find('@'); at != text.npos; at = text.find('@', at + 1)) {
      if (candidates_++ >= max_candidates) return;
      std::size_t begin = at + 1;
      while (begin < text.size() && ascii::is_space(text[begin])) ++begin;
      std::size_t end = begin;
      while (end < text.size() && is_domain_octet(text[end])) ++end;
      std::string_view name = text.substr(begin, std::min(end - begin, max_looked_at));
      name = name.substr(0, name.find(".."));
      while (name.ends_with('.')) name.remove_suffix(1);
      add_domain(to_domain(name));
      const auto is_8bit = [](char c) { return static_cast<unsigned char>(c) >= 0x80; };
      const auto ascii_end = std::find_if(name.begin(), name.end(), is_8bit);
      if (ascii_end != name.end()) {
        add_domain(to_domain(name.substr(0, static_cast<std::size_t>(ascii_end - name.begin()))));
      }
    }
  }

  // A-labels, or nothing. The converter is not trusted to give only letters, digits, and hyphens.
  [[nodiscard]] std::string to_domain(std::string_view name) const {
    if (name.size() > max_looked_at) return {};
    std::optional<std::string> converted;
    if (!is_ascii(name)) {
      if (to_ascii_ == nullptr || !is_utf8(name)) return {};
      converted = to_ascii_(name);
      if (!converted) return {};
      name = *converted;
    }
    return dns::parse_domain(name).value_or(std::string());
  }

  void add_domain(const std::string& domain) {
    auto& domains = authors_.domains;
    const bool is_known = std::find(domains.begin(), domains.end(), domain) != domains.end();
    if (!domain.empty() && !is_known && domains.size() < max_author_mailboxes) {
      domains.push_back(domain);
    }
  }

  // A name of 253 octets has fewer as U-labels in any but made-up cases.
  static constexpr std::size_t max_looked_at = 1024;

  // Conversions to A-labels are not cheap, and by now there is a problem anyway.
  static constexpr unsigned max_candidates = 1000;

  ToAsciiDomain to_ascii_;
  Authors authors_;
  unsigned candidates_ = 0;
  std::size_t mailboxes_ = 0;
};

}  // namespace

Authors find_authors(const HeaderSection& header, ToAsciiDomain to_ascii) {
  AuthorFinder finder(to_ascii);
  const auto positions = header.named("From");
  if (positions.empty()) finder.add_problem("no From field");
  if (positions.size() > 1) finder.add_problem(std::to_string(positions.size()) + " From fields");
  // Fields beyond this many could add nothing but more domains than anyone asks about.
  const std::size_t count = std::min<std::size_t>(positions.size(), max_author_mailboxes);
  for (const std::uint32_t position : positions.first(count)) {
    finder.read_field(header.fields()[position].body);
  }
  return finder.finish();
}

}  // namespace postern::mail
