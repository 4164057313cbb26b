#include "cli/dkim_import.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "cli/commands.hpp"
#include "cli/dkim_support.hpp"
#include "lib/dkim/key_record.hpp"
#include "lib/io/files/secret_text.hpp"
#include "lib/io/openssl/private_key.hpp"

namespace postern::cli {
namespace {

namespace fs = std::filesystem;
using keyring::ImportedKey;
using keyring::Key;

class Importer {
 public:
  Importer(const DkimOptions& options, std::int64_t now, KeyChange& change)
      : options_(options), now_(now), change_(change) {}

  /// \return An error when the key directory cannot be written.
  Expected<void, std::string> add(const ImportedKey& imported) {
    io::SecretText content;
    std::string_view text = imported.inline_key;
    if (!imported.path.empty()) {
      auto read = io::read_secret_file(imported.path, io::max_key_file_size);
      if (!read) {
        warn(imported.origin + ": " + read.error());
        return {};
      }
      content = std::move(*read);
      text = content.view();
    }
    const auto parsed = io::parse_private_key(text);
    if (!parsed) {
      const std::string where = imported.path.empty() ? "the key in this line" : imported.path;
      warn(imported.origin + ": " + where + ": " + parsed.error());
      return {};
    }
    return add(imported, text, (*parsed)->public_key());
  }

  void warn(const std::string& problem) {
    std::fprintf(stderr, "postern: warning: %s\n", problem.c_str());
  }

  [[nodiscard]] const std::vector<Key>& added() const { return added_; }
  [[nodiscard]] std::size_t known() const { return known_; }

 private:
  Expected<void, std::string> add(const ImportedKey& imported, std::string_view text,
                                  const dkim::PublicKey& public_key) {
    Key key;
    key.domain = imported.domain;
    key.selector = imported.selector;
    key.type = public_key.type;
    key.created = now_;
    key.record = dkim::format_key_record(public_key);
    if (const Key* there = change_.index().find(key.domain, key.selector)) {
      if (there->record == key.record) {
        ++known_;
      } else {
        warn(imported.origin + ": " + key.domain + " has another key with selector " +
             key.selector + " already: left out");
      }
      return {};
    }
    set_state(key);
    auto stored = change_.add_key(key, text);
    if (!stored) return Unexpected<std::string>(imported.origin + ": " + stored.error());
    added_.push_back(std::move(key));
    return {};
  }

  void set_state(Key& key) {
    if (options_.pending) return;
    key.activated = now_;
    const auto keys = change_.index().of_domain(key.domain);
    const auto signs = [&](const Key& other) {
      return other.type == key.type && other.state == keyring::State::active;
    };
    const auto active = std::find_if(keys.begin(), keys.end(), signs);
    if (active == keys.end()) {
      key.state = keyring::State::active;
      return;
    }
    key.state = keyring::State::retired;
    key.retired = now_;
    warn(key.domain + ": " + key.selector + " does not sign, since " + active->selector +
         " does, which is of the same type; to exchange them: postern dkim activate " + key.domain +
         " --selector " + key.selector);
  }

  const DkimOptions& options_;
  std::int64_t now_;
  KeyChange& change_;
  std::vector<Key> added_;
  std::size_t known_ = 0;
};

// The keys behind a pattern, in the order of their domains.
std::vector<ImportedKey> find_keys(const keyring::KeyPattern& pattern, Importer& importer) {
  std::vector<ImportedKey> found;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(pattern.folder, error)) {
    const auto domain = pattern.domain_of(entry.path().filename().string());
    if (!domain) continue;
    ImportedKey key;
    key.domain = *domain;
    key.selector = pattern.selector;
    key.path = pattern.path_of(*domain);
    key.origin = pattern.origin;
    std::error_code ignored;
    if (fs::is_regular_file(key.path, ignored)) found.push_back(std::move(key));
    if (found.size() >= keyring::max_imported_keys) break;
  }
  if (error) importer.warn(pattern.origin + ": " + pattern.folder + ": " + error.message());
  if (!error && found.empty()) {
    importer.warn(pattern.origin + ": no file fits " + pattern.path_of("$domain"));
  }
  std::sort(found.begin(), found.end(),
            [](const ImportedKey& a, const ImportedKey& b) { return a.domain < b.domain; });
  return found;
}

Expected<void, std::string> add_plan(const keyring::ImportPlan& plan, Importer& importer) {
  for (const std::string& warning : plan.warnings) importer.warn(warning);
  for (const ImportedKey& key : plan.keys) {
    if (auto added = importer.add(key); !added) return added;
  }
  for (const keyring::KeyPattern& pattern : plan.patterns) {
    for (const ImportedKey& key : find_keys(pattern, importer)) {
      if (auto added = importer.add(key); !added) return added;
    }
  }
  return {};
}

void print(const DkimOptions& options, const ImportRun& run, const Importer& importer) {
  for (const Key& key : importer.added()) {
    std::printf("%s: imported %s, %s\n", key.domain.c_str(), describe(key).c_str(),
                std::string(to_word(key.state)).c_str());
  }
  if (importer.known() > 0) std::printf("%zu keys are here already\n", importer.known());
  if (importer.added().empty()) return;
  std::printf("\nSee whether DNS answers them: postern dkim check\n");
  if (options.pending) {
    std::printf("%s\n", next_step_text);
  } else {
    std::printf("Then let %s sign no more, or mail has two signatures\n", run.signer.c_str());
  }
}

}  // namespace

int import_keys(const DkimOptions& options, const ImportRun& run) {
  const auto surroundings = prepare(options);
  if (!surroundings) return fail(surroundings.error());
  io::lock_key_memory();
  auto change = KeyChange::begin(*surroundings);
  if (!change) return fail(change.error());
  Importer importer(options, surroundings->now, **change);
  for (const keyring::ImportPlan& plan : run.plans) {
    if (const auto added = add_plan(plan, importer); !added) return fail(added.error());
  }
  if (importer.added().empty() && importer.known() == 0) return fail("no key could be imported");
  const auto done = (*change)->commit();
  if (!done) return fail(done.error());
  if (options.json) {
    print_json("imported", importer.added());
  } else {
    print(options, run, importer);
  }
  return 0;
}

}  // namespace postern::cli
