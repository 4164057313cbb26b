// Keys that add to lists of addresses and hosts, or take from them.
#include <algorithm>
#include <array>

#include "lib/antispam/rules/load_state.hpp"
#include "lib/antispam/rules/value_readers.hpp"

namespace postern::antispam {
namespace {

using Signers = std::vector<std::pair<std::string, std::string>>;

template <AddressGlobs Options::*Member>
KeyOutcome add_addresses(LoadState& state, std::string_view value) {
  if (value.empty()) return KeyOutcome::missing;
  for (const std::string_view word : words_of(value)) {
    state.add_to(state.set.options.*Member, word);
  }
  return KeyOutcome::done;
}

template <AddressGlobs Options::*... Members>
KeyOutcome remove_addresses(LoadState& state, std::string_view value) {
  if (value.empty()) return KeyOutcome::missing;
  for (const std::string_view word : words_of(value)) {
    (state.remove_from(state.set.options.*Members, word), ...);
  }
  return KeyOutcome::done;
}

// The whole value is one glob over subjects.
template <AddressGlobs Options::*Member>
KeyOutcome add_subject(LoadState& state, std::string_view value) {
  state.add_to(state.set.options.*Member, value);
  return KeyOutcome::done;
}

template <ReceivedGlobs Options::*Member>
KeyOutcome add_received(LoadState& state, std::string_view value) {
  if (value.empty()) return KeyOutcome::missing;
  const auto words = words_of(value);
  if (words.size() != 2) return KeyOutcome::invalid;
  (state.set.options.*Member)[ascii::to_lower(words[0])].push_back(ascii::to_lower(words[1]));
  return KeyOutcome::done;
}

KeyOutcome remove_received(LoadState& state, std::string_view value) {
  if (value.empty()) return KeyOutcome::missing;
  for (const std::string_view word : words_of(value)) {
    const std::string lower = ascii::to_lower(word);
    state.set.options.welcomelist_from_rcvd.erase(lower);
    state.set.options.def_welcomelist_from_rcvd.erase(lower);
  }
  return KeyOutcome::done;
}

// ADDRESS [SIGNER], lower case.
std::optional<Signers::value_type> signer_of(std::string_view value) {
  const auto words = words_of(value);
  if (words.empty() || words.size() > 2) return std::nullopt;
  return Signers::value_type(ascii::to_lower(words[0]),
                             words.size() == 2 ? ascii::to_lower(words[1]) : "");
}

template <Signers Options::*Member>
KeyOutcome add_signer(LoadState& state, std::string_view value) {
  if (value.empty()) return KeyOutcome::missing;
  auto entry = signer_of(value);
  if (!entry) return KeyOutcome::invalid;
  (state.set.options.*Member).push_back(std::move(*entry));
  return KeyOutcome::done;
}

KeyOutcome remove_signer(LoadState& state, std::string_view value) {
  if (value.empty()) return KeyOutcome::missing;
  const auto entry = signer_of(value);
  if (!entry) return KeyOutcome::invalid;
  std::erase(state.set.options.welcomelist_from_dkim, *entry);
  std::erase(state.set.options.def_welcomelist_from_dkim, *entry);
  return KeyOutcome::done;
}

struct ListAndEntries {
  std::string name;  // Empty: none was given.
  std::string_view entries;
};

// "(LIST) entry entry …"
std::optional<ListAndEntries> list_and_entries(std::string_view value) {
  const std::size_t close = value.find(')', 2);
  if (!value.starts_with('(') || close == value.npos || close + 1 == value.size() ||
      !is_perl_space(value[close + 1])) {
    return std::nullopt;
  }
  return ListAndEntries{std::string(value.substr(1, close - 1)),
                        trim_start(value.substr(close + 1))};
}

void add_hosts(LoadState& state, const std::string& list, std::string_view hosts) {
  for (std::string_view host : words_of(hosts)) {
    const bool is_exception = host.starts_with('!');
    if (is_exception) host.remove_prefix(1);
    state.set.options.uri_host_lists[list][ascii::to_lower(host)] = !is_exception;
  }
}

KeyOutcome enlist_hosts(LoadState& state, std::string_view value) {
  const auto list = list_and_entries(value);
  if (!list) return KeyOutcome::missing;
  add_hosts(state, list->name, list->entries);
  return KeyOutcome::done;
}

template <char Letter>
KeyOutcome add_hosts_to(LoadState& state, std::string_view value) {
  add_hosts(state, Letter == 'B' ? "BLOCK" : "WELCOME", value);
  return KeyOutcome::done;
}

KeyOutcome delist_hosts(LoadState& state, std::string_view value) {
  if (value.empty()) return KeyOutcome::missing;
  const auto list = list_and_entries(value);
  for (auto& [name, hosts] : state.set.options.uri_host_lists) {
    if (list && list->name != name) continue;
    for (std::string_view host : words_of(list ? list->entries : value)) {
      if (host.starts_with('!')) host.remove_prefix(1);
      hosts.erase(ascii::to_lower(host));
    }
  }
  return KeyOutcome::done;
}

KeyOutcome enlist_addresses(LoadState& state, std::string_view value) {
  const auto list = list_and_entries(value);
  if (!list) return KeyOutcome::missing;
  AddressGlobs& globs = state.set.options.address_lists[list->name];
  for (const std::string_view word : words_of(list->entries)) state.add_to(globs, word);
  return KeyOutcome::done;
}

KeyOutcome add_freemail_domains(LoadState& state, std::string_view value) {
  for (const std::string_view word : words_of(value)) {
    const bool is_fit = std::all_of(word.begin(), word.end(), [](char c) {
      return ascii::is_alnum(c) || std::string_view(".*?-").find(c) != std::string_view::npos;
    });
    if (!is_fit) {
      state.warn(in_quotes(word) + " is no domain for freemail_domains; take it out");
    } else if (word.find_first_of("*?") != word.npos) {
      state.add_to(state.set.options.freemail_domain_globs, word);
    } else {
      state.set.options.freemail_domains.insert(ascii::to_lower(word));
    }
  }
  return KeyOutcome::done;
}

// Holds an "@" or a dot between word characters.
bool is_address_or_domain(std::string_view word) {
  for (std::size_t at = word.find_first_of(".@"); at != word.npos;
       at = word.find_first_of(".@", at + 1)) {
    if (at > 0 && at + 1 < word.size() && is_word_char(word[at - 1]) &&
        is_word_char(word[at + 1])) {
      return true;
    }
  }
  return false;
}

KeyOutcome add_freemail_welcome(LoadState& state, std::string_view value) {
  for (const std::string_view word : words_of(value)) {
    if (is_address_or_domain(word)) {
      state.set.options.freemail_welcomelist.insert(ascii::to_lower(word));
    } else {
      state.warn(in_quotes(word) +
                 " is no address or domain for freemail_welcomelist; take it out");
    }
  }
  return KeyOutcome::done;
}

constexpr std::string_view addresses = "addresses; * and ? stand for any text and any character";
constexpr std::string_view address_and_domain = "an address and the domain of its relay";
constexpr std::string_view address_and_signer = "an address and perhaps the domain that signs";
constexpr std::string_view list_and_hosts = "(LIST) and hosts";

// "whitelist" and "blacklist" in a key are read as "welcomelist" and "blocklist".
constexpr auto keys = std::to_array<ConfigKey>({
    {"welcomelist_from", "", add_addresses<&Options::welcomelist_from>, addresses},
    {"unwelcomelist_from", "", remove_addresses<&Options::welcomelist_from>, addresses},
    {"blocklist_from", "", add_addresses<&Options::blocklist_from>, addresses},
    {"unblocklist_from", "", remove_addresses<&Options::blocklist_from>, addresses},
    {"welcomelist_to", "", add_addresses<&Options::welcomelist_to>, addresses},
    {"more_spam_to", "", add_addresses<&Options::more_spam_to>, addresses},
    {"all_spam_to", "", add_addresses<&Options::all_spam_to>, addresses},
    {"blocklist_to", "", add_addresses<&Options::blocklist_to>, addresses},
    {"welcomelist_auth", "", add_addresses<&Options::welcomelist_auth>, addresses},
    {"def_welcomelist_auth", "", add_addresses<&Options::def_welcomelist_auth>, addresses},
    {"unwelcomelist_auth", "",
     remove_addresses<&Options::welcomelist_auth, &Options::def_welcomelist_auth>, addresses},
    {"welcomelist_allows_relays", "", add_addresses<&Options::welcomelist_allow_relays>, addresses},
    {"welcomelist_from_rcvd", "", add_received<&Options::welcomelist_from_rcvd>,
     address_and_domain},
    {"def_welcomelist_from_rcvd", "", add_received<&Options::def_welcomelist_from_rcvd>,
     address_and_domain},
    {"unwelcomelist_from_rcvd", "", remove_received, addresses},
    {"welcomelist_from_spf", "SPF", add_addresses<&Options::welcomelist_from_spf>, addresses},
    {"def_welcomelist_from_spf", "SPF", add_addresses<&Options::def_welcomelist_from_spf>,
     addresses},
    {"unwelcomelist_from_spf", "SPF",
     remove_addresses<&Options::welcomelist_from_spf, &Options::def_welcomelist_from_spf>,
     addresses},
    {"welcomelist_from_dkim", "DKIM", add_signer<&Options::welcomelist_from_dkim>,
     address_and_signer},
    {"def_welcomelist_from_dkim", "DKIM", add_signer<&Options::def_welcomelist_from_dkim>,
     address_and_signer},
    {"unwelcomelist_from_dkim", "DKIM", remove_signer, address_and_signer},
    {"welcomelist_subject", "WelcomeListSubject", add_subject<&Options::welcomelist_subject>,
     text_form},
    {"blocklist_subject", "WelcomeListSubject", add_subject<&Options::blocklist_subject>,
     text_form},
    {"welcomelist_bounce_relays", "VBounce", add_addresses<&Options::welcomelist_bounce_relays>,
     "names of relays"},
    {"bayes_ignore_from", "", add_addresses<&Options::bayes_ignore_from>, addresses},
    {"bayes_ignore_to", "", add_addresses<&Options::bayes_ignore_to>, addresses},
    {"enlist_uri_host", "", enlist_hosts, list_and_hosts},
    {"delist_uri_host", "", delist_hosts, "hosts, perhaps with (LIST) before them"},
    {"blocklist_uri_host", "", add_hosts_to<'B'>, "hosts"},
    {"welcomelist_uri_host", "", add_hosts_to<'W'>, "hosts"},
    {"enlist_addrlist", "", enlist_addresses, "(LIST) and addresses"},
    {"freemail_domains", "FreeMail", add_freemail_domains, "domains"},
    {"freemail_welcomelist", "FreeMail", add_freemail_welcome, "addresses or domains"},
});

}  // namespace

std::span<const ConfigKey> list_keys() {
  return keys;
}

}  // namespace postern::antispam
