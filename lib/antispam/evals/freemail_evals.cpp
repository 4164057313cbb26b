// Evals over addresses of free mail providers (Mail::SpamAssassin::Plugin::FreeMail).
#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antispam/evals/addresses.hpp"
#include "lib/antispam/evals/arguments.hpp"
#include "lib/antispam/evals/eval_tables.hpp"
#include "lib/antispam/evals/hit_details.hpp"
#include "lib/antispam/evals/mail_finder.hpp"
#include "lib/antispam/message/environment.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

using Values = std::span<const std::string>;
constexpr auto npos = std::string_view::npos;
constexpr std::size_t max_link_addresses = 20;
constexpr std::size_t max_body_addresses = 40;

/// Envelope senders of lists and robots, whose mail is answered elsewhere as a matter of course.
constexpr std::string_view bulk_sender =
    R"((?i)(?:^(?:post|host|domain)master|^double-bounce|^(?:sentto|owner|return|(?:gr)?bounced?)-.+)"
    R"(|-(?:request|bounces?|admin|owner)|\b(?:do[._-t]?)?no[._-t]?repl(?:y|ies)|.+=.+)@)";

const Options& options(EvalContext& context) {
  return context.message.options();
}

bool is_available(EvalContext& context) {
  return !options(context).freemail_domains.empty() ||
         !options(context).freemail_domain_globs.empty();
}

/// "*" stands for what is no dot, "?" for one octet. Linear but for the "*"s of a configuration.
bool matches_domain_glob(std::string_view glob, std::string_view domain) {
  if (glob.empty()) return domain.empty();
  const std::string_view rest = glob.substr(1);
  if (glob.front() == '*') {
    for (std::size_t size = 0; size <= domain.size(); ++size) {
      if (matches_domain_glob(rest, domain.substr(size))) return true;
      if (size < domain.size() && domain[size] == '.') return false;
    }
    return false;
  }
  return !domain.empty() && (glob.front() == '?' || glob.front() == domain.front()) &&
         matches_domain_glob(rest, domain.substr(1));
}

/// \param address  In lower case.
bool is_freemail(EvalContext& context, const std::string& address) {
  if (address.empty()) return false;
  const Options& all = options(context);
  const std::string_view domain = std::string_view(address).substr(address.rfind('@') + 1);
  if (all.freemail_welcomelist.count(address) > 0) return false;
  if (all.freemail_welcomelist.find(domain) != all.freemail_welcomelist.end()) return false;
  if (matches(context, role_address, address)) return false;
  if (all.freemail_domains.find(domain) != all.freemail_domains.end()) return true;
  return address.find('@') != npos &&
         std::any_of(
             all.freemail_domain_globs.begin(), all.freemail_domain_globs.end(),
             [domain](const std::string& glob) { return matches_domain_glob(glob, domain); });
}

std::vector<std::string> lower_addresses(EvalContext& context, std::string_view header) {
  std::vector<std::string> addresses = header_values(context, header, {"addr"});
  for (std::string& address : addresses) address = ascii::to_lower(address);
  return addresses;
}

// --- addresses in the body ---

struct BodyFreemails {
  bool is_known = false;
  bool is_skipped = false;  ///< There are too many addresses: the mail is a list of them.
  std::set<std::string> addresses;
};

void add_lower(std::vector<std::string>& all, std::string_view address) {
  add_unique(all, ascii::to_lower(address));
}

void add_linked(EvalContext& context, const MailFinder& finder, std::vector<std::string>& all) {
  constexpr std::string_view scheme = "mailto:";
  for (const MessageUri& uri : context.message.uri_details()) {
    if (all.size() >= max_link_addresses) return;
    if (uri.types.count("a") == 0 || uri.types.count("parsed") > 0) continue;
    const std::string_view text = uri.uri.bytes;
    if (!ascii::starts_with_ignoring_case(text, scheme)) continue;
    const auto found = finder.at(text, scheme.size());
    if (found) add_lower(all, text.substr(found->begin, found->end - found->begin));
  }
}

/// The lines are changed on the way: SpamAssassin's body rules that run later see them so too.
void add_written(EvalContext& context, const MailFinder& finder, std::vector<std::string>& all) {
  for (std::string& line : context.message.edited_body()) {
    if (line.find('@') == npos && line.find("%40") == npos) continue;
    line = finder.without_quoted(line);
    for (auto found = finder.find(line, 0); found; found = finder.find(line, found->end)) {
      add_lower(all, std::string_view(line).substr(found->begin, found->end - found->begin));
      if (all.size() >= max_body_addresses) return;
    }
  }
}

BodyFreemails find_body_freemails(EvalContext& context) {
  BodyFreemails body;
  body.is_known = true;
  const MailFinder finder(context.message.environment().boundaries);
  std::vector<std::string> all;
  add_linked(context, finder, all);
  add_written(context, finder, all);
  const Options& limits = options(context);
  unsigned seen = 0;
  unsigned free = 0;
  for (const std::string& address : all) {
    const bool too_many = ++seen == limits.freemail_max_body_emails;
    const bool is_free =
        !(too_many && limits.freemail_skip_when_over_max) && is_freemail(context, address);
    const bool too_free = is_free && ++free == limits.freemail_max_body_freemails;
    if ((too_many || too_free) && limits.freemail_skip_when_over_max) {
      body.is_skipped = true;
      return body;
    }
    if (is_free) body.addresses.insert(address);
  }
  return body;
}

const BodyFreemails& body_freemails(EvalContext& context) {
  auto& body = context.memory.get<BodyFreemails>();
  if (!body.is_known) body = find_body_freemails(context);
  return body;
}

// --- evals ---

/// A hit, of which reports tell these addresses where the configuration does not forbid it.
double hit(EvalContext& context, std::string addresses) {
  if (!options(context).freemail_add_describe_email) return 1;
  addresses.resize(std::min(addresses.size(), HitDetails::max_text_size));
  for (std::size_t at = addresses.find('@'); at != npos; at = addresses.find('@', at + 1)) {
    addresses.replace(at, 1, "(at)");
  }
  context.memory.get<HitDetails>().add(context.rule_name, std::move(addresses));
  return 1;
}

std::string joined(const auto& addresses, std::string_view separator) {
  std::string all;
  for (const std::string& address : addresses) {
    if (!all.empty()) all += separator;
    all += address;
  }
  return all;
}

/// Whether an address that is free mail's matches the pattern of an argument, if there is one.
class Wanted {
 public:
  Wanted(EvalContext& context, const Arguments& arguments, std::size_t index)
      : context_(context), has_pattern_(arguments.has(index)) {
    if (has_pattern_) pattern_ = context.regexes.regex(arguments.text(index));
  }

  [[nodiscard]] bool is_broken() const { return has_pattern_ && pattern_ == nullptr; }
  [[nodiscard]] bool fits(const std::string& address) const {
    return !has_pattern_ || pattern_->find(address);
  }
  [[nodiscard]] bool is_hit(const std::string& address) const {
    return is_freemail(context_, address) && fits(address);
  }

 private:
  EvalContext& context_;
  bool has_pattern_;
  const Regex* pattern_ = nullptr;
};

double check_freemail_header(EvalContext& context, Values values) {
  const Arguments arguments(values);
  const Wanted wanted(context, arguments, 1);
  if (!is_available(context) || !arguments.has(0) || wanted.is_broken()) return 0;
  for (const std::string& address : lower_addresses(context, arguments.text(0))) {
    if (wanted.is_hit(address)) return hit(context, address);
  }
  return 0;
}

double check_freemail_from(EvalContext& context, Values values) {
  const Wanted wanted(context, Arguments(values), 0);
  if (!is_available(context) || wanted.is_broken()) return 0;
  for (const std::string& written : all_from_addresses(context)) {
    const std::string address = ascii::to_lower(written);
    if (wanted.is_hit(address)) return hit(context, address);
  }
  return 0;
}

double check_freemail_body(EvalContext& context, Values values) {
  if (!is_available(context)) return 0;
  const BodyFreemails& body = body_freemails(context);
  const Arguments arguments(values);
  const Wanted wanted(context, arguments, 0);
  if (body.is_skipped || body.addresses.empty() || wanted.is_broken()) return 0;
  if (!arguments.has(0)) return hit(context, joined(body.addresses, ", "));
  for (const std::string& address : body.addresses) {
    if (wanted.fits(address)) return hit(context, address);
  }
  return 0;
}

bool is_bulk(EvalContext& context) {
  if (!options(context).freemail_skip_bulk_envfrom) return false;
  const std::vector<std::string> senders = header_values(context, "EnvelopeFrom");
  return !senders.empty() && matches(context, bulk_sender, senders.front());
}

bool has_freemail(EvalContext& context, const std::vector<std::string>& addresses) {
  return std::any_of(addresses.begin(), addresses.end(), [&context](const std::string& address) {
    return is_freemail(context, address);
  });
}

bool has_common(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  const std::set<std::string_view> known(b.begin(), b.end());
  return std::any_of(a.begin(), a.end(), [&known](const std::string& address) {
    return known.find(address) != known.end();
  });
}

/// Hits if an address of the body is none of those that answers go to.
double leads_elsewhere(EvalContext& context, const std::vector<std::string>& answers) {
  const BodyFreemails& body = body_freemails(context);
  if (body.is_skipped) return 0;
  for (const std::string& address : body.addresses) {
    for (const std::string& answer : answers) {
      if (answer != address) return hit(context, answer + ", " + address);
    }
  }
  return 0;
}

/// Answers would go to another free mailbox than the one that the mail is from or speaks of.
/// Argument: "replyto" (only if Reply-To is one), or "reply" (From, where there is no Reply-To).
double check_freemail_replyto(EvalContext& context, Values values) {
  const std::string_view what = values.empty() ? "replyto" : std::string_view(values[0]);
  if (!is_available(context) || (what != "replyto" && what != "reply")) return 0;
  if (is_bulk(context)) return 0;
  const std::vector<std::string> from = lower_addresses(context, "From");
  const std::vector<std::string> reply_to = lower_addresses(context, "Reply-To");
  const bool from_is_free = has_freemail(context, from);
  const bool reply_to_is_free = has_freemail(context, reply_to);
  if (from_is_free && reply_to_is_free && !has_common(from, reply_to)) {
    return hit(context, joined(from, ",") + " -> " + joined(reply_to, ","));
  }
  const bool may_be_from = what == "reply" && reply_to.empty();
  if (!reply_to_is_free && !may_be_from) return 0;
  if (what == "reply" && !from_is_free) return 0;
  return leads_elsewhere(context, reply_to_is_free ? reply_to : from);
}

constexpr std::array rows = {
    Eval{"check_freemail_body", "FreeMail", check_freemail_body},
    Eval{"check_freemail_from", "FreeMail", check_freemail_from},
    Eval{"check_freemail_header", "FreeMail", check_freemail_header},
    Eval{"check_freemail_replyto", "FreeMail", check_freemail_replyto},
};

}  // namespace

std::span<const Eval> freemail_evals() {
  return rows;
}

}  // namespace postern::antispam
