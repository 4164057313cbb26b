// The type of octets by libmagic, for attachments::MediaTypes.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "lib/attachments/media_types.hpp"
#include "lib/base/result.hpp"

namespace postern::io {

/// Opens libmagic anew for each question, which takes a tenth of a millisecond: its handle is not
/// for two threads, and would keep 11 MB that are needed only now and then.
class MagicTypes final : public attachments::MediaTypes {
 public:
  /// \param database  As magic_load(3) takes it, without ".mgc".
  /// \return Or why there is none, with the remedy.
  [[nodiscard]] static Expected<std::unique_ptr<MagicTypes>, std::string> open(
      std::string database = "/usr/share/misc/magic");

  explicit MagicTypes(std::string database) : database_(std::move(database)) {}

  /// Looks at the first 64 KiB only, and not at text. Empty too when the database is gone since.
  [[nodiscard]] std::string type_of(std::string_view octets) const override;

 private:
  std::string database_;
};

}  // namespace postern::io
