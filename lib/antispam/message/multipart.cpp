#include "lib/antispam/message/multipart.hpp"

#include <algorithm>
#include <cstddef>

#include "lib/antispam/message/content_type.hpp"
#include "lib/antispam/message/message_head.hpp"
#include "lib/antispam/text/characters.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

enum class Delimiter { none, start, end };

bool is_blank_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), is_space_octet);
}

// "--boundary" or "--boundary--".
Delimiter delimiter(std::string_view line, std::string_view boundary) {
  if (!line.starts_with("--") || !line.substr(2).starts_with(boundary)) return Delimiter::none;
  line.remove_prefix(2 + boundary.size());
  if (line.starts_with("--") && is_blank_text(line.substr(2))) return Delimiter::end;
  return is_blank_text(line) ? Delimiter::start : Delimiter::none;
}

bool is_empty_line(std::string_view line) {
  return line.empty() || line == "\n" || line == "\r\n" || line == "\r";
}

class Splitter {
 public:
  Splitter(const Lines& body, std::string_view boundary, std::string_view type,
           const StrictCharsets& charsets, std::deque<std::string>& texts, ParseFlags& flags)
      : body_(body),
        boundary_(boundary),
        type_(type),
        charsets_(charsets),
        texts_(texts),
        flags_(flags) {}

  std::vector<OpenPart> split() {
    std::size_t at = behind_preamble();
    start_part();
    for (; at < body_.size(); ++at) {
      if (!read_line(at)) {
        if (!flags_stop_) look_for_epilogue(at + 1);
        break;
      }
    }
    return std::move(parts_);
  }

 private:
  // All lines are content where no boundary comes.
  std::size_t behind_preamble() {
    for (std::size_t i = 0; i < body_.size(); ++i) {
      // A line that would end the multipart does not begin it, unless the boundary is that odd.
      if (delimiter(body_[i], boundary_) != Delimiter::start) continue;
      if (i + 1 < body_.size() && !is_field_line(body_[i + 1], false)) {
        flags_.missing_mime_headers = true;
      }
      return i + 1;
    }
    return 0;
  }

  void start_part() {
    part_ = {};
    part_.node = std::make_unique<MimeNode>();
    is_in_body_ = false;
    has_lines_ = false;
    field_.clear();
  }

  // False when the multipart has ended.
  bool read_line(std::size_t at) {
    const std::string_view line = body_[at];
    Delimiter found = delimiter(line, boundary_);
    const bool is_end = found == Delimiter::end;
    if (found != Delimiter::none && is_nested_) {  // of a part with the same boundary
      found = Delimiter::none;
      if (is_end) is_nested_ = false;
    }
    const bool is_last = at + 1 == body_.size();
    if (found == Delimiter::none && !is_last) {
      read_content(line);
      return true;
    }
    if (found == Delimiter::none) {
      add_line(line);
    } else {
      drop_last_newline();
    }
    end_part();
    if (is_end) return false;
    if (!is_last && !is_field_line(body_[at + 1], false)) flags_.missing_mime_headers = true;
    if (parts_.size() == max_mime_parts) {
      flags_.mimepart_limit_exceeded = true;
      flags_stop_ = true;
      return false;
    }
    start_part();
    return true;
  }

  void read_content(std::string_view line) {
    if (!is_in_body_) {
      if (is_field_line(line, true)) {
        store_field();
        field_ = line;
        return;
      }
      if (!line.empty() && ascii::is_blank(line[0]) && !field_.empty()) {
        field_ += line;
        return;
      }
      if (store_field() && is_own_boundary()) is_nested_ = true;
      is_in_body_ = true;
      if (is_empty_line(line)) return;
      flags_.missing_mime_head_body_separator = true;
    }
    add_line(line);
  }

  // True for Content-Type.
  bool store_field() {
    if (field_.empty()) return false;
    const std::size_t colon = field_.find(':');
    std::string_view raw = std::string_view(field_).substr(colon + 1);
    while (!raw.empty() && is_space_octet(raw.front())) raw.remove_prefix(1);
    const std::string_view name = std::string_view(field_).substr(0, colon);
    if (part_.node->fields.size() < max_header_fields) {
      part_.node->fields.push_back(make_field(name, raw, charsets_));
    }
    const bool is_type = ascii::equals_ignoring_case(name, "content-type");
    field_.clear();
    return is_type;
  }

  [[nodiscard]] bool is_own_boundary() const {
    return read_content_type(part_.node->value("content-type")).boundary == boundary_;
  }

  void add_line(std::string_view line) {
    has_lines_ = true;
    while (line.size() > max_part_line_size) {
      std::string piece(line.substr(0, max_part_line_size));
      piece += '\n';
      part_.body.push_back(texts_.emplace_back(std::move(piece)));
      line.remove_prefix(max_part_line_size);
    }
    part_.body.push_back(line);
  }

  // The line end before a boundary belongs to the boundary (RFC 2046 §5.1.1).
  void drop_last_newline() {
    if (!has_lines_ || part_.body.empty()) return;
    std::string_view& last = part_.body.back();
    if (last.ends_with('\n')) last.remove_suffix(1);
    if (last.empty()) part_.body.pop_back();
  }

  void end_part() {
    const ContentTypeValue type = read_content_type(part_.node->value("content-type"));
    part_.node->type = type.type;
    if (type.missing && type_ == "multipart/digest") part_.node->type = "message/rfc822";
    const bool has_own = type.boundary && *type.boundary != "0";
    part_.boundary = has_own ? *type.boundary : std::string(boundary_);
    parts_.push_back(std::move(part_));
  }

  void look_for_epilogue(std::size_t at) {
    for (; at < body_.size(); ++at) {
      const std::string_view line = body_[at];
      if (!std::all_of(line.begin(), line.end(),
                       [](char c) { return c == '.' || is_space_octet(c); })) {
        flags_.mime_epilogue_exists = true;
        return;
      }
    }
  }

  const Lines& body_;
  std::string_view boundary_;
  std::string_view type_;
  const StrictCharsets& charsets_;
  std::deque<std::string>& texts_;
  ParseFlags& flags_;

  std::vector<OpenPart> parts_;
  OpenPart part_;
  std::string field_;
  bool is_in_body_ = false;
  bool has_lines_ = false;
  bool is_nested_ = false;
  bool flags_stop_ = false;
};

}  // namespace

std::vector<OpenPart> split_multipart(const Lines& body, std::string_view boundary,
                                      std::string_view type, const StrictCharsets& charsets,
                                      std::deque<std::string>& texts, ParseFlags& flags) {
  return Splitter(body, boundary, type, charsets, texts, flags).split();
}

}  // namespace postern::antispam
