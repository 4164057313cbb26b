#include "lib/archive/tar.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "lib/archive/octets.hpp"

namespace postern::archive {
namespace {

constexpr std::size_t block_size = 512;

// A text field, which ends at its first NUL.
std::string_view text_field(std::string_view block, std::size_t at, std::size_t size) {
  const std::string_view field = block.substr(at, size);
  return field.substr(0, field.find('\0'));
}

// Octal digits between blanks, or base 256 with the first bit set (GNU).
std::optional<std::uint64_t> number_field(std::string_view block, std::size_t at,
                                          std::size_t size) {
  const std::string_view field = block.substr(at, size);
  constexpr unsigned base_256 = 0x80;
  if ((static_cast<unsigned char>(field.front()) & base_256) != 0) {
    std::uint64_t value = 0;  // the last eight octets; more than that is no size
    for (const char c : field.substr(field.size() - 8)) {
      value = value << 8U | static_cast<unsigned char>(c);
    }
    return value;
  }
  std::uint64_t value = 0;
  const std::size_t begin = std::min(field.find_first_not_of(' '), field.size());
  const auto read = std::from_chars(field.data() + begin, field.data() + field.size(), value, 8);
  if (read.ec != std::errc()) return std::nullopt;
  return value;
}

// The sum of all octets with the field of the sum as blanks; old writers took them as signed.
bool has_right_checksum(std::string_view block) {
  constexpr std::size_t at = 148;
  constexpr std::size_t size = 8;
  const auto given = number_field(block, at, size);
  if (!given) return false;
  std::int64_t of_unsigned = 0;
  std::int64_t of_signed = 0;
  for (std::size_t i = 0; i < block.size(); ++i) {
    const char c = i >= at && i < at + size ? ' ' : block[i];
    of_unsigned += static_cast<unsigned char>(c);
    of_signed += static_cast<signed char>(c);
  }
  const auto sum = static_cast<std::int64_t>(*given);
  return sum == of_unsigned || sum == of_signed;
}

bool is_header(std::string_view text) {
  return text.size() >= block_size && text.front() != '\0' &&
         has_right_checksum(text.substr(0, block_size));
}

// The last value of a keyword among the records "LENGTH KEYWORD=VALUE\n" of pax.
std::string_view pax_value(std::string_view records, std::string_view keyword) {
  std::string_view value;
  while (!records.empty()) {
    std::size_t size = 0;
    const char* const end = records.data() + records.size();
    const auto read = std::from_chars(records.data(), end, size);
    const std::size_t head = static_cast<std::size_t>(read.ptr - records.data());
    if (read.ec != std::errc() || size <= head + 1 || size > records.size()) break;
    const std::string_view record = records.substr(head + 1, size - head - 1);
    if (record.starts_with(keyword) && record.substr(keyword.size()).starts_with('=')) {
      value = record.substr(keyword.size() + 1);
      if (value.ends_with('\n')) value.remove_suffix(1);
    }
    records.remove_prefix(size);
  }
  return value;
}

class TarReader {
 public:
  TarReader(std::string_view text, std::size_t max_entries)
      : text_(text), max_entries_(max_entries) {}

  Directory read() {
    while (!text_.empty() && !directory_.is_cut && read_header()) {
    }
    return std::move(directory_);
  }

 private:
  bool read_header() {
    const std::string_view block = text_.substr(0, block_size);
    if (!is_header(text_)) {
      const bool is_end = block.find_first_not_of('\0') == block.npos;
      if (!is_end) directory_.defects.add(Defect::corrupt);
      return false;
    }
    const std::uint64_t size = data_size(block);
    const std::string_view data = slice(text_, block_size, size);
    if (data.size() < size) directory_.defects.add(Defect::truncated);
    add(block, data);
    const std::uint64_t padded =
        block_size + (data.size() + block_size - 1) / block_size * block_size;
    text_ = slice(text_, padded, text_.size());
    return true;
  }

  std::uint64_t data_size(std::string_view block) {
    constexpr std::string_view without_data = "123456";  // links, devices, folders, pipes
    if (without_data.find(type_of(block)) != without_data.npos) return 0;
    std::uint64_t size = 0;
    const std::string_view said = pax_size_;
    if (!said.empty()) {
      std::from_chars(said.data(), said.data() + said.size(), size);
      pax_size_ = {};
      return size;
    }
    const auto field = number_field(block, 124, 12);
    if (!field) directory_.defects.add(Defect::corrupt);
    return field.value_or(0);
  }

  static char type_of(std::string_view block) { return block[156]; }

  void add(std::string_view block, std::string_view data) {
    switch (type_of(block)) {
      case 'L': long_name_ = data.substr(0, data.find('\0')); return;
      case 'x':
        pax_name_ = pax_value(data, "path");
        pax_size_ = pax_value(data, "size");
        return;
      case 'K':          // a long name of a link
      case 'g':          // what holds for all that follow: no names
      case 'V': return;  // the name of the volume
      default: add_entry(block, data);
    }
  }

  void add_entry(std::string_view block, std::string_view data) {
    if (directory_.entries.size() >= max_entries_) {
      directory_.is_cut = true;
      return;
    }
    Entry entry;
    add_name(entry, std::exchange(pax_name_, {}), directory_.defects);
    add_name(entry, std::exchange(long_name_, {}), directory_.defects);
    add_name(entry, short_name(block), directory_.defects);
    entry.size = data.size();
    entry.method = Method::stored;
    entry.is_folder = type_of(block) == '5';
    constexpr std::string_view special = "12346";  // links, devices, pipes
    entry.is_special = special.find(type_of(block)) != special.npos;
    entry.data = data;
    directory_.entries.push_back(std::move(entry));
  }

  static std::string short_name(std::string_view block) {
    const std::string_view name = text_field(block, 0, 100);
    const bool is_posix = block.substr(257).starts_with(std::string_view("ustar\0", 6));
    const std::string_view prefix = is_posix ? text_field(block, 345, 155) : std::string_view();
    if (prefix.empty()) return std::string(name);
    return std::string(prefix) + "/" + std::string(name);
  }

  std::string_view text_;
  std::size_t max_entries_;
  Directory directory_;
  std::string_view long_name_;  // of the entry that follows
  std::string_view pax_name_;
  std::string_view pax_size_;
};

}  // namespace

bool is_tar(std::string_view text) {
  return is_header(text);
}

Directory read_tar(std::string_view text, std::size_t max_entries) {
  return TarReader(text, max_entries).read();
}

}  // namespace postern::archive
