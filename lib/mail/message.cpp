#include "lib/mail/message.hpp"

#include <optional>
#include <utility>

#include "lib/base/ascii.hpp"
#include "lib/mail/lexical.hpp"

namespace postern::mail {
namespace {

struct FieldStart {
  std::size_t name_size = 0;
  std::size_t colon = 0;
};

// Printable ASCII without space and colon, then blanks, then the colon (RFC 5322 §2.2 and §4.5).
// Postfix takes the same lines for fields.
std::optional<FieldStart> field_start(std::string_view line) {
  std::size_t at = 0;
  while (at < line.size() && line[at] > ' ' && line[at] <= '~' && line[at] != ':') ++at;
  const std::size_t name_size = at;
  while (at < line.size() && ascii::is_blank(line[at])) ++at;
  if (name_size == 0 || at == line.size() || line[at] != ':') return std::nullopt;
  return FieldStart{name_size, at};
}

// Collects the fields of one header section line by line.
class HeaderReader {
 public:
  HeaderReader(std::string_view text, const Limits& limits) : text_(text), limits_(limits) {}

  Message read() {
    std::size_t at = skip_leading_lines();
    message_.header_offset = at;
    while (at < text_.size()) {
      const Line line = line_at(text_, at);
      if (line.content.empty()) return finish(at, line.next);
      if (!ascii::is_blank(line.content.front())) {
        const auto start = field_start(line.content);
        if (!start) {
          message_.defects.add(Defect::not_a_field);
          return finish(at, at);
        }
        end_field();
        begin_field(at, *start);
      }
      field_end_ = at + line.content.size();
      at = line.next;
    }
    return finish(at, at);
  }

 private:
  // An mbox line and lines that continue nothing are no fields, but neither do they end the header.
  std::size_t skip_leading_lines() {
    std::size_t at = 0;
    const bool looks_like_mbox = text_.starts_with("From ") || text_.starts_with(">From ");
    if (looks_like_mbox) {
      const Line line = line_at(text_, 0);
      if (!field_start(line.content)) {
        message_.defects.add(Defect::mbox_line);
        at = line.next;
      }
    }
    while (at < text_.size() && ascii::is_blank(text_[at])) {
      message_.defects.add(Defect::leading_blank);
      at = line_at(text_, at).next;
    }
    return at;
  }

  void begin_field(std::size_t at, const FieldStart& start) {
    field_ = start;
    field_begin_ = at;
    if (start.colon != start.name_size) message_.defects.add(Defect::blank_before_colon);
  }

  // Keeps the field that has ended, unless a limit is reached.
  void end_field() {
    if (!field_) return;
    const std::string_view raw = text_.substr(field_begin_, field_end_ - field_begin_);
    if (field_end_ - message_.header_offset > limits_.header_size) {
      message_.limits.add(Limit::header_size);
    } else if (fields_.size() >= limits_.header_fields) {
      message_.limits.add(Limit::header_fields);
    } else {
      fields_.push_back({raw, raw.substr(0, field_->name_size), raw.substr(field_->colon + 1)});
      if (raw.find('\0') != raw.npos) message_.defects.add(Defect::nul);
    }
    field_.reset();
  }

  Message finish(std::size_t header_end, std::size_t body_offset) {
    end_field();
    message_.header = HeaderSection(std::move(fields_));
    message_.header_end = header_end;
    message_.body_offset = body_offset;
    message_.body = text_.substr(body_offset);
    return std::move(message_);
  }

  std::string_view text_;
  const Limits& limits_;
  Message message_;
  std::vector<HeaderField> fields_;
  std::optional<FieldStart> field_;  // the field being read
  std::size_t field_begin_ = 0;
  std::size_t field_end_ = 0;
};

}  // namespace

Message parse_message(std::string_view text, const Limits& limits) {
  return HeaderReader(text, limits).read();
}

}  // namespace postern::mail
