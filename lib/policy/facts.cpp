#include "lib/policy/facts.hpp"

#include <algorithm>
#include <cmath>

#include "lib/base/ascii.hpp"
#include "lib/dmarc/tree_walk.hpp"
#include "lib/dns/name.hpp"
#include "lib/spf/client_names.hpp"

namespace postern::policy {
namespace {

using authres::Result;

constexpr unsigned max_client_names = 10;  // PTR records looked at; RFC 7208 §4.6.4

template <typename T>
Fact<T> known(T value) {
  return {Fact<T>::State::known, std::move(value), {}};
}
template <typename T>
Fact<T> unknown(std::string_view problem) {
  return {Fact<T>::State::unknown, {}, std::string(problem)};
}

bool is_8bit(char c) {
  return static_cast<unsigned char>(c) >= 0x80;
}

// "-1.25" with two places.
std::string decimal(double number) {
  if (!std::isfinite(number)) return "0";
  const long hundredths = std::lround(std::clamp(number, -1e6, 1e6) * 100);
  std::string text = std::to_string(std::abs(hundredths) / 100);
  const long rest = std::abs(hundredths) % 100;
  if (rest != 0) text += (rest < 10 ? ".0" : ".") + std::to_string(rest);
  return (hundredths < 0 ? "-" : "") + text;
}

template <typename T>
void forget_if_pending(std::optional<Fact<T>>& fact) {
  if (fact && fact->is_pending()) fact.reset();
}

}  // namespace

void FoundFacts::forget_pending() {
  forget_if_pending(mfrom_);
  forget_if_pending(helo_spf_);
  forget_if_pending(dnslist_);
  forget_if_pending(reputation_);
  forget_if_pending(client_name_);
  forget_if_pending(helo_);
  forget_if_pending(country_);
  forget_if_pending(identified_client_);
  forget_if_pending(client_);
  forget_if_pending(mailboxes_);
}

spf::Request Facts::spf_request(spf::Scope scope, const IpAddress& client) const {
  const auto with_ascii_domain = [&](const std::string& address) {
    const std::size_t domain = address.rfind('@') + 1;  // npos + 1 is 0
    const std::string_view name = std::string_view(address).substr(domain);
    if (policy_.to_ascii == nullptr || std::none_of(name.begin(), name.end(), is_8bit)) {
      return address;
    }
    const auto ascii = policy_.to_ascii(name);
    return ascii ? address.substr(0, domain) + *ascii : address;
  };
  spf::Request request;
  request.scope = scope;
  request.client_ip = client;
  request.helo = with_ascii_domain(request_.helo_name);
  request.rfc5321_mail_from = with_ascii_domain(request_.rfc5321_mail_from);
  if (!policy_.settings.site.host_name.empty()) {
    request.receiver = policy_.settings.site.host_name;
  }
  request.now = now_.time_since_epoch().count() / 1000;
  return request;
}

const Fact<spf::Outcome>& Facts::spf(spf::Scope scope) {
  auto& fact = scope == spf::Scope::mfrom ? found_.mfrom_ : found_.helo_spf_;
  if (fact) return *fact;
  const auto& client = request_.client_address;
  if (!client) return fact.emplace(unknown<spf::Outcome>("no client address"));
  auto checked = spf::check_host(spf_request(scope, *client), evidence_.answers);
  if (!checked.is_done()) {
    note(checked.missing());
    return fact.emplace();
  }
  spf::Outcome outcome = std::move(checked).result();
  if (outcome.result == Result::temperror) {
    fact = unknown<spf::Outcome>("SPF: " + outcome.problem);
    fact->value = std::move(outcome);
    return *fact;
  }
  return fact.emplace(known(std::move(outcome)));
}

const Fact<dnslist::Score>& Facts::dnslist() {
  if (found_.dnslist_) return *found_.dnslist_;
  if (!request_.client_address)
    return found_.dnslist_.emplace(unknown<dnslist::Score>("no client address"));
  // Lists of domains are asked about the sender's, proved or not: nobody gains by a listed one.
  auto score = dnslist::evaluate(policy_.dnslist, policy_.active_lists, *request_.client_address,
                                 domain_of(request_.rfc5321_mail_from), evidence_.answers);
  if (!score.is_done()) {
    note(score.missing());
    return found_.dnslist_.emplace();
  }
  return found_.dnslist_.emplace(known(std::move(score).result()));
}

Fact<reputation::Standing> Facts::find_reputation() {
  using Standing = reputation::Standing;
  if (!request_.client_address) return unknown<Standing>("no client address");
  if (!policy_.reputation_enabled) return known(Standing{});
  // Not before SPF is known: the domain may be missing, and the store is soon asked compared to
  // DNS.
  const Fact<spf::Outcome>& proved = spf(spf::Scope::mfrom);
  if (proved.is_pending()) return {};
  const bool passes = proved.is_known() && proved.value.result == Result::pass;
  const auto subjects =
      reputation::subjects_of(*request_.client_address, request_.helo_name,
                              passes ? std::string_view(proved.value.domain) : std::string_view());
  return ask_store([&](store::Wants& wants) {
    return reputation::evaluate(subjects, wants, policy_.reputation);
  });
}

const Fact<reputation::Standing>& Facts::reputation() {
  if (!found_.reputation_) found_.reputation_ = find_reputation();
  return *found_.reputation_;
}

Fact<greylist::ClientName> Facts::find_client_name() {
  using greylist::ClientName;
  if (!request_.client_name.empty()) {
    const auto name = dns::parse_name(request_.client_name);
    if (name) found_.confirmed_name_ = *name;
    return known(ClientName::confirmed);
  }
  if (!request_.client_address) return unknown<ClientName>("no client address");
  // Postfix says "unknown" also when DNS failed it, so we look ourselves.
  dns::Lookups lookups(evidence_.answers);
  const auto names = spf::validated_names(*request_.client_address, "", max_client_names, lookups);
  if (lookups.has_missing() || !names) {
    note(lookups.missing());
    return {};
  }
  if (!names->empty()) {
    found_.confirmed_name_ = names->front();
    return known(ClientName::confirmed);
  }
  const dns::Answer* ptr =
      lookups.find(spf::reverse_name(*request_.client_address), dns::Type::ptr);
  if (ptr == nullptr || ptr->is_failure()) return unknown<ClientName>("DNS fails for PTR");
  if (ptr->names.empty()) return known(ClientName::missing);
  const std::size_t count = std::min<std::size_t>(ptr->names.size(), max_client_names);
  for (std::size_t at = 0; at < count; ++at) {
    const dns::Answer* address =
        lookups.find(ptr->names[at], spf::address_type(*request_.client_address));
    if (address != nullptr && address->is_failure()) {
      return unknown<ClientName>("DNS fails for the client's name");
    }
  }
  return known(ClientName::unconfirmed);
}

const Fact<greylist::ClientName>& Facts::client_name() {
  if (!found_.client_name_) found_.client_name_ = find_client_name();
  return *found_.client_name_;
}

Fact<greylist::Helo> Facts::find_helo() {
  using greylist::Helo;
  std::string_view text = request_.helo_name;
  if (text.empty()) return known(Helo::missing);
  if (text.starts_with('[') || parse_ip_address(text)) return known(Helo::literal);
  std::optional<std::string> ascii;
  if (policy_.to_ascii != nullptr && std::any_of(text.begin(), text.end(), is_8bit)) {
    ascii = policy_.to_ascii(text);
    if (ascii) text = *ascii;
  }
  const auto name = dns::parse_domain(text);
  if (!name || name->find('.') == name->npos) return known(Helo::unqualified);
  if (ascii::equals_ignoring_case(*name, policy_.settings.site.host_name) ||
      policy_.settings.server.own_names.matches(*name)) {
    return known(Helo::own);
  }
  dns::Lookups lookups(evidence_.answers);
  const dns::Answer* v4 = lookups.find(*name, dns::Type::a);
  const dns::Answer* v6 = lookups.find(*name, dns::Type::aaaa);
  const auto has_address = [](const dns::Answer* answer) {
    return answer != nullptr && !answer->addresses.empty();
  };
  if (has_address(v4) || has_address(v6)) return known(Helo::resolves);
  if (lookups.has_missing()) {
    note(lookups.missing());
    return {};
  }
  if (v4->is_failure() || v6->is_failure()) return unknown<Helo>("DNS fails for HELO");
  return known(Helo::unresolved);
}

const Fact<greylist::Helo>& Facts::helo() {
  if (!found_.helo_) found_.helo_ = find_helo();
  return *found_.helo_;
}

const Fact<std::string>& Facts::country() {
  if (found_.country_) return *found_.country_;
  if (!policy_.country || !request_.client_address) {
    return found_.country_.emplace(unknown<std::string>("no country is known"));
  }
  return found_.country_.emplace(known(policy_.country(*request_.client_address)));
}

std::optional<std::string> Facts::organization_of(const std::string& name) {
  const auto known = found_.organizations_.find(name);
  if (known != found_.organizations_.end()) return known->second;
  dns::Lookups lookups(evidence_.answers);
  dmarc::TreeWalks walks(lookups);
  const dmarc::Walk& walk = walks.walk(name);
  if (!walk.is_complete) {
    note(lookups.missing());
    return std::nullopt;
  }
  const bool is_found = walk.failed_name.empty() && !walk.organizational_domain.empty();
  return found_.organizations_.emplace(name, is_found ? walk.organizational_domain : name)
      .first->second;
}

Fact<greylist::Client> Facts::identify_client() {
  using greylist::Client;
  if (!request_.client_address) return unknown<Client>("no client address");
  const Fact<greylist::ClientName>& name = client_name();
  const Fact<spf::Outcome>& mfrom = spf(spf::Scope::mfrom);
  Client client;
  client.ip = *request_.client_address;
  bool is_pending = name.is_pending() || mfrom.is_pending();
  // The walks are asked for together with SPF, whose domain is known before its result.
  client.spf_domain = mfrom.value.domain;
  if (mfrom.is_pending()) {
    const auto domain = dns::parse_domain(request_.rfc5321_mail_from.empty()
                                              ? request_.helo_name
                                              : domain_of(request_.rfc5321_mail_from));
    if (domain) client.spf_domain = *domain;
  }
  const bool may_pass = mfrom.is_pending() || mfrom.value.result == Result::pass;
  if (may_pass && !client.spf_domain.empty()) {
    const auto organization = organization_of(client.spf_domain);
    if (organization) client.spf_organization = *organization;
    is_pending = is_pending || !organization;
  }
  if (!may_pass && name.is_known() && !found_.confirmed_name_.empty()) {
    const auto organization = organization_of(found_.confirmed_name_);
    if (organization) client.name_domain = *organization;
    is_pending = is_pending || !organization;
  }
  if (is_pending) return {};
  client.name_state = name.is_known() ? name.value : greylist::ClientName::unknown;
  client.name = found_.confirmed_name_;
  client.spf = mfrom.value.result;
  client.identity = greylist::identity(client);
  return known(std::move(client));
}

const Fact<greylist::Client>& Facts::identified_client() {
  if (!found_.identified_client_) found_.identified_client_ = identify_client();
  return *found_.identified_client_;
}

Fact<greylist::Client> Facts::find_client() {
  using greylist::Client;
  const Fact<Client>& identified = identified_client();
  if (!identified.is_known() && !identified.is_pending()) return identified;
  const bool seeks_signs = policy_.settings.greylist.when == greylist::When::suspicious;
  const Fact<dnslist::Score>& lists = dnslist();
  bool is_pending = identified.is_pending() || lists.is_pending();
  Client client = identified.value;
  if (lists.is_known()) client.dnslist_score = lists.value.score;
  client.suspicious_score = policy_.dnslist.suspicious_score.value;
  if (seeks_signs) {
    const Fact<greylist::Helo>& greeting = helo();
    is_pending = is_pending || greeting.is_pending();
    client.helo = greeting.is_known() ? greeting.value : greylist::Helo::unknown;
  }
  if (seeks_signs || (identified.is_known() && client.spf == Result::pass)) {
    const Fact<reputation::Standing>& standing = reputation();
    if (!standing.is_known() && !standing.is_pending()) return unknown<Client>(standing.problem);
    is_pending = is_pending || standing.is_pending();
    client.reputation = standing.value.value;
  }
  return is_pending ? Fact<Client>() : known(std::move(client));
}

const Fact<greylist::Client>& Facts::client() {
  if (!found_.client_) found_.client_ = find_client();
  return *found_.client_;
}

const Fact<recipients::Expansion>& Facts::mailboxes() {
  if (!found_.mailboxes_) found_.mailboxes_ = find_mailboxes();
  return *found_.mailboxes_;
}

Fact<recipients::Expansion> Facts::find_mailboxes() {
  using Found = Fact<recipients::Expansion>::State;
  const PostfixTables& postfix = evidence_.postfix;
  if (postfix.names != nullptr && postfix.answers != nullptr) {
    recipients::Wants wants(*postfix.answers);
    auto expansion = recipients::expand(request_.recipient, *postfix.names, wants);
    if (expansion) return {Found::known, std::move(*expansion), {}};
    lookups_ = wants.missing();
  } else {
    wants_names_ = true;
  }
  if (!postfix.failed) return {};
  return {Found::unknown,
          {},
          postfix.problem.empty() ? "Postfix's tables do not answer" : postfix.problem};
}

dns::Questions Facts::take_questions() {
  dns::Questions all = std::move(questions_);
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

std::vector<store::Operation> Facts::take_operations() {
  std::vector<store::Operation> all = std::move(operations_);
  auto end = all.begin();
  for (store::Operation& operation : all) {
    if (std::find(all.begin(), end, operation) != end) continue;
    if (&*end != &operation) *end = std::move(operation);
    ++end;
  }
  all.erase(end, all.end());
  return all;
}

std::vector<std::string> Facts::list_failures() const {
  std::vector<std::string> failures;
  if (!found_.dnslist_ || !found_.dnslist_->is_known()) return failures;
  for (const std::string& failure : found_.dnslist_->value.failures) {
    failures.push_back("dnslist: " + failure);
  }
  return failures;
}

std::vector<std::pair<std::string, std::string>> Facts::summary() const {
  std::vector<std::pair<std::string, std::string>> facts;
  if (found_.client_name_ && found_.client_name_->is_known()) {
    facts.emplace_back("ptr", greylist::to_word(found_.client_name_->value));
  }
  if (found_.helo_ && found_.helo_->is_known())
    facts.emplace_back("helo_state", greylist::to_word(found_.helo_->value));
  if (found_.mfrom_ && !found_.mfrom_->is_pending()) {
    facts.emplace_back("spf", authres::to_token(found_.mfrom_->value.result));
  }
  if (found_.helo_spf_ && !found_.helo_spf_->is_pending()) {
    facts.emplace_back("spf_helo", authres::to_token(found_.helo_spf_->value.result));
  }
  if (found_.dnslist_ && found_.dnslist_->is_known()) {
    facts.emplace_back("dnslist", decimal(found_.dnslist_->value.score));
  }
  if (found_.reputation_ && found_.reputation_->is_known()) {
    facts.emplace_back("reputation", decimal(found_.reputation_->value.value));
  }
  if (found_.country_ && found_.country_->is_known() && !found_.country_->value.empty()) {
    facts.emplace_back("country", shown(found_.country_->value));
  }
  return facts;
}

}  // namespace postern::policy
