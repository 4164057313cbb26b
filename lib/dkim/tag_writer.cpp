#include "lib/dkim/tag_writer.hpp"

#include <algorithm>

namespace postern::dkim {

void TagWriter::put(std::string_view text) {
  body_ += text;
  column_ += text.size();
}

void TagWriter::fold() {
  body_ += "\r\n\t";
  column_ = 1;
}

// A semicolon may follow what is kept together, hence less than the whole line.
void TagWriter::begin_tag(std::string_view name, std::size_t size) {
  if (!body_.empty()) put(";");
  const std::size_t needed = 1 + name.size() + 1 + size;
  if (!body_.empty() && column_ + needed >= max_line_size) {
    fold();
  } else {
    put(" ");
  }
  put(name);
  put("=");
}

void TagWriter::add(std::string_view name, std::string_view value) {
  begin_tag(name, value.size());
  put(value);
}

void TagWriter::add_list(std::string_view name, const std::vector<std::string>& items) {
  begin_tag(name, items.empty() ? 0 : items.front().size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) put(":");
    // After the item stands a colon or a semicolon.
    if (i > 0 && column_ + items[i].size() >= max_line_size) fold();
    put(items[i]);
  }
}

void TagWriter::add_empty(std::string_view name) {
  begin_tag(name, max_line_size);
}

void TagWriter::append_base64(std::string_view text) {
  while (!text.empty()) {
    if (column_ >= max_line_size) fold();
    const std::size_t size = std::min(text.size(), max_line_size - column_);
    put(text.substr(0, size));
    text.remove_prefix(size);
  }
}

}  // namespace postern::dkim
