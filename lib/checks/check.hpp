// What a check is: one row in the table of checks, with its own settings and its own memory.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antispam/filter/state.hpp"
#include "lib/antivirus/report.hpp"
#include "lib/attachments/evaluate.hpp"
#include "lib/checks/content.hpp"
#include "lib/config/setting.hpp"
#include "lib/disposition/disposition.hpp"
#include "lib/dkim/body_hasher.hpp"
#include "lib/dkim/signing_key.hpp"
#include "lib/dns/answers.hpp"
#include "lib/mail/author.hpp"
#include "lib/mail/header_section.hpp"
#include "lib/mail/imitation.hpp"
#include "lib/verdict/envelope.hpp"
#include "lib/verdict/findings.hpp"

namespace postern::checks {

/// How far a message has come. A check starts at its stage and may end at any later one.
enum class Stage {
  mail,    ///< Client address, HELO, and MAIL FROM are known.
  header,  ///< The header section is complete.
  body,    ///< The whole message is here.
};

/// C libraries behind pure interfaces, the same for every message.
struct Services {
  const dkim::Crypto* crypto = nullptr;
  mail::ToAsciiDomain to_ascii = nullptr;
  mail::ToUnicodeLabel to_unicode = nullptr;
  attachments::Tools attachments = {};
};

/// What a check sees. Everything borrowed outlives the message.
struct Context {
  const Services& services;
  const verdict::Envelope& envelope;
  const dns::Answers& answers;
  std::int64_t now = 0;  ///< Seconds since the epoch.
  Stage stage = Stage::mail;
  const mail::HeaderSection* header = nullptr;  ///< From stage header on.
  dkim::BodyHasher* body_hasher = nullptr;      ///< From stage header on.
  const dkim::KeySource* keys = nullptr;        ///< Who signs for us; may be nullptr.
  const submission::KnownOwners& owners;        ///< What the tables of logins said so far.
  Content* content = nullptr;                   ///< At stage body, if a check that runs reads it.
  const antivirus::Report* scan = nullptr;      ///< What came of the scan that was asked for.
  const antispam::FilterState* antispam = nullptr;  ///< nullptr: nobody loaded rules.
  bool earlier_done = false;    ///< Whether every earlier row of the table is done.
  verdict::Findings& findings;  ///< Earlier rows have written theirs; a check adds its own.
};

/// How far a check has got: done, or waiting for answers and later stages.
struct Progress {
  bool done = false;
  dns::Questions missing;
  std::vector<std::string> missing_owners = {};  ///< Addresses whose owners are to be looked up.
  std::vector<antivirus::Scannable> missing_scan = {};  ///< What is to be scanned for viruses.
  dns::Questions missing_lists = {};  ///< Under limits of their own, the most telling ones first.
};

/// What a check keeps between its runs for one message.
using Memory = std::shared_ptr<void>;

/// One row of the table. The type of its settings is known only to make_check().
struct Check {
  std::string_view name;  ///< Also the section of its parameters.
  Stage stage = Stage::mail;
  bool reads_body = false;          ///< Whether the body must be kept for it.
  bool writes_spam_fields = false;  ///< X-Spam-*: those of others go where it is enforced.
  std::string_view doc;             ///< One line for the manual.
  std::vector<config::Row> (*rows)() = nullptr;
  Expected<std::shared_ptr<const void>, config::ConfigError> (*load)(const config::Document&) =
      nullptr;
  /// Whether it runs for a message that comes this way.
  bool (*applies)(const void* settings, disposition::Direction direction) = nullptr;
  Progress (*run)(Context& context, const void* settings, Memory& memory) = nullptr;
  /// What it finds of a message that is not looked at, since its header section exceeds the limit
  /// of `setting`; nullptr: nothing.
  void (*give_up)(verdict::Findings& findings, std::string_view setting) = nullptr;
};

/// Makes a row from a function and the table of its settings; the settings have a member `enabled`.
/// Such a check is for mail of strangers.
template <auto Run, const auto& Table, typename S>
constexpr Check make_check(std::string_view name, Stage stage, bool reads_body,
                           std::string_view doc) {
  Check check;
  check.name = name;
  check.stage = stage;
  check.reads_body = reads_body;
  check.doc = doc;
  check.rows = [] { return std::vector<config::Row>(std::begin(Table), std::end(Table)); };
  check.load = [](const config::Document& document) {
    return config::load<S>(std::span<const config::Setting<S>>(Table), document)
        .transform([](S settings) -> std::shared_ptr<const void> {
          return std::make_shared<const S>(std::move(settings));
        });
  };
  check.applies = [](const void* settings, disposition::Direction direction) {
    return direction == disposition::Direction::inbound && static_cast<const S*>(settings)->enabled;
  };
  check.run = [](Context& context, const void* settings, Memory& memory) {
    return Run(context, *static_cast<const S*>(settings), memory);
  };
  return check;
}

/// The table: row order is the order of execution.
[[nodiscard]] std::span<const Check> table();

}  // namespace postern::checks
