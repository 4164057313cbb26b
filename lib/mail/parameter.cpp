#include "lib/mail/parameter.hpp"

#include <algorithm>
#include <optional>

#include "lib/base/ascii.hpp"
#include "lib/base/hex.hpp"
#include "lib/mail/header_section.hpp"
#include "lib/mail/lexical.hpp"

namespace postern::mail {
namespace {

constexpr unsigned max_section = 999;  // of a continuation; the limit on parameters is far below

// One name=value as written.
struct Section {
  std::string name;                // lower case, without the signs below
  std::optional<unsigned> number;  // name*number
  bool is_extended = false;        // name ends with "*"
  std::string value;
};

// Parts "name*0*" (RFC 2231 §7). What does not fit the grammar stays in the name.
Section parse_name(std::string_view written) {
  Section section;
  std::string_view name = written;
  if (name.size() > 1 && name.ends_with('*')) {
    section.is_extended = true;
    name.remove_suffix(1);
  }
  const std::size_t star = name.find('*');
  if (star != name.npos && star > 0 && star + 1 < name.size() && name.size() - star <= 4) {
    unsigned number = 0;
    bool is_number = true;
    for (const char c : name.substr(star + 1)) {
      is_number = is_number && ascii::is_digit(c);
      number = number * 10 + static_cast<unsigned>(c - '0');
    }
    if (is_number && number <= max_section) {
      section.number = number;
      name = name.substr(0, star);
    }
  }
  section.name = ascii::to_lower(name);
  return section;
}

std::string decode_percent(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    const int octet = text[at] == '%' ? hex_octet(text.substr(at + 1)) : -1;
    if (octet >= 0) {
      bytes += static_cast<char>(octet);
      at += 2;
    } else {
      bytes += text[at];
    }
  }
  return bytes;
}

// Cuts the text into sections.
class SectionReader {
 public:
  SectionReader(std::string_view text, const Limits& limits, Parameters& result)
      : text_(text.substr(0, limits.parameter_size)), limits_(limits), result_(result) {
    if (text.size() > limits.parameter_size) result_.limits.add(Limit::parameter_size);
  }

  std::vector<Section> read() {
    while (skip_to_next()) {
      const std::string_view name = read_name();
      at_ = skip_cfws(text_, at_).end;
      if (name.empty() || at_ == text_.size() || text_[at_] != '=') {
        skip_to_semicolon();
        continue;
      }
      if (sections_.size() == limits_.parameters) {
        result_.limits.add(Limit::parameters);
        break;
      }
      sections_.push_back(parse_name(name));
      at_ = skip_cfws(text_, at_ + 1).end;
      sections_.back().value = read_value();
    }
    return std::move(sections_);
  }

 private:
  bool skip_to_next() {
    while (true) {
      at_ = skip_cfws(text_, at_).end;
      if (at_ == text_.size() || text_[at_] != ';') return at_ < text_.size();
      ++at_;
    }
  }

  std::string_view read_name() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && ascii::is_token_char(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  std::string read_value() {
    if (at_ < text_.size() && text_[at_] == '"') {
      const Skipped quoted = skip_quoted_string(text_, at_);
      if (!quoted.is_closed) result_.defects.add(Defect::unclosed);
      const std::size_t end = quoted.end - (quoted.is_closed ? 1 : 0);
      std::string value = unquote(text_.substr(at_ + 1, end - at_ - 1));
      at_ = skip_cfws(text_, quoted.end).end;
      if (at_ < text_.size() && text_[at_] != ';' && !starts_parameter()) skip_to_semicolon();
      return value;
    }
    const std::size_t begin = at_;
    at_ = std::min(text_.find(';', at_), text_.size());
    std::string_view value = text_.substr(begin, at_ - begin);
    const std::size_t comment = value.find(" (");
    if (comment != value.npos) value = value.substr(0, comment);
    return unfold(value);
  }

  // A forgotten semicolon: `name="value" other=…`.
  [[nodiscard]] bool starts_parameter() const {
    std::size_t at = at_;
    while (at < text_.size() && ascii::is_token_char(text_[at])) ++at;
    return at > at_ && at < text_.size() && text_[at] == '=';
  }

  void skip_to_semicolon() {
    result_.defects.add(Defect::bad_parameter);
    at_ = std::min(text_.find(';', at_), text_.size());
  }

  std::string_view text_;
  const Limits& limits_;
  Parameters& result_;
  std::size_t at_ = 0;
  std::vector<Section> sections_;
};

bool is_piece(const Section& section) {
  return section.number.has_value() || section.is_extended;
}

// Joins the numbered or extended sections of one name; they are not empty.
Parameter join(std::vector<const Section*> pieces, const CharsetConverter& charsets,
               Defects& defects) {
  std::stable_sort(pieces.begin(), pieces.end(), [](const Section* a, const Section* b) {
    return a->number.value_or(0) < b->number.value_or(0);
  });
  Parameter joined{pieces.front()->name, {}, false};
  std::string_view charset;
  unsigned expected = 0;
  for (const Section* piece : pieces) {
    const unsigned number = piece->number.value_or(0);
    if (number < expected) {
      defects.add(Defect::duplicate_parameter);
      continue;
    }
    if (number > expected) defects.add(Defect::bad_parameter);
    std::string_view value = piece->value;
    const std::size_t first = value.find('\'');
    const std::size_t second = first == value.npos ? first : value.find('\'', first + 1);
    if (number == 0 && piece->is_extended && second != value.npos) {
      charset = value.substr(0, first);
      value = value.substr(second + 1);
      joined.is_extended = true;
    }
    joined.value += piece->is_extended ? decode_percent(value) : std::string(value);
    expected = number + 1;
  }
  if (joined.is_extended) joined.value = text_to_utf8(joined.value, charset, charsets);
  return joined;
}

}  // namespace

const std::string* Parameters::find(std::string_view name) const {
  for (const Parameter& parameter : list) {
    if (parameter.name == name) return &parameter.value;
  }
  return nullptr;
}

Parameters parse_parameters(std::string_view text, const CharsetConverter& charsets,
                            const Limits& limits) {
  Parameters result;
  const std::vector<Section> sections = SectionReader(text, limits, result).read();
  for (const Section& section : sections) {
    if (result.find(section.name) != nullptr) continue;  // came with the first of its name
    std::vector<const Section*> pieces;
    std::vector<const Section*> plain;
    for (const Section& other : sections) {
      if (other.name == section.name) (is_piece(other) ? pieces : plain).push_back(&other);
    }
    if (!pieces.empty()) result.list.push_back(join(pieces, charsets, result.defects));
    if (plain.size() > 1) result.defects.add(Defect::duplicate_parameter);
    for (const Section* one : plain) result.list.push_back({one->name, one->value, false});
  }
  return result;
}

}  // namespace postern::mail
