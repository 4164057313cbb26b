#include "lib/mail/part.hpp"

#include <algorithm>
#include <utility>

#include "lib/base/ascii.hpp"
#include "lib/mail/encoded_word.hpp"

namespace postern::mail {
namespace {

// More fields of one name than this say nothing new; Defect::ambiguous has been noted.
constexpr std::size_t max_same_fields = 4;

std::vector<std::string_view> bodies(const HeaderSection& header, std::string_view name) {
  std::vector<std::string_view> found;
  const auto positions = header.named(name);
  for (const std::uint32_t i : positions.first(std::min(positions.size(), max_same_fields))) {
    found.push_back(header.fields()[i].body);
  }
  return found;
}

class FieldReader {
 public:
  FieldReader(Part& part, const CharsetConverter& charsets, const Limits& limits, LimitsHit& hit)
      : part_(part), charsets_(charsets), limits_(limits), hit_(hit) {}

  PartShape read(const ContentType& default_type) {
    read_content_type(default_type);
    read_encoding();
    const bool is_encoded = part_.encoding != TransferEncoding::identity;
    const bool is_whole = part_.content_type.is_multipart() || part_.content_type.is_message();
    if (is_whole && is_encoded) part_.defects.add(Defect::encoded_container);
    // A message may be encoded today (RFC 6532 §3.7); decoding it is up to who wants to see it.
    shape_.is_message = part_.content_type.is_message() && !is_encoded;
    read_disposition();
    return std::move(shape_);
  }

 private:
  void read_content_type(const ContentType& default_type) {
    const auto fields = bodies(part_.header, "Content-Type");
    if (fields.size() > 1) part_.defects.add(Defect::ambiguous);
    if (fields.empty()) part_.content_type = default_type;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      ContentType type = parse_content_type(fields[i], charsets_, limits_);
      hit_.add(type.parameters.limits);
      part_.defects.add(type.defects);
      if (type.is_multipart()) add_boundaries(type);
      const bool is_first_whole = !part_.content_type.is_multipart() && type.is_multipart();
      if (i == 0 || is_first_whole) part_.content_type = std::move(type);
    }
    if (part_.content_type.is_multipart() && shape_.boundaries.empty()) {
      part_.defects.add(Defect::missing_boundary);
    }
  }

  void add_boundaries(const ContentType& type) {
    for (const Parameter& parameter : type.parameters.list) {
      if (parameter.name == "boundary") add_boundary(parameter.value);
    }
  }

  void add_boundary(std::string_view boundary) {
    // The delimiter line may end with white space, so the boundary cannot (RFC 2046 §5.1.1).
    while (!boundary.empty() && ascii::is_space(boundary.back())) boundary.remove_suffix(1);
    auto& known = shape_.boundaries;
    if (boundary.size() > limits_.boundary_size) {
      hit_.add(Limit::boundary_size);
    } else if (std::find(known.begin(), known.end(), boundary) == known.end()) {
      if (known.size() == limits_.ambiguous_boundaries) {
        hit_.add(Limit::ambiguous_boundaries);
        return;
      }
      if (!known.empty()) part_.defects.add(Defect::ambiguous);
      if (boundary.empty()) part_.defects.add(Defect::empty_boundary);
      known.emplace_back(boundary);
    }
  }

  void read_encoding() {
    const auto fields = bodies(part_.header, "Content-Transfer-Encoding");
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const TransferEncoding encoding = parse_transfer_encoding(fields[i]);
      if (encoding == TransferEncoding::unknown) part_.defects.add(Defect::unknown_encoding);
      if (i > 0 && encoding != part_.encoding) part_.defects.add(Defect::ambiguous);
      const bool says_nothing = part_.encoding == TransferEncoding::identity ||
                                part_.encoding == TransferEncoding::unknown;
      if (i == 0 || (says_nothing && encoding != TransferEncoding::identity)) {
        part_.encoding = encoding;
      }
    }
  }

  void read_disposition() {
    const auto fields = bodies(part_.header, "Content-Disposition");
    if (fields.size() > 1) part_.defects.add(Defect::ambiguous);
    for (const std::string_view field : fields) {
      ContentDisposition disposition = parse_content_disposition(field, charsets_, limits_);
      hit_.add(disposition.parameters.limits);
      part_.defects.add(disposition.parameters.defects);
      if (part_.disposition.empty()) part_.disposition = std::move(disposition.type);
      if (part_.file_name.empty()) {
        part_.file_name = read_file_name(disposition.parameters, "filename");
      }
    }
    std::string name = read_file_name(part_.content_type.parameters, "name");
    if (part_.file_name.empty()) {
      part_.file_name = std::move(name);
    } else if (name != part_.file_name) {
      part_.other_file_name = std::move(name);
    }
    const bool is_shown = part_.content_type.type == "text" || part_.content_type.is_multipart() ||
                          part_.content_type.is_message();
    part_.is_attachment =
        part_.disposition == "attachment" || !part_.file_name.empty() || !is_shown;
  }

  // Many senders use encoded-words where RFC 2231 wants an extended parameter.
  std::string read_file_name(const Parameters& parameters, std::string_view name) {
    const std::string* value = parameters.find(name);
    if (value == nullptr) return {};
    if (value->find("=?") == value->npos) return unlabelled_to_utf8(*value);
    DecodedText decoded = decode_encoded_words(*value, charsets_, limits_);
    hit_.add(decoded.limits);
    return std::move(decoded.text);
  }

  Part& part_;
  const CharsetConverter& charsets_;
  const Limits& limits_;
  LimitsHit& hit_;
  PartShape shape_;
};

}  // namespace

PartShape read_part_fields(Part& part, const ContentType& default_type,
                           const CharsetConverter& charsets, const Limits& limits,
                           LimitsHit& limits_hit) {
  return FieldReader(part, charsets, limits, limits_hit).read(default_type);
}

}  // namespace postern::mail
