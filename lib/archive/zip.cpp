#include "lib/archive/zip.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "lib/archive/octets.hpp"
#include "lib/archive/zip_record.hpp"

namespace postern::archive {
namespace {

constexpr std::size_t max_comment = 65'535;  // §4.4.12
constexpr unsigned max_ends = 4;             // more than one is a trick already

// The octets from a local header to the end of its data.
struct Extent {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

class ZipReader {
 public:
  ZipReader(std::string_view text, std::size_t max_entries)
      : text_(text), max_entries_(max_entries) {}

  Directory read() {
    read_directories();
    sort_extents();
    read_strays();
    return std::move(directory_);
  }

 private:
  // From the last end record to earlier ones, unless they lie in the data of an entry.
  void read_directories() {
    std::string_view rest = text_;
    for (unsigned i = 0; i < max_ends; ++i) {
      const std::size_t at = rest.rfind(zip_end_signature);
      if (at == rest.npos || text_.size() - at > zip_end_size + max_comment) break;
      rest = rest.substr(0, at);
      const auto end = read_zip_end(text_, at);
      if (!end || is_inside_entry(at)) continue;
      if (has_directory_) directory_.defects.add(Defect::ambiguous);
      has_directory_ = true;
      read_directory(*end);
    }
    if (!has_directory_) directory_.defects.add(Defect::truncated);
  }

  // Readers start where the end record says, or go back from it, which is right behind a prefix.
  void read_directory(const ZipEnd& end) {
    const std::uint64_t said = end.directory_offset;
    const std::uint64_t counted =
        end.directory_end - std::min(end.directory_size, end.directory_end);
    if (end.entries == 0 && end.directory_size == 0) return;
    const bool said_is_one = slice(text_, said, 4) == zip_central_signature;
    const bool counted_is_one = slice(text_, counted, 4) == zip_central_signature;
    if (!said_is_one && !counted_is_one) directory_.defects.add(Defect::corrupt);
    if (counted_is_one) read_central(counted, counted - std::min(said, counted), end.entries);
    if (said_is_one && said != counted) {
      if (counted_is_one) directory_.defects.add(Defect::ambiguous);
      read_central(said, 0, end.entries);
    }
  }

  void read_central(std::uint64_t at, std::uint64_t prefix, std::uint64_t count) {
    constexpr std::uint64_t count_modulus = 65'536;  // writers without zip64 let it overflow
    std::uint64_t found = 0;
    while (true) {
      const auto record = read_zip_central(text_, at);
      if (!record) break;
      if (!has_room()) return;
      add_central(*record, prefix);
      ++found;
      at += record->record_size;
    }
    if (found % count_modulus != count % count_modulus) directory_.defects.add(Defect::corrupt);
  }

  void add_central(const ZipRecord& central, std::uint64_t prefix) {
    Entry entry = make_entry(central);
    const std::uint64_t at = central.local_offset + prefix;
    if (const auto local = read_zip_local(text_, at)) {
      compare(central, *local);
      entry.is_encrypted = entry.is_encrypted || local->is_encrypted();
      add_name(entry, local->name, directory_.defects);
      add_name(entry, local->unicode_name(), directory_.defects);
      entry.data = slice(text_, at + local->record_size, central.packed_size);
      extents_.push_back({at, at + local->record_size + entry.data.size()});
    } else {
      directory_.defects.add(Defect::corrupt);
    }
    if (entry.data.size() < central.packed_size) directory_.defects.add(Defect::truncated);
    directory_.entries.push_back(std::move(entry));
  }

  void compare(const ZipRecord& central, const ZipRecord& local) {
    const bool has_sizes = !local.has_descriptor() || local.packed_size != 0;
    const bool agree =
        central.method == local.method && central.name == local.name &&
        central.is_encrypted() == local.is_encrypted() &&
        (!has_sizes || (central.packed_size == local.packed_size && central.size == local.size));
    // Where the central directory is encrypted, local headers are masked on purpose (§7.1.6).
    if (!agree && !local.has_masked_names()) directory_.defects.add(Defect::ambiguous);
  }

  Entry make_entry(const ZipRecord& record) {
    Entry entry;
    add_name(entry, record.name, directory_.defects);
    add_name(entry, record.unicode_name(), directory_.defects);
    entry.size = record.size;
    entry.method = record.packing();
    entry.is_encrypted = record.is_encrypted();
    entry.is_folder = record.size == 0 && record.name.ends_with('/');
    if (record.has_masked_names()) directory_.hides_names = true;
    return entry;
  }

  void sort_extents() {
    std::sort(extents_.begin(), extents_.end(),
              [](const Extent& a, const Extent& b) { return a.begin < b.begin; });
    std::uint64_t end = 0;
    for (const Extent& extent : extents_) {
      if (extent.begin < end) directory_.defects.add(Defect::overlapping);
      end = std::max(end, extent.end);
    }
  }

  // Local headers that no central one points at.
  void read_strays() {
    std::size_t next_extent = 0;
    std::size_t at = 0;
    while (true) {
      at = text_.find(zip_local_signature, at);
      if (at == text_.npos) return;
      std::uint64_t end = 0;
      while (next_extent < extents_.size() && extents_[next_extent].begin <= at) {
        end = std::max(end, extents_[next_extent++].end);
      }
      covered_to_ = std::max(covered_to_, end);
      at = covered_to_ > at ? static_cast<std::size_t>(covered_to_) : read_stray(at);
    }
  }

  // Returns where to go on.
  std::size_t read_stray(std::size_t at) {
    const auto record = is_plausible(at) ? read_zip_local(text_, at) : std::nullopt;
    if (!record) return at + zip_local_signature.size();
    if (!has_room()) return text_.size();
    Entry entry = make_entry(*record);
    const std::size_t begin = at + record->record_size;
    const bool has_sizes = !record->has_descriptor() || record->packed_size != 0;
    const std::size_t end = next_record(begin);
    entry.data = slice(text_, begin, has_sizes ? record->packed_size : end - begin);
    directory_.defects.add(has_directory_ ? Defect::hidden : Defect::truncated);
    directory_.entries.push_back(std::move(entry));
    return has_sizes ? begin + directory_.entries.back().data.size() : end;
  }

  // The signature also stands in programs that unpack. Looks at few octets: whoever repeats the
  // signature shall not have a long name read each time.
  [[nodiscard]] bool is_plausible(std::size_t at) const {
    constexpr std::uint32_t max_method = 99;
    constexpr std::size_t name_at = 30;
    constexpr std::size_t looked_at = 64;
    const std::size_t name_size = u16(text_, at + 26);
    const std::string_view name =
        slice(text_, at + name_at, std::min<std::size_t>(name_size, looked_at));
    return !name.empty() && u16(text_, at + 8) <= max_method && name.find('\0') == name.npos;
  }

  // Looked for once for every octet: whoever asks goes on from here or from further ahead.
  std::size_t next_record(std::size_t at) {
    if (next_record_ >= at && next_record_ != 0) return next_record_;
    while (true) {
      at = text_.find("PK", at);
      if (at == text_.npos) break;
      const std::string_view signature = text_.substr(at, 4);
      if (signature == zip_local_signature || signature == zip_central_signature ||
          signature == zip_descriptor_signature || signature == zip_end_signature) {
        break;
      }
      at += 2;
    }
    next_record_ = std::min(at, text_.size());
    return next_record_;
  }

  [[nodiscard]] bool is_inside_entry(std::size_t at) const {
    return std::any_of(extents_.begin(), extents_.end(),
                       [&](const Extent& extent) { return extent.begin <= at && at < extent.end; });
  }

  bool has_room() {
    directory_.is_cut = directory_.is_cut || directory_.entries.size() >= max_entries_;
    return !directory_.is_cut;
  }

  std::string_view text_;
  std::size_t max_entries_;
  Directory directory_;
  std::vector<Extent> extents_;
  bool has_directory_ = false;
  std::uint64_t covered_to_ = 0;
  std::size_t next_record_ = 0;
};

// Documents hold other files as they are, archives among them, and are none for that.
bool holds_files(std::string_view text) {
  return text.starts_with("%PDF-") || text.starts_with("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1");
}

// Whether an end record stands where one may, and a directory where it says.
bool ends_as_zip(std::string_view text) {
  const std::size_t tail = std::min(text.size(), zip_end_size + max_comment);
  const std::size_t found = text.substr(text.size() - tail).rfind(zip_end_signature);
  if (found == text.npos) return false;
  const std::size_t at = text.size() - tail + found;
  const auto end = read_zip_end(text, at);
  if (!end || end->directory_size > end->directory_end) return false;
  const bool is_last = at + zip_end_size + u16(text, at + zip_end_size - 2) == text.size();
  if (!is_last && holds_files(text)) return false;
  return slice(text, end->directory_end - end->directory_size, 4) == zip_central_signature ||
         slice(text, end->directory_offset, 4) == zip_central_signature;
}

}  // namespace

bool is_zip(std::string_view text) {
  constexpr std::string_view spanned_signature{"PK00PK\3\4", 8};
  return text.starts_with(zip_local_signature) || text.starts_with(zip_end_signature) ||
         text.starts_with(zip_descriptor_signature) || text.starts_with(spanned_signature) ||
         ends_as_zip(text);
}

Directory read_zip(std::string_view text, std::size_t max_entries) {
  return ZipReader(text, max_entries).read();
}

}  // namespace postern::archive
