#include <algorithm>
#include <filesystem>
#include <system_error>

#include "lib/antispam/update/archive.hpp"
#include "lib/antispam/update/channel.hpp"
#include "lib/io/files/regular_file.hpp"
#include "lib/io/rule_updates/update_source.hpp"

namespace postern::io {
namespace {

namespace fs = std::filesystem;
using Failure = Unexpected<std::string>;

constexpr std::size_t max_small_file = 64 * 1024;  // octets of a digest or a signature

class FolderSource final : public UpdateSource {
 public:
  explicit FolderSource(std::string directory) : directory_(std::move(directory)) {}

  Expected<std::optional<std::uint64_t>, std::string> newest(const std::string&) override {
    std::optional<std::uint64_t> found;
    std::error_code error;
    for (fs::directory_iterator entry(directory_, error), end; !error && entry != end;
         entry.increment(error)) {
      const auto version = antispam::version_of_archive(entry->path().filename().string());
      if (version) found = std::max(found.value_or(0), *version);
    }
    if (error) return Failure(directory_ + ": " + error.message());
    return found;
  }

  Expected<UpdatePackage, std::string> fetch(const std::string&, std::uint64_t version,
                                             bool with_signature) override {
    const std::string name = directory_ + "/" + std::to_string(version) + ".tar.gz";
    UpdatePackage package;
    auto archive = read_regular_file(name, antispam::max_update_archive);
    if (!archive) return Failure(archive.error());
    package.archive = std::move(*archive);
    auto digest = read_regular_file(name + ".sha512", max_small_file);
    if (!digest) {
      package.is_sha512 = false;
      digest = read_regular_file(name + ".sha256", max_small_file);
    }
    if (!digest) {
      return Failure(name + ": has no digest; put " + std::to_string(version) +
                     ".tar.gz.sha512 or .sha256 beside it");
    }
    package.digest = std::move(*digest);
    if (!with_signature) return package;
    auto signature = read_regular_file(name + ".asc", max_small_file);
    if (!signature) return Failure(signature.error());
    package.signature = std::move(*signature);
    return package;
  }

 private:
  const std::string directory_;
};

}  // namespace

std::unique_ptr<UpdateSource> make_folder_source(std::string directory) {
  return std::make_unique<FolderSource>(std::move(directory));
}

}  // namespace postern::io
