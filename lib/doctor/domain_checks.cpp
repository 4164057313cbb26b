// Checks of what each domain publishes about its mail: SPF, DKIM, DMARC.
#include <algorithm>
#include "lib/dmarc/record.hpp"
#include "lib/dmarc/tree_walk.hpp"
#include "lib/dns/name.hpp"

#include "lib/doctor/check.hpp"
#include "lib/doctor/resolv_conf.hpp"
#include "lib/doctor/support.hpp"
#include "lib/keyring/record_check.hpp"
#include "lib/records/plan.hpp"
#include "lib/spf/check_host.hpp"
#include "lib/spf/record.hpp"

namespace postern::doctor {
namespace {

// What SPF says of mail from this host; nothing while answers are missing.
std::optional<spf::Outcome> ask_spf(Context& context, const IpAddress& address, spf::Scope scope,
                                    const std::string& domain) {
  spf::Request request;
  request.scope = scope;
  request.client_ip = address;
  request.helo = scope == spf::Scope::helo ? domain : context.facts().helo;
  request.rfc5321_mail_from = "postmaster@" + domain;
  request.now = context.facts().now;
  const auto evaluation = spf::check_host(request, context.answers());
  if (!evaluation.is_done()) {
    context.need(evaluation.missing());
    return std::nullopt;
  }
  return evaluation.result();
}

std::string mechanism_for(const IpAddress& address) {
  return (address.is_v4() ? "ip4:" : "ip6:") + address.text();
}

std::string by(const spf::Outcome& outcome) {
  return outcome.mechanism.empty() ? "" : " (" + printable(outcome.mechanism) + ")";
}

void judge_spf(Context& context, const std::string& domain, const IpAddress& address,
               const spf::Outcome& outcome) {
  const std::string who = address.text();
  const std::string wanted =
      records::spf_text(context.facts().addresses, wanted_host(context.facts(), domain));
  switch (outcome.result) {
    case authres::Result::pass: context.ok(domain, who + " may send for it" + by(outcome)); return;
    case authres::Result::temperror: context.skipped(domain, "SPF: " + outcome.problem); return;
    case authres::Result::none:
      context.error(domain, "has no SPF record", publish(domain, wanted));
      return;
    case authres::Result::permerror:
      context.error(domain, "its SPF record is broken: " + outcome.problem,
                    publish(domain, wanted));
      return;
    case authres::Result::neutral:
    case authres::Result::policy:
    case authres::Result::fail:
    case authres::Result::softfail: break;
  }
  context.error(domain,
                "its SPF record does not allow " + who +
                    " to send: " + std::string(to_token(outcome.result)) + by(outcome),
                "add " + mechanism_for(address) + " before \"all\" in the SPF record of " + domain);
}

// Mail without return path is judged by the name in HELO alone (RFC 7208 §2.4).
void judge_helo(Context& context, const std::string& helo, const IpAddress& address,
                const spf::Outcome& outcome) {
  const std::string who = address.text();
  if (outcome.result == authres::Result::pass) {
    context.ok(helo, who + " may say HELO with it" + by(outcome));
  } else if (outcome.result == authres::Result::none) {
    context.info(helo, "the host's own name has no SPF record; bounces are judged by it",
                 publish(helo, "v=spf1 a -all"));
  } else if (outcome.result == authres::Result::temperror) {
    context.skipped(helo, "SPF: " + outcome.problem);
  } else {
    const std::string why = outcome.problem.empty() ? by(outcome) : ": " + outcome.problem;
    context.warning(helo,
                    "the SPF record of the host's own name does not allow " + who + ": " +
                        std::string(to_token(outcome.result)) + why,
                    publish(helo, "v=spf1 a -all"));
  }
}

void judge_key(Context& context, const keyring::Key& key) {
  using Result = keyring::RecordJudgement::Result;
  bool is_complete = true;
  for (const dns::Question& question : keyring::record_questions(key)) {
    if (context.lookups().find(question.name, question.type) == nullptr) is_complete = false;
  }
  if (!is_complete) return;
  const auto judged = keyring::judge_record(key, context.answers());
  const std::string state = "key " + key.selector + " (" + std::string(to_word(key.state)) + ") ";
  const bool matters = key.state == keyring::State::active;
  if (judged.result == Result::published && judged.remedy.empty()) {
    context.ok(key.domain, judged.sentence);
  } else if (judged.result == Result::published) {
    context.info(key.domain, judged.sentence, judged.remedy);
  } else if (judged.result == Result::unknown) {
    context.skipped(key.domain, judged.sentence);
  } else if (matters) {
    context.error(key.domain, judged.sentence + ": mail signed with it fails", judged.remedy);
  } else if (key.state == keyring::State::pending) {
    context.info(key.domain, judged.sentence + "; the key does not sign yet", judged.remedy);
  } else {
    context.warning(key.domain, state + judged.sentence, judged.remedy);
  }
}

bool has_key(const std::vector<keyring::Key>& keys, const std::string& domain,
             keyring::State state) {
  return std::any_of(keys.begin(), keys.end(), [&](const keyring::Key& key) {
    return key.domain == domain && key.state == state;
  });
}

void judge_signing(Context& context, const std::vector<keyring::Key>& keys,
                   const std::string& domain) {
  if (has_key(keys, domain, keyring::State::active)) return;
  const bool is_pending = has_key(keys, domain, keyring::State::pending);
  context.warning(domain, "has no active key: its mail is not signed",
                  is_pending ? "publish the record of the pending key, then: postern dkim rotate "
                               "--auto"
                             : "postern dkim create " + domain);
}

std::string_view advice_for(dmarc::Policy policy) {
  switch (policy) {
    case dmarc::Policy::none: return "p=none: nothing is refused";
    case dmarc::Policy::quarantine: return "p=quarantine";
    case dmarc::Policy::reject: return "p=reject";
  }
  return "";
}

bool is_dmarc(std::string_view text) {
  return dmarc::parse_record(text).has_value();
}

// Whether the domain of each mailbox agrees to get the reports.
void judge_report_targets(Context& context, const std::string& domain,
                          const dmarc::PolicyRecord& record) {
  for (const std::string& uri : record.rua) {
    if (!uri.starts_with("mailto:")) continue;
    const auto target = dns::parse_domain(uri.substr(uri.rfind('@') + 1));
    if (!target || dns::is_at_or_below(*target, domain) || dns::is_at_or_below(domain, *target)) {
      continue;
    }
    const std::string name = domain + "._report._dmarc." + *target;
    const Texts texts = find_texts(context, name, domain, is_dmarc);
    if (texts.is_known && texts.found.empty()) {
      context.warning(domain,
                      "its DMARC reports go to " + *target + ", which has not agreed to get them",
                      publish(name, "v=DMARC1"));
    }
  }
}

void judge_policy(Context& context, const std::string& domain, const dmarc::Walk& walk) {
  const dmarc::PolicyRecord& record = *walk.policy;
  const bool is_own = walk.policy_domain == domain;
  // A name below the organization's follows its sp, which stands for p where absent.
  const dmarc::Policy policy = is_own ? record.p.value_or(dmarc::Policy::none)
                                      : record.sp.value_or(record.p.value_or(dmarc::Policy::none));
  const std::string from = is_own ? "" : " (from " + walk.policy_domain + ")";
  const std::string owner = "_dmarc." + walk.policy_domain;
  if (record.has_invalid_policy) {
    context.error(domain, "its DMARC record has no valid policy: none, quarantine, or reject",
                  "mend p=, sp=, or np= of the TXT record at " + owner);
    return;
  }
  if (record.rua.empty()) {
    context.info(domain, "its DMARC record asks for no reports" + from,
                 "add to the TXT record at " + owner + ": rua=mailto:postmaster@" + domain);
  }
  judge_report_targets(context, walk.policy_domain, record);
  if (policy == dmarc::Policy::none || record.testing) {
    const std::string state =
        record.testing ? "t=y: it is only tried out" : std::string(advice_for(policy));
    context.info(
        domain, "has a DMARC policy" + from + ", " + state,
        "when the reports show only your own mail failing nowhere, set p=quarantine at " + owner);
  } else {
    context.ok(domain, "has a DMARC policy" + from + ", " + std::string(advice_for(policy)));
  }
}

}  // namespace

void check_spf(Context& context) {
  const Facts& facts = context.facts();
  if (const std::string relay = relay_of(facts); !relay.empty()) {
    context.skipped("addresses", "mail goes out through " + relay +
                                     " (relayhost), whose operator "
                                     "says what the SPF record must have");
    return;
  }
  std::vector<IpAddress> senders;
  for (const IpAddress& address : facts.addresses) {
    if (is_global(address)) senders.push_back(address);
  }
  if (senders.empty()) {
    context.skipped("addresses", "no public address of this host is known; give it with --ip");
    return;
  }
  for (const IpAddress& address : senders) {
    for (const DomainFacts& each : facts.domains) {
      const auto outcome = ask_spf(context, address, spf::Scope::mfrom, each.domain);
      if (outcome) judge_spf(context, each.domain, address, *outcome);
    }
    if (!is_public_name(facts.helo)) continue;  // the check of the host says so
    const auto outcome = ask_spf(context, address, spf::Scope::helo, facts.helo);
    if (outcome) judge_helo(context, facts.helo, address, *outcome);
  }
}

void check_dkim(Context& context) {
  const Facts& facts = context.facts();
  if (!facts.keys) {
    context.skipped("keys", facts.keys.error());
    return;
  }
  for (const DomainFacts& each : facts.domains) {
    for (const keyring::Key& key : *facts.keys) {
      if (key.domain == each.domain) judge_key(context, key);
    }
    judge_signing(context, *facts.keys, each.domain);
  }
}

void check_dmarc(Context& context) {
  for (const DomainFacts& each : context.facts().domains) {
    const std::string& domain = each.domain;
    const std::string name = "_dmarc." + domain;
    const Texts own = find_texts(context, name, domain, is_dmarc);
    if (!own.is_known) continue;
    if (own.found.size() > 1) {
      context.error(domain, "has several DMARC records, so none of them counts",
                    "leave one TXT record at " + name);
      continue;
    }
    dmarc::TreeWalks walks(context.lookups());
    const dmarc::Walk& walk = walks.walk(domain);
    if (!walk.is_complete) continue;
    if (own.found.size() == 1 && walk.policy_domain != domain) {
      context.error(domain, "its DMARC record has no valid policy, so it does not count",
                    "set p=none, p=quarantine, or p=reject in the TXT record at " + name);
    } else if (walk.policy == nullptr && !walk.failed_name.empty()) {
      context.skipped(domain, "DNS gave no answer for _dmarc." + walk.failed_name);
    } else if (walk.policy == nullptr) {
      context.warning(domain, "has no DMARC record",
                      publish(name, records::dmarc_text("postmaster@" + domain)));
    } else {
      judge_policy(context, domain, walk);
    }
  }
}

}  // namespace postern::doctor
