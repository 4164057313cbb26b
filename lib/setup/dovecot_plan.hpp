// The files of Dovecot's configuration that setup adds; none of the operator's own is changed.
#pragma once

#include <string>
#include <vector>

#include "lib/setup/dovecot_config.hpp"

namespace postern::setup {

/// Dovecot as it was found.
struct DovecotFound {
  std::string version;           ///< Such as "2.3.19.1".
  std::string directory;         ///< Of dovecot.conf.
  bool includes_conf_d = false;  ///< Whether dovecot.conf reads conf.d/*.conf.
  bool has_plugins = false;      ///< Those of the package dovecot-postern.
  bool has_sieve_plugin = false;
  DovecotSettings settings;
};

/// A file to be written. Nothing that is there and not ours is ever written over.
struct NewFile {
  std::string path;
  std::string content;

  bool operator==(const NewFile&) const = default;
};

struct DovecotPlan {
  std::vector<NewFile> files;
  std::string sieve_script;           ///< That of `files` which sievec(1) has to compile; or empty.
  std::vector<std::string> notes;     ///< What the operator should know; sentences.
  std::vector<std::string> refusals;  ///< Why Dovecot is left alone, each naming the setting.
};

/// Training for mailboxes, and Sieve's view of the verdict where Sieve is in use already.
/// \param brings_sieve  It is brought to deliveries where it is not.
[[nodiscard]] DovecotPlan plan_dovecot(const DovecotFound& found, bool brings_sieve = false);

/// What an added file must not have changed: plugins that a protocol had before and lacks now, in
/// words; empty when nothing is lost.
[[nodiscard]] std::string lost_plugins(const DovecotSettings& before, const DovecotSettings& after);

}  // namespace postern::setup
