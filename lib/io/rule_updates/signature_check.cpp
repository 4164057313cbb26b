#include "lib/io/rule_updates/signature_check.hpp"

#include <unistd.h>

#include <fstream>

#include "lib/antispam/update/signature.hpp"
#include "lib/io/files/config_files.hpp"
#include "lib/io/probe/command.hpp"
#include "lib/io/setup/temporary_directory.hpp"

namespace postern::io {
namespace {

using Failure = Unexpected<std::string>;

constexpr std::size_t max_key_file = 1024 * 1024;  // octets
constexpr std::chrono::seconds patience{60};
constexpr const char* own_key_files[] = {"/etc/postern/sa-update-pubkey.txt",
                                         "/etc/spamassassin/sa-update-pubkey.txt",
                                         "/usr/share/spamassassin/sa-update-pubkey.txt"};

Expected<std::string, std::string> find_key_file(const std::string& given) {
  if (!given.empty()) return given;
  for (const char* file : own_key_files) {
    if (::access(file, R_OK) == 0) return std::string(file);
  }
  return Failure(
      "there is no key to verify signatures with; install the package spamassassin, which has it "
      "as " +
      std::string(own_key_files[2]) + ", copy that to " + own_key_files[0] +
      ", or name its file with --key-file");
}

Expected<std::string, std::string> read_keys(const std::string& given) {
  const auto file = find_key_file(given);
  if (!file) return Failure(file.error());
  auto text = read_file(*file, max_key_file);
  if (!text) return Failure(text.error());
  if (!antispam::is_armored(*text)) return std::move(*text);
  auto keys = antispam::dearmor_keys(*text);
  if (keys) return std::move(*keys);
  return Failure(*file + ": its block of public keys is damaged; get it again");
}

bool write(const std::string& path, std::string_view octets) {
  std::ofstream file(path, std::ios::binary);
  file.write(octets.data(), static_cast<std::streamsize>(octets.size()));
  file.close();
  return !file.fail();
}

}  // namespace

Expected<std::int64_t, std::string> check_signature(const std::string& key_file,
                                                    std::string_view archive,
                                                    std::string_view signature) {
  const auto keys = read_keys(key_file);
  if (!keys) return Failure(keys.error());
  const auto folder = TemporaryDirectory::make();
  if (folder == nullptr) return Failure("/tmp: no directory can be made in it");
  const std::string ring = folder->path() + "/keys.gpg";
  const std::string signature_file = folder->path() + "/archive.asc";
  const std::string archive_file = folder->path() + "/archive";
  if (!write(ring, *keys) || !write(signature_file, signature) || !write(archive_file, archive)) {
    return Failure(folder->path() + ": cannot be written; is the disk full?");
  }
  const auto result = run_to_end({"gpgv", "--homedir", folder->path(), "--status-fd", "1",
                                  "--keyring", ring, signature_file, archive_file},
                                 patience);
  if (!result) {
    return Failure("the signature cannot be verified: " + result.error() +
                   "; install the package gpgv");
  }
  const antispam::SignatureReport report = antispam::read_signature_status(result->output);
  if (result->status == 0 && report.signed_at) return *report.signed_at;
  return Failure("the signature is refused: " + (report.problem.empty() || report.signed_at
                                                     ? "gpgv does not accept it"
                                                     : report.problem));
}

}  // namespace postern::io
