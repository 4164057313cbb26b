#include "lib/io/resolver/packet.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "lib/base/ascii.hpp"
#include "lib/dns/name.hpp"

namespace postern::io {
namespace {

using Packet = std::span<const std::uint8_t>;

constexpr std::size_t header_size = 12;
constexpr std::size_t max_wire_name = 255;  // RFC 1035 §2.3.4
constexpr unsigned max_pointers = 127;      // as many as a name has labels
constexpr unsigned class_in = 1;
constexpr unsigned type_cname = 5;
constexpr unsigned type_soa = 6;
constexpr unsigned rcode_nxdomain = 3;
constexpr std::size_t soa_numbers_size = 20;

// Reads big-endian numbers and names from a place in a message. After the first read past the end
// it is broken and every later read gives zeros.
class Reader {
 public:
  Reader(Packet packet, std::size_t at) : packet_(packet), at_(at) {}

  [[nodiscard]] bool broken() const { return broken_; }
  [[nodiscard]] std::size_t at() const { return at_; }

  Packet bytes(std::size_t count) {
    if (broken_ || count > packet_.size() - at_) {
      broken_ = true;
      return {};
    }
    at_ += count;
    return packet_.subspan(at_ - count, count);
  }
  std::uint32_t number(std::size_t octets) {
    std::uint32_t value = 0;
    for (const std::uint8_t octet : bytes(octets)) value = value << 8 | octet;
    return value;
  }

  // A name, in lower case. Empty for the root; nullopt for one that has no text form because a
  // label holds a dot, or that is malformed (then the reader is broken).
  std::optional<std::string> name() {
    std::string text;
    bool has_text = true;
    std::size_t wire_size = 1;
    std::optional<std::size_t> after;  // where reading goes on once a pointer has been followed
    std::size_t segment = at_;         // where the piece being read began
    unsigned pointers = 0;
    while (!broken_) {
      const std::uint32_t length = number(1);
      if (length == 0) break;
      if (length >= 0xc0) {
        const std::size_t target = (length & 0x3f) << 8 | number(1);
        if (!after) after = at_;
        // Only ever backwards, so it ends (RFC 1035 §4.1.4: "a prior occurrence").
        if (target >= segment || ++pointers > max_pointers) broken_ = true;
        at_ = segment = target;
        continue;
      }
      wire_size += length + 1;
      if (length > dns::max_label_size || wire_size > max_wire_name) broken_ = true;
      const Packet label = bytes(length);
      if (!text.empty()) text += '.';
      for (const std::uint8_t octet : label) {
        has_text = has_text && octet != '.';
        text += ascii::to_lower(static_cast<char>(octet));
      }
    }
    if (after) at_ = *after;
    if (broken_ || !has_text) return std::nullopt;
    return text;
  }

 private:
  Packet packet_;
  std::size_t at_;
  bool broken_ = false;
};

struct Record {
  std::optional<std::string> owner;
  unsigned type = 0;
  unsigned rr_class = 0;
  std::uint32_t ttl = 0;
  std::size_t data_at = 0;
  std::size_t data_size = 0;
};

Record read_record(Reader& reader) {
  Record record;
  record.owner = reader.name();
  record.type = reader.number(2);
  record.rr_class = reader.number(2);
  record.ttl = reader.number(4);
  record.data_size = reader.number(2);
  record.data_at = reader.at();
  reader.bytes(record.data_size);
  return record;
}

// A name that is all there is in the rest of the data; `fits` turns false when it is not.
std::optional<std::string> only_name(Reader& reader, const Record& record, bool& fits) {
  std::optional<std::string> name = reader.name();
  fits = !reader.broken() && reader.at() == record.data_at + record.data_size;
  return name;
}

bool add_text(Packet data, dns::Answer& answer) {
  if (data.empty()) return false;  // RFC 1035 §3.3.14: one or more character-strings
  std::string text;
  while (!data.empty()) {
    const std::size_t length = data.front();
    if (length >= data.size()) return false;
    text.append(data.begin() + 1, data.begin() + 1 + static_cast<std::ptrdiff_t>(length));
    data = data.subspan(length + 1);
  }
  answer.texts.push_back(std::move(text));
  return true;
}

bool add_address(Packet data, dns::Type type, dns::Answer& answer) {
  std::array<std::uint8_t, 4> v4{};
  IpAddress::Bytes v6{};
  const std::size_t size = type == dns::Type::a ? v4.size() : v6.size();
  if (data.size() != size) return false;
  std::copy(data.begin(), data.end(), type == dns::Type::a ? v4.data() : v6.data());
  answer.addresses.push_back(type == dns::Type::a ? IpAddress::v4(v4) : IpAddress::v6(v6));
  return true;
}

bool add_mx(Reader& reader, const Record& record, dns::Answer& answer) {
  bool fits = false;
  const auto preference = static_cast<std::uint16_t>(reader.number(2));
  const std::optional<std::string> host = only_name(reader, record, fits);
  if (fits && host) answer.exchanges.push_back({preference, *host});
  return fits;
}

bool add_host(Reader& reader, const Record& record, dns::Answer& answer) {
  bool fits = false;
  const std::optional<std::string> host = only_name(reader, record, fits);
  if (fits && host && !host->empty()) answer.names.push_back(*host);
  return fits;
}

bool add_tlsa(Packet data, dns::Answer& answer) {
  constexpr std::size_t head = 3;  // RFC 6698 §2.1
  if (data.size() < head) return false;
  answer.tlsa.push_back(
      {data[0], data[1], data[2], static_cast<std::uint16_t>(data.size() - head)});
  return true;
}

// False when the data of the record does not have the form of its type.
bool add_record(Packet packet, const Record& record, dns::Type type, dns::Answer& answer) {
  const Packet data = packet.subspan(record.data_at, record.data_size);
  Reader reader(packet.first(record.data_at + record.data_size), record.data_at);
  switch (type) {
    case dns::Type::a:
    case dns::Type::aaaa: return add_address(data, type, answer);
    case dns::Type::txt: return add_text(data, answer);
    case dns::Type::mx: return add_mx(reader, record, answer);
    case dns::Type::ptr:
    case dns::Type::ns: return add_host(reader, record, answer);
    case dns::Type::tlsa: return add_tlsa(data, answer);
  }
  return false;
}

DecodedAnswer malformed() {
  DecodedAnswer decoded;
  decoded.answer.status = dns::Status::servfail;
  return decoded;
}

// What the answer section says, following CNAME records, which a resolver puts in order
// (RFC 1034 §4.3.2). False for a malformed section.
bool read_answers(Packet packet, Reader& reader, unsigned count, const dns::Question& question,
                  DecodedAnswer& decoded) {
  std::optional<std::string> owner = question.name;
  decoded.ttl = 0xffffffff;
  for (unsigned i = 0; i < count; ++i) {
    const Record record = read_record(reader);
    if (reader.broken()) return false;
    if (record.rr_class != class_in || !owner || record.owner != owner) continue;
    if (record.type == type_code(question.type)) {
      decoded.ttl = std::min(decoded.ttl, record.ttl);
      if (decoded.answer.record_count() >= max_records) continue;
      if (!add_record(packet, record, question.type, decoded.answer)) return false;
    } else if (record.type == type_cname) {
      decoded.ttl = std::min(decoded.ttl, record.ttl);
      bool fits = false;
      Reader data(packet.first(record.data_at + record.data_size), record.data_at);
      owner = only_name(data, record, fits);
      if (!fits) return false;
    }
  }
  return true;
}

// How long "no such record" holds: the lesser of the SOA's TTL and its last number.
std::uint32_t negative_ttl(Packet packet, Reader& reader, unsigned count) {
  for (unsigned i = 0; i < count; ++i) {
    const Record record = read_record(reader);
    if (reader.broken()) return 0;
    if (record.type != type_soa || record.data_size < soa_numbers_size) continue;
    Reader minimum(packet, record.data_at + record.data_size - 4);
    return std::min(record.ttl, minimum.number(4));
  }
  return 0;
}

}  // namespace

DecodedAnswer decode_answer(Packet packet, const dns::Question& question) {
  if (packet.size() < header_size) return malformed();
  Reader reader(packet, 2);
  const std::uint32_t flags = reader.number(2);
  const std::uint32_t questions = reader.number(2);
  const std::uint32_t answers = reader.number(2);
  const std::uint32_t authorities = reader.number(2);
  reader.number(2);
  const std::uint32_t rcode = flags & 0x0f;
  const bool truncated = (flags & 0x0200) != 0;
  if (questions > 1 || truncated || (rcode != 0 && rcode != rcode_nxdomain)) return malformed();
  if (questions == 1) {
    reader.name();
    reader.number(4);
  }
  DecodedAnswer decoded;
  if (!read_answers(packet, reader, answers, question, decoded)) return malformed();
  if (decoded.answer.record_count() != 0) {
    decoded.answer.status = dns::Status::success;
    return decoded;
  }
  decoded.answer.status = rcode == rcode_nxdomain ? dns::Status::nxdomain : dns::Status::no_data;
  decoded.ttl = std::min(decoded.ttl, negative_ttl(packet, reader, authorities));
  return decoded;
}

std::string escaped_name(std::string_view name) {
  std::string text;
  for (const char c : name) {
    if (ascii::is_alnum(c) || c == '-' || c == '_' || c == '.') {
      text += c;
      continue;
    }
    const auto octet = static_cast<unsigned char>(c);
    text += '\\';
    text += static_cast<char>('0' + octet / 100);
    text += static_cast<char>('0' + octet / 10 % 10);
    text += static_cast<char>('0' + octet % 10);
  }
  return text;
}

std::uint16_t type_code(dns::Type type) {
  switch (type) {
    case dns::Type::a: return 1;
    case dns::Type::ns: return 2;
    case dns::Type::ptr: return 12;
    case dns::Type::mx: return 15;
    case dns::Type::txt: return 16;
    case dns::Type::aaaa: return 28;
    case dns::Type::tlsa: return 52;  // RFC 6698 §7.1
  }
  return 0;
}

}  // namespace postern::io
