#include "lib/io/libarchive/archive_walk.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <array>
#include <string>

#include "lib/base/ascii.hpp"
#include "lib/io/handle.hpp"

namespace postern::io {
namespace {

using Handle = CHandle<archive, archive_read_free>;
using Clock = std::chrono::steady_clock;

// Methods of zip that libclamav unpacks, as libarchive calls them.
constexpr std::array<std::string_view, 5> known_methods = {
    "(uncompressed)", "(deflation)", "(deflation-64-bit)", "(imploded)", "(bzip)"};
// Of these, what libarchive does not unpack.
constexpr std::array<std::string_view, 2> left_to_libclamav = {"deflation-64-bit", "imploded"};

constexpr int attempts = 3;  // after ARCHIVE_RETRY

template <std::size_t size>
bool has_any(std::string_view text, const std::array<std::string_view, size>& words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return text.find(word) != text.npos; });
}

void support_filter(archive* reader, ArchiveKind kind) {
  switch (kind) {
    case ArchiveKind::gzip: archive_read_support_filter_gzip(reader); return;
    case ArchiveKind::bzip2: archive_read_support_filter_bzip2(reader); return;
    case ArchiveKind::xz: archive_read_support_filter_xz(reader); return;
    case ArchiveKind::lzip: archive_read_support_filter_lzip(reader); return;
    case ArchiveKind::zstd: archive_read_support_filter_zstd(reader); return;
    case ArchiveKind::lz4: archive_read_support_filter_lz4(reader); return;
    case ArchiveKind::compress: archive_read_support_filter_compress(reader); return;
    case ArchiveKind::zip:
    case ArchiveKind::seven_zip:
    case ArchiveKind::rar:
    case ArchiveKind::cab:
    case ArchiveKind::lha:
    case ArchiveKind::tar:
    case ArchiveKind::cpio:
    case ArchiveKind::iso9660: return;
  }
}

// Of one kind only: no other reader shall find something of its own in the same octets, and none
// that starts a program is asked at all.
void support_format(archive* reader, ArchiveKind kind) {
  switch (kind) {
    case ArchiveKind::zip: archive_read_support_format_zip(reader); return;
    case ArchiveKind::seven_zip: archive_read_support_format_7zip(reader); return;
    case ArchiveKind::rar:
      archive_read_support_format_rar(reader);
      archive_read_support_format_rar5(reader);
      return;
    case ArchiveKind::cab: archive_read_support_format_cab(reader); return;
    case ArchiveKind::lha: archive_read_support_format_lha(reader); return;
    case ArchiveKind::tar: archive_read_support_format_tar(reader); return;
    case ArchiveKind::cpio: archive_read_support_format_cpio(reader); return;
    case ArchiveKind::iso9660: archive_read_support_format_iso9660(reader); return;
    case ArchiveKind::gzip:
    case ArchiveKind::bzip2:
    case ArchiveKind::xz:
    case ArchiveKind::lzip:
    case ArchiveKind::zstd:
    case ArchiveKind::lz4:
    case ArchiveKind::compress:
      archive_read_support_format_empty(reader);
      archive_read_support_format_tar(reader);
      archive_read_support_format_raw(reader);
      return;
  }
}

class Walk {
 public:
  Walk(ArchiveKind kind, const ArchiveLimits& limits, const TakeEntry& take)
      : kind_(kind), limits_(limits), take_(take), deadline_(Clock::now() + limits.time) {
    if (!reader_) return;
    support_filter(reader_.get(), kind);
    support_format(reader_.get(), kind);
  }

  ArchiveState run(std::string_view octets) {
    if (!reader_) return ArchiveState::over_limit;
    if (archive_read_open_memory(reader_.get(), octets.data(), octets.size()) != ARCHIVE_OK) {
      return failure();
    }
    while (next_entry()) {
      if (!is_encrypted_ && !read_entry()) break;
    }
    // Its reader takes what is no header for the end.
    if (kind_ == ArchiveKind::rar && entries_ == 0) note(ArchiveState::damaged);
    return state_;
  }

 private:
  // False at the end.
  bool next_entry() {
    archive_entry* entry = nullptr;
    int result = ARCHIVE_RETRY;
    for (int i = 0; i < attempts && result == ARCHIVE_RETRY; ++i) {
      result = archive_read_next_header(reader_.get(), &entry);
    }
    if (result == ARCHIVE_EOF) return false;
    // A warning is about what a file is called, or who owned it.
    if (result != ARCHIVE_OK && result != ARCHIVE_WARN) return note(failure());
    if (++entries_ > limits_.entries || is_late()) return note(ArchiveState::over_limit);
    is_encrypted_ = archive_entry_is_encrypted(entry) != 0;
    if (is_encrypted_) note(ArchiveState::encrypted);
    return true;
  }

  // False if nothing can follow.
  bool read_entry() {
    std::uint64_t entry_octets = 0;
    content_.clear();
    while (true) {
      const void* block = nullptr;
      std::size_t size = 0;
      la_int64_t offset = 0;
      const int result = archive_read_data_block(reader_.get(), &block, &size, &offset);
      if (result == ARCHIVE_EOF) return content_.empty() || hand_over();
      if (result != ARCHIVE_OK) {
        note(failure());
        return result != ARCHIVE_FATAL && result != ARCHIVE_RETRY;
      }
      octets_ += size;
      entry_octets += size;
      if (octets_ > limits_.octets || entry_octets > limits_.entry_size || is_late()) {
        return note(ArchiveState::over_limit);
      }
      content_.append(static_cast<const char*>(block), size);
    }
  }

  bool hand_over() { return take_(content_, is_foreign()) || note(ArchiveState::stopped); }

  // Whether libclamav does not unpack the entry itself.
  [[nodiscard]] bool is_foreign() const {
    switch (kind_) {
      case ArchiveKind::zip: return !has_any(format(), known_methods);
      case ArchiveKind::seven_zip:
      case ArchiveKind::rar:
      case ArchiveKind::lha:
      case ArchiveKind::lzip:
      case ArchiveKind::zstd:
      case ArchiveKind::lz4:
      case ArchiveKind::compress: return true;
      case ArchiveKind::cab:
      case ArchiveKind::tar:
      case ArchiveKind::cpio:
      case ArchiveKind::iso9660:
      case ArchiveKind::gzip:
      case ArchiveKind::bzip2:
      case ArchiveKind::xz: return false;
    }
    return false;
  }

  // Such as "ZIP 2.0 (deflation)"; known after a header.
  [[nodiscard]] std::string_view format() const {
    const char* const name = archive_format_name(reader_.get());
    return name == nullptr ? std::string_view() : name;
  }

  // What the reader's last complaint comes to.
  [[nodiscard]] ArchiveState failure() const {
    const char* const message = archive_error_string(reader_.get());
    const std::string text = ascii::to_lower(message == nullptr ? "" : message);
    constexpr std::array<std::string_view, 2> locked = {"encrypt", "passphrase"};
    constexpr std::array<std::string_view, 3> unknown = {"unsupported", "not supported",
                                                         "unavailable"};
    if (has_any(text, locked)) return ArchiveState::encrypted;
    if (!has_any(text, unknown)) return ArchiveState::damaged;
    return has_any(text, left_to_libclamav) ? ArchiveState::whole : ArchiveState::unsupported;
  }

  // Keeps the gravest. \return false, for who ends with it.
  bool note(ArchiveState state) {
    state_ = std::max(state_, state);
    return false;
  }
  [[nodiscard]] bool is_late() const { return Clock::now() > deadline_; }

  Handle reader_{archive_read_new()};
  ArchiveKind kind_;
  const ArchiveLimits& limits_;
  const TakeEntry& take_;
  Clock::time_point deadline_;
  ArchiveState state_ = ArchiveState::whole;
  bool is_encrypted_ = false;
  std::uint32_t entries_ = 0;
  std::uint64_t octets_ = 0;
  std::string content_;
};

}  // namespace

ArchiveState walk_archive(std::string_view octets, ArchiveKind kind, const ArchiveLimits& limits,
                          const TakeEntry& take) {
  return Walk(kind, limits, take).run(octets);
}

}  // namespace postern::io
