#include "lib/submission/author_check.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "lib/base/ascii.hpp"
#include "lib/mail/address.hpp"
#include "lib/mail/encoded_word.hpp"

namespace postern::submission {
namespace {

using authres::Result;

// Fields that readers show as, or near, the author (RFC 5322 §3.6.2 and §3.6.6).
constexpr std::array<std::string_view, 4> author_fields = {"From", "Sender", "Resent-From",
                                                           "Resent-Sender"};

constexpr std::size_t max_address_size = 320;  // RFC 5321 §4.5.3.1: 64 octets, "@", and 255

// One address that the message claims, and where.
struct Claim {
  std::string place;
  std::string address;  // lower case; the domain as A-labels where it is one
};

Outcome failed(std::string place, std::string address, std::string problem) {
  return {Result::fail, std::move(place), std::move(address), std::move(problem)};
}

bool is_address_char(char c) {
  return ascii::is_alnum(c) || static_cast<unsigned char>(c) >= 0x80 ||
         std::string_view("!#$%&'*+-/=?^_`{|}~.").find(c) != std::string_view::npos;
}

class Claims {
 public:
  explicit Claims(mail::ToAsciiDomain to_ascii) : to_ascii_(to_ascii) {}

  void add(std::string_view place, std::string_view local_part, std::string_view domain) {
    std::string address = ascii::to_lower(local_part) + "@" + to_domain(domain);
    for (const Claim& earlier : claims_) {
      if (earlier.address == address) return;
    }
    is_long_ = is_long_ || address.size() > max_address_size;
    if (claims_.size() == max_claims) {
      is_cut_ = true;
      return;
    }
    claims_.push_back({std::string(place), std::move(address)});
  }

  void add_address(std::string_view place, std::string_view address) {
    const std::size_t at = address.rfind('@');
    if (at == address.npos) {
      add(place, address, {});
    } else {
      add(place, address.substr(0, at), address.substr(at + 1));
    }
  }

  // Addresses of our own domains that a reader sees in place of the real one.
  void add_display_name(std::string_view field, std::string_view name,
                        const std::vector<std::string>& own_domains) {
    const std::string text = mail::decode_encoded_words(name, mail::native_charsets()).text;
    for (std::size_t at = text.find('@'); at != text.npos; at = text.find('@', at + 1)) {
      std::size_t begin = at;
      while (begin > 0 && is_address_char(text[begin - 1])) --begin;
      std::size_t end = at + 1;
      while (end < text.size() && is_address_char(text[end])) ++end;
      std::string_view domain = std::string_view(text).substr(at + 1, end - at - 1);
      while (domain.ends_with('.')) domain.remove_suffix(1);
      const std::string ascii_domain = to_domain(domain);
      const bool is_own =
          std::find(own_domains.begin(), own_domains.end(), ascii_domain) != own_domains.end();
      if (begin < at && is_own) {
        add("display name in " + std::string(field),
            std::string_view(text).substr(begin, at - begin), domain);
      }
    }
  }

  [[nodiscard]] const std::vector<Claim>& all() const { return claims_; }
  [[nodiscard]] bool is_cut() const { return is_cut_; }
  [[nodiscard]] bool is_long() const { return is_long_; }

 private:
  [[nodiscard]] std::string to_domain(std::string_view domain) const {
    if (to_ascii_ != nullptr) {
      if (auto converted = to_ascii_(domain)) return *converted;
    }
    return ascii::to_lower(domain);
  }

  mail::ToAsciiDomain to_ascii_;
  std::vector<Claim> claims_;
  bool is_cut_ = false;
  bool is_long_ = false;
};

// The first field that is wrong whoever the login is; else all claims are in `claims`.
std::optional<Outcome> read_fields(const Request& request, const mail::HeaderSection& header,
                                   mail::ToAsciiDomain to_ascii, Claims& claims) {
  const mail::Authors authors = mail::find_authors(header, to_ascii);
  if (!authors.problem.empty()) return failed("From", {}, authors.problem);
  for (const std::string_view name : author_fields) {
    for (const std::uint32_t position : header.named(name)) {
      const auto list = mail::parse_address_list(header.fields()[position].body);
      if (!list.unreadable.empty() || !list.limits.empty()) {
        return failed(std::string(name), {}, "unreadable address in " + std::string(name));
      }
      for (const mail::Mailbox& mailbox : list.mailboxes) {
        claims.add(name, mailbox.local_part, mailbox.domain);
        claims.add_display_name(name, mailbox.display_name, request.own_domains);
      }
    }
  }
  if (!request.rfc5321_mail_from.empty()) {
    claims.add_address("MAIL FROM", request.rfc5321_mail_from);
  }
  if (claims.is_long()) return failed("From", {}, "address is too long");
  if (claims.is_cut()) return failed("From", {}, "too many addresses");
  return std::nullopt;
}

bool belongs_to(const Owners& owners, std::string_view login) {
  return std::any_of(owners.logins.begin(), owners.logins.end(), [&](const std::string& owner) {
    return ascii::equals_ignoring_case(owner, login);
  });
}

Outcome judge(const Claim& claim, const Owners& owners, std::string_view login) {
  if (belongs_to(owners, login)) return {Result::pass, {}, {}, {}};
  if (!owners.is_known) {
    return {Result::temperror, claim.place, claim.address, "owner cannot be looked up"};
  }
  return failed(claim.place, claim.address, "address does not belong to the login");
}

}  // namespace

Evaluation check_authors(const Request& request, const mail::HeaderSection& header,
                         mail::ToAsciiDomain to_ascii, const KnownOwners& known) {
  Claims claims(to_ascii);
  if (auto wrong = read_fields(request, header, to_ascii, claims)) return {{}, std::move(*wrong)};
  Evaluation evaluation;
  evaluation.outcome.result = Result::pass;
  for (const Claim& claim : claims.all()) {
    if (ascii::equals_ignoring_case(claim.address, request.login)) continue;
    const auto owners = known.find(claim.address);
    if (owners == known.end()) {
      evaluation.missing.push_back(claim.address);
      continue;
    }
    Outcome outcome = judge(claim, owners->second, request.login);
    // A fail says more than a table that could not be read.
    const bool is_worse = outcome.result == Result::fail
                              ? evaluation.outcome.result != Result::fail
                              : evaluation.outcome.result == Result::pass;
    if (outcome.result != Result::pass && is_worse) evaluation.outcome = std::move(outcome);
  }
  return evaluation;
}

}  // namespace postern::submission
