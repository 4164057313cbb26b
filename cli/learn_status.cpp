// "postern learn status" and "forget": the ledger as it is, and without a user.
#include <algorithm>
#include <cstdio>

#include "cli/learn_options.hpp"
#include "cli/learn_support.hpp"
#include "lib/io/training/learner_directory.hpp"
#include "lib/io/wall_clock.hpp"
#include "lib/report/log_line.hpp"

namespace postern::cli {
namespace {

constexpr std::size_t erase_portion = 500;

std::string status_line(const std::string& name, const training::Counts& counts) {
  return report::escape(name) + ": learned " + std::to_string(counts.spam) + " spam, " +
         std::to_string(counts.ham) + " ham";
}

Expected<void, std::string> print_user(store::Store& store, const training::UserEntry& entry) {
  const auto counts = learned(store, entry.user);
  if (!counts) return Unexpected<std::string>(counts.error());
  const std::string line = status_line(entry.user, *counts) + ", last " +
                           format_span(io::wall_clock() - entry.last) + " ago, ";
  if (training::is_enough(*counts)) {
    std::printf("%sactive\n", line.c_str());
  } else {
    std::printf("%snot active before %lld of each\n", line.c_str(),
                static_cast<long long>(training::enough_messages));
  }
  return {};
}

Expected<void, std::string> print_receipts(store::Store& store, const std::string& user) {
  std::vector<training::Receipt> receipts;
  auto read = for_each_item(store, training::user_keys(training::receipt_prefix, user),
                            [&](const store::Item& item) {
                              if (auto receipt = training::parse_receipt(item.value)) {
                                receipts.push_back(std::move(*receipt));
                              }
                            });
  if (!read) return read;
  std::sort(receipts.begin(), receipts.end(),
            [](const auto& a, const auto& b) { return a.event.time < b.event.time; });
  for (const auto& [outcome, event] : receipts) {
    std::printf("  %s  %-4s  %-9s  %-7s  %s to %s  %.16s\n", format_time(event.time).c_str(),
                to_word(event.kind).data(), to_word(outcome).data(), to_word(event.source).data(),
                to_word(event.from).data(), to_word(event.to).data(), event.hash.c_str());
  }
  return {};
}

// Erases all that is under a prefix.
Expected<std::size_t, std::string> erase_all(store::Store& store, const std::string& prefix) {
  std::vector<store::Operation> operations;
  const auto read = for_each_item(store, prefix, [&](const store::Item& item) {
    operations.emplace_back(store::Erase{item.key});
  });
  if (!read) return Unexpected<std::string>(read.error());
  for (std::size_t at = 0; at < operations.size(); at += erase_portion) {
    const auto begin = operations.begin() + static_cast<std::ptrdiff_t>(at);
    const auto size = std::min(erase_portion, operations.size() - at);
    const auto done = run(store, {begin, begin + static_cast<std::ptrdiff_t>(size)});
    if (!done) return Unexpected<std::string>(done.error());
  }
  return operations.size();
}

}  // namespace

Expected<std::vector<training::UserEntry>, std::string> learners(store::Store& store) {
  std::vector<training::UserEntry> users;
  const auto read = for_each_item(store, training::user_prefix, [&](const store::Item& item) {
    if (auto entry = training::parse_user_entry(item.value)) {
      users.push_back(std::move(*entry));
    }
  });
  if (!read) return Unexpected<std::string>(read.error());
  std::sort(users.begin(), users.end(),
            [](const auto& a, const auto& b) { return a.user < b.user; });
  return users;
}

Expected<training::Counts, std::string> learned(store::Store& store, const std::string& user) {
  const auto results = run(store, training::count_lookups(user));
  if (!results) return Unexpected<std::string>(results.error());
  return training::counts_of((*results)[0], (*results)[1]);
}

int learn_status(const LearnOptions& options) {
  auto open = open_site(options.config_file);
  if (!open) return fail(open.error());
  auto users = learners(*open->store);
  if (!users) return fail(users.error());
  if (!options.user.empty()) {
    std::erase_if(*users, [&](const auto& entry) { return entry.user != options.user; });
    if (users->empty()) {
      std::printf("%s: nothing was learned\n", report::escape(options.user).c_str());
      return 0;
    }
  }
  for (const training::UserEntry& entry : *users) {
    auto printed = print_user(*open->store, entry);
    if (printed && options.receipts) printed = print_receipts(*open->store, entry.user);
    if (!printed) return fail(printed.error());
  }
  if (!options.user.empty()) return 0;
  const auto counts = learned(*open->store, {});
  if (!counts) return fail(counts.error());
  std::printf("%s\n", status_line("all users", *counts).c_str());
  return 0;
}

int learn_forget(const LearnOptions& options) {
  auto open = open_site(options.config_file);
  if (!open) return fail(open.error());
  const auto counts = learned(*open->store, options.user);
  if (!counts) return fail(counts.error());
  std::size_t messages = 0;
  for (const std::string_view prefix : {training::message_prefix, training::receipt_prefix}) {
    const auto erased = erase_all(*open->store, training::user_keys(prefix, options.user));
    if (!erased) return fail(erased.error());
    if (prefix == training::message_prefix) messages = *erased;
  }
  const auto done = run(*open->store, training::forget_operations(options.user, *counts));
  if (!done) return fail(done.error());
  const auto directory = io::LearnerDirectory::open(open->site->learner.directory, false);
  const std::size_t kept = directory ? directory->forget(options.user) : 0;
  std::printf("forgotten: %s, %zu messages learned, %zu kept\n",
              report::escape(options.user).c_str(), messages, kept);
  return 0;
}

}  // namespace postern::cli
