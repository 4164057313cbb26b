#include "lib/archive/zip_record.hpp"

#include "lib/archive/octets.hpp"

namespace postern::archive {
namespace {

constexpr std::uint32_t encrypted_flag = 1U << 0U;
constexpr std::uint32_t descriptor_flag = 1U << 3U;
constexpr std::uint32_t strong_flag = 1U << 6U;
constexpr std::uint32_t masked_flag = 1U << 13U;
constexpr std::uint32_t stored_method = 0;
constexpr std::uint32_t deflated_method = 8;
constexpr std::uint32_t aes_method = 99;
constexpr std::uint32_t in_zip64 = 0xFFFFFFFF;
constexpr std::uint32_t zip64_field = 0x0001;
constexpr std::uint32_t unicode_path_field = 0x7075;

// The first extra field of a kind, without its head.
std::string_view find_extra(std::string_view extra, std::uint32_t kind) {
  constexpr std::size_t head_size = 4;
  while (extra.size() >= head_size) {
    const std::string_view field = slice(extra, head_size, u16(extra, 2));
    if (u16(extra, 0) == kind) return field;
    extra.remove_prefix(head_size + field.size());
  }
  return {};
}

// §4.5.3: the field holds only those numbers that do not fit into the record, in this order.
void take_zip64(ZipRecord& record) {
  if (record.size != in_zip64 && record.packed_size != in_zip64 &&
      record.local_offset != in_zip64) {
    return;
  }
  const std::string_view field = find_extra(record.extra, zip64_field);
  std::size_t at = 0;
  for (std::uint64_t* number : {&record.size, &record.packed_size, &record.local_offset}) {
    if (*number != in_zip64 || at + 8 > field.size()) continue;
    *number = u64(field, at);
    at += 8;
  }
}

bool take_name(ZipRecord& record, std::string_view rest, std::size_t name_size,
               std::size_t extra_size) {
  if (rest.size() < name_size + extra_size) return false;
  record.name = rest.substr(0, name_size);
  record.extra = rest.substr(name_size, extra_size);
  take_zip64(record);
  return true;
}

}  // namespace

bool ZipRecord::is_encrypted() const {
  return (flags & (encrypted_flag | strong_flag)) != 0 || method == aes_method;
}

bool ZipRecord::has_descriptor() const {
  return (flags & descriptor_flag) != 0;
}

bool ZipRecord::has_masked_names() const {
  return (flags & masked_flag) != 0;
}

Method ZipRecord::packing() const {
  if (method == stored_method) return Method::stored;
  return method == deflated_method ? Method::deflated : Method::other;
}

std::string_view ZipRecord::unicode_name() const {
  constexpr std::size_t version_and_crc = 5;
  const std::string_view field = find_extra(extra, unicode_path_field);
  return field.size() > version_and_crc ? field.substr(version_and_crc) : std::string_view();
}

std::optional<ZipRecord> read_zip_local(std::string_view text, std::uint64_t at) {
  constexpr std::size_t fixed_size = 30;
  const std::string_view rest = slice(text, at, text.size());
  if (rest.size() < fixed_size || !rest.starts_with(zip_local_signature)) return std::nullopt;
  ZipRecord record;
  record.flags = u16(rest, 6);
  record.method = u16(rest, 8);
  record.packed_size = u32(rest, 18);
  record.size = u32(rest, 22);
  if (!take_name(record, rest.substr(fixed_size), u16(rest, 26), u16(rest, 28))) {
    return std::nullopt;
  }
  record.record_size = fixed_size + record.name.size() + record.extra.size();
  return record;
}

std::optional<ZipRecord> read_zip_central(std::string_view text, std::uint64_t at) {
  constexpr std::size_t fixed_size = 46;
  const std::string_view rest = slice(text, at, text.size());
  if (rest.size() < fixed_size || !rest.starts_with(zip_central_signature)) return std::nullopt;
  ZipRecord record;
  record.flags = u16(rest, 8);
  record.method = u16(rest, 10);
  record.packed_size = u32(rest, 20);
  record.size = u32(rest, 24);
  record.local_offset = u32(rest, 42);
  if (!take_name(record, rest.substr(fixed_size), u16(rest, 28), u16(rest, 30))) {
    return std::nullopt;
  }
  const std::size_t comment_size = u16(rest, 32);
  record.record_size = fixed_size + record.name.size() + record.extra.size() + comment_size;
  return record;
}

std::optional<ZipEnd> read_zip_end(std::string_view text, std::size_t at) {
  constexpr std::string_view locator_signature{"PK\6\7", 4};
  constexpr std::string_view end64_signature{"PK\6\6", 4};
  constexpr std::size_t locator_size = 20;
  constexpr std::size_t end64_size = 56;
  const std::string_view rest = slice(text, at, zip_end_size);
  if (rest.size() < zip_end_size || !rest.starts_with(zip_end_signature)) return std::nullopt;
  ZipEnd end{u16(rest, 10), u32(rest, 12), u32(rest, 16), at};
  if (at < locator_size + end64_size) return end;
  if (!text.substr(at - locator_size).starts_with(locator_signature)) return end;
  // The record before the locator; its offset is not believed, since octets may precede the zip.
  const std::size_t at64 = at - locator_size - end64_size;
  const std::string_view end64 = text.substr(at64, end64_size);
  if (!end64.starts_with(end64_signature)) return end;
  return ZipEnd{u64(end64, 32), u64(end64, 40), u64(end64, 48), at64};
}

}  // namespace postern::archive
