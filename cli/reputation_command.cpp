// "postern reputation": what is remembered of a client, and how that came about.
#include <cstdio>

#include "cli/store_access.hpp"
#include "lib/dns/name.hpp"
#include "lib/reputation/reputation.hpp"

namespace postern::cli {
namespace {

// What was said of a HELO name, in whatever network.
Expected<void, std::string> add_helo(store::Store& store, const std::string& name,
                                     std::vector<reputation::Subject>& subjects) {
  return for_each_item(store, reputation::helo_prefix(name), [&](const store::Item& item) {
    const auto subject = reputation::subject_of_key(item.key);
    if (subject) subjects.push_back(*subject);
  });
}

int show(const std::string& config_file, const std::string& what) {
  auto subjects = reputation::subjects_named(what);
  if (subjects.empty()) {
    return fail("\"" + what + "\" is no address, network, or domain name");
  }
  auto open = open_site(config_file);
  if (!open) return fail(open.error());
  if (const auto name = dns::parse_domain(what)) {
    const auto added = add_helo(*open->store, *name, subjects);
    if (!added) return fail(added.error());
  }
  const auto& settings = open->site->policy.reputation;
  const auto results = run(*open->store, reputation::lookups(subjects, settings));
  if (!results) return fail(results.error());
  std::vector<reputation::Evidence> evidence;
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    evidence.push_back(reputation::evidence_of(subjects[i], (*results)[i]));
  }
  std::printf("%s", reputation::explain(evidence, settings).c_str());
  return 0;
}

}  // namespace

void add_reputation_command(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("reputation", "See what is remembered of a client");
  command->require_subcommand(1);
  auto* sub = command->add_subcommand("show", "Explain the reputation of an address or domain");
  const auto file = add_config_option(*sub);
  const auto what = std::make_shared<std::string>();
  sub->add_option("WHO", *what, "Address, network, or domain name")->required();
  sub->callback([&action, file, what] { action = [file, what] { return show(*file, *what); }; });
}

}  // namespace postern::cli
