// Rules from disk to a filter that judges messages.
#pragma once

#include <memory>
#include <string>

#include "lib/antispam/filter/filter.hpp"
#include "lib/antispam/filter/state.hpp"
#include "lib/antispam/settings/settings.hpp"
#include "lib/io/iconv/strict_charsets.hpp"
#include "lib/io/openssl/openssl_digests.hpp"
#include "lib/io/pcre2/pcre2_compiler.hpp"
#include "lib/io/rules/rule_files.hpp"

namespace postern::io {

/// Makes filters; outlives them.
class FilterLoader {
 public:
  /// \param hostname  Of this host.
  /// \param program   Who we are: "Postern 0.1.0".
  FilterLoader(std::string hostname, std::string program);

  /// Takes up to a second.
  /// \param eager  As EngineSettings::eager.
  /// \return A filter, or the problem and its remedy in one line.
  [[nodiscard]] antispam::FilterState load(const antispam::Settings& settings,
                                           bool eager = false) const;
  /// The same with rules of other places than those that settings name; there may be none.
  [[nodiscard]] antispam::FilterState load(const antispam::Settings& settings,
                                           const RulePlaces& places, bool eager = false) const;

 private:
  std::string hostname_;
  std::string program_;
  const antispam::Secret secret_;
  const std::unique_ptr<antispam::ListMemory> lists_;  // for all filters, one after the other
  Pcre2Compiler compiler_;
  EncodeCharsets charsets_;
  OpensslDigests digests_;
};

/// The directory of rules that settings name or that is found; empty: there is none.
[[nodiscard]] std::string rules_directory(const antispam::Settings& settings);

}  // namespace postern::io
