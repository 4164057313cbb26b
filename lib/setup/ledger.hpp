// What setup has changed on this host, so that all of it can be taken back.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/setup/postfix_plan.hpp"

namespace postern::setup {

inline constexpr int ledger_format = 1;
inline constexpr std::size_t max_ledger_size = 16 * 1024 * 1024;

/// One file, as it was before the first change of ours and after the last.
struct FileRecord {
  std::string path;
  std::optional<std::string> before;  ///< Nothing: there was none.
  std::string after;
  bool is_edited = false;  ///< Somebody changed it between two changes of ours.
  /// Before the last change: a run that was killed when this record was on disk, and not yet the
  /// file, has left that.
  std::optional<std::string> previous;

  bool operator==(const FileRecord&) const = default;

  /// Whether a content is one that we found or wrote, and not one of somebody else since.
  [[nodiscard]] bool is_known(const std::optional<std::string>& now) const;
  /// Whether `before` can replace the file without anything of somebody else being lost.
  [[nodiscard]] bool can_go_back(const std::optional<std::string>& now) const;
};

struct Ledger {
  std::string version;            ///< Of Postern, that wrote it last.
  std::string postfix_directory;  ///< Of main.cf; empty: Postfix is left alone.
  std::string dovecot_file;       ///< dovecot.conf; empty: Dovecot is left alone.
  std::vector<FileRecord> files;
  std::vector<std::string> directories;  ///< That were made, in this order.
  std::vector<ParameterChange> parameters;

  bool operator==(const Ledger&) const = default;

  [[nodiscard]] const FileRecord* find(std::string_view path) const;
  /// Notes that a file is about to become `after`; what it was at first is kept.
  /// \param now  As it is; nothing: it is not there.
  void note(const std::string& path, const std::optional<std::string>& now, std::string after);
  /// Likewise of a parameter of Postfix.
  void note(const ParameterChange& change);
  void forget(std::string_view path);
};

/// JSON, one object. Contents are base64, since a configuration need not be UTF-8.
[[nodiscard]] std::string format(const Ledger& ledger);

/// \return An error fit to be shown: what is damaged, or that a newer version wrote it.
[[nodiscard]] Expected<Ledger, std::string> parse_ledger(std::string_view text);

}  // namespace postern::setup
