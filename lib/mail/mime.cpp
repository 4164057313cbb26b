#include "lib/mail/mime.hpp"

#include <algorithm>
#include <utility>

#include "lib/mail/lexical.hpp"
#include "lib/mail/open_parts.hpp"
#include "lib/mail/part.hpp"

namespace postern::mail {
namespace {

class TreeBuilder {
 public:
  TreeBuilder(const Message& message, const Limits& limits, const CharsetConverter& charsets)
      : text_(message.body), limits_(limits), charsets_(charsets) {
    tree_.defects = message.defects;
    tree_.limits = message.limits;
    digest_type_.type = "message";
    digest_type_.subtype = "rfc822";
  }

  MimeTree build(const HeaderSection& header) {
    add_part(header, 0);
    while (at_ < text_.size() && open_.has_multipart()) {
      const Line line = line_at(text_, at_);
      if (line.content.starts_with("--")) {
        read_dashed_line(line);
      } else {
        at_ = line.next;
      }
    }
    close_parts(0, text_.size());
    for (const Part& part : tree_.parts) tree_.defects.add(part.defects);
    return std::move(tree_);
  }

 private:
  // Adds a part whose body begins at `begin`. If that body is a message, its header section is
  // read at once, and so on inwards; at_ is left at the first line of the innermost body.
  void add_part(HeaderSection header, std::size_t begin) {
    at_ = begin;
    bool is_message = start_part(std::move(header));
    while (is_message) is_message = start_part(read_header());
  }

  // Returns whether the body of the new part is a message to be read next.
  bool start_part(HeaderSection header) {
    Part part;
    const bool is_root = open_.empty();
    part.parent = is_root ? no_part : open_.back().part;
    part.depth = is_root ? 0 : tree_.parts[part.parent].depth + 1;
    part.header = std::move(header);
    const bool is_in_digest =
        !is_root && tree_.parts[part.parent].content_type.is("multipart/digest");
    PartShape shape = read_part_fields(part, is_in_digest ? digest_type_ : ContentType(), charsets_,
                                       limits_, tree_.limits);
    part.is_container = may_take_apart(part, shape);
    if (!part.is_container) shape = {};
    OpenPart open{tree_.parts.size(), at_, {}, false};
    for (std::string& boundary : shape.boundaries) {
      // A multipart around this one has the same boundary: whose lines are they?
      if (open_.knows(boundary)) part.defects.add(Defect::ambiguous);
      open.boundaries.push_back({std::move(boundary), false});
    }
    open_.push(std::move(open));
    tree_.parts.push_back(std::move(part));
    return shape.is_message;
  }

  // Whether the part has parts and the limits leave room for at least one of them.
  bool may_take_apart(const Part& part, const PartShape& shape) {
    if (shape.boundaries.empty() && !shape.is_message) return false;
    if (part.depth >= limits_.depth) {
      tree_.limits.add(Limit::depth);
      return false;
    }
    if (tree_.parts.size() + 1 >= limits_.parts) {
      tree_.limits.add(Limit::parts);
      return false;
    }
    return true;
  }

  // Reads the header section at at_ as far as no delimiter line ends it.
  HeaderSection read_header() {
    std::size_t end = at_;
    while (end < text_.size()) {
      const Line line = line_at(text_, end);
      const bool is_delimiter =
          line.content.starts_with("--") && open_.find(line.content).kind != Delimiter::none;
      if (is_delimiter) break;
      end = line.next;
      if (line.content.empty()) break;
    }
    Limits limits = limits_;
    const bool is_budget_smaller = fields_left() < limits.header_fields;
    limits.header_fields = std::min(limits.header_fields, fields_left());
    Message part = parse_message(text_.substr(at_, end - at_), limits);
    if (is_budget_smaller && part.limits.contains(Limit::header_fields)) {
      tree_.limits.add(Limit::part_fields);
    }
    tree_.limits.add(part.limits);
    tree_.defects.add(part.defects);
    part_fields_ += part.header.fields().size();
    at_ += part.body_offset;
    return std::move(part.header);
  }

  [[nodiscard]] std::size_t fields_left() const {
    return limits_.part_fields - std::min(part_fields_, limits_.part_fields);
  }

  void read_dashed_line(const Line& line) {
    const DelimiterLine found = open_.find(line.content);
    const std::size_t begin = at_;
    at_ = line.next;
    if (found.is_near) tree_.defects.add(Defect::near_boundary);
    if (found.kind == Delimiter::none) return;
    // Some readers go on after the end, so parts there count too.
    if (found.is_late && found.kind == Delimiter::next) tree_.defects.add(Defect::after_end);
    if (found.kind == Delimiter::next && tree_.parts.size() >= limits_.parts) {
      tree_.limits.add(Limit::parts);
      return;
    }
    close_parts(found.part + 1, before_line_end(begin));
    OpenPart& open = open_.at(found.part);
    open.has_delimiter = true;
    if (found.kind == Delimiter::last) {
      open.boundaries[found.boundary].has_ended = true;
    } else {
      HeaderSection header = read_header();
      add_part(std::move(header), at_);
    }
  }

  // The line end before a delimiter line belongs to the latter (RFC 2046 §5.1.1).
  [[nodiscard]] std::size_t before_line_end(std::size_t line) const {
    if (line > 0 && text_[line - 1] == '\n') --line;
    if (line > 0 && text_[line - 1] == '\r') --line;
    return line;
  }

  // Ends all open parts from the one at position `first` on.
  void close_parts(std::size_t first, std::size_t end) {
    while (open_.size() > first) {
      const OpenPart& open = open_.back();
      Part& part = tree_.parts[open.part];
      // A delimiter line right behind the header section takes that one's line end for its own.
      const std::size_t begin = std::min(open.body_begin, end);
      part.body = text_.substr(begin, end - begin);
      if (open.is_multipart()) {
        if (!open.has_ended()) part.defects.add(Defect::missing_end);
        if (!open.has_delimiter) part.defects.add(Defect::no_part);
        part.is_container = open.has_delimiter;
      }
      open_.pop();
    }
  }

  std::string_view text_;
  const Limits& limits_;
  const CharsetConverter& charsets_;
  ContentType digest_type_;
  MimeTree tree_;
  OpenParts open_;
  std::size_t at_ = 0;
  std::size_t part_fields_ = 0;  // kept so far
};

}  // namespace

MimeTree parse_mime(const Message& message, const Limits& limits,
                    const CharsetConverter& charsets) {
  return TreeBuilder(message, limits, charsets).build(message.header);
}

std::string decode_body(const Part& part) {
  return decode_body(part.body, part.encoding);
}

std::string decode_text(const Part& part, const CharsetConverter& charsets) {
  return text_to_utf8(decode_body(part), part.content_type.charset(), charsets);
}

}  // namespace postern::mail
