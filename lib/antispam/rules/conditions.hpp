// "if", "ifplugin", "else", "endif" of a configuration (Conf::Parser::handle_conditional).
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antispam/rules/plugins.hpp"
#include "lib/base/result.hpp"

namespace postern::antispam {

/// Which lines count. One for a whole configuration: what a condition has once come to be, it
/// stays, as in SpamAssassin.
class Conditions {
 public:
  Conditions(const Abilities& abilities, bool local_tests_only)
      : abilities_(abilities), local_tests_only_(local_tests_only) {}

  [[nodiscard]] bool skips() const { return skips_; }
  /// Until the file ends (require_version).
  void skip_rest() { skips_ = true; }

  /// \param word  "if" or "ifplugin".
  /// \return What is wrong with the condition. A block is open then as well, unless
  ///         `opens_block` is false: SpamAssassin takes no notice of a line it cannot read.
  struct Problem {
    std::string text;
    bool opens_block = true;
  };
  [[nodiscard]] Expected<void, Problem> open(std::string_view word, std::string_view condition,
                                             std::size_t line);
  /// \return False: there is no "if" before.
  [[nodiscard]] bool otherwise();
  [[nodiscard]] bool close();
  /// Ends the file. \return Lines of blocks that are still open.
  std::vector<std::size_t> end_file();

 private:
  struct Block {
    bool skipped_before = false;
    std::size_t line = 0;
  };
  const Abilities& abilities_;
  bool local_tests_only_;
  bool skips_ = false;
  std::vector<Block> blocks_;
  std::map<std::string, bool, std::less<>> known_;
};

}  // namespace postern::antispam
