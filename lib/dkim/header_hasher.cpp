#include "lib/dkim/header_hasher.hpp"

#include "lib/base/ascii.hpp"
#include "lib/dkim/limits.hpp"

namespace postern::dkim {
namespace {

constexpr std::string_view crlf = "\r\n";

bool is_fold(std::string_view body, std::size_t at) {
  return body.substr(at, 2) == crlf && at + 2 < body.size() && ascii::is_blank(body[at + 2]);
}

// Where the next white space or CR stands, or the end.
std::size_t end_of_run(std::string_view text, std::size_t at) {
  while (at < text.size() && !ascii::is_blank(text[at]) && text[at] != '\r') ++at;
  return at;
}

}  // namespace

std::string canonicalize_relaxed(std::string_view name, std::string_view body) {
  while (!name.empty() && ascii::is_blank(name.back())) name.remove_suffix(1);
  std::string field;
  field.reserve(name.size() + 1 + body.size());
  for (const char c : name) field += ascii::to_lower(c);
  field += ':';
  bool owes_space = false;
  const std::size_t start = field.size();
  for (std::size_t at = 0; at < body.size();) {
    const char c = body[at];
    if (ascii::is_blank(c)) {
      owes_space = true;
      ++at;
    } else if (c == '\r' && is_fold(body, at)) {
      at += crlf.size();
    } else {
      if (owes_space && field.size() > start) field += ' ';
      owes_space = false;
      const std::size_t end = end_of_run(body, at + 1);
      field.append(body, at, end - at);
      at = end;
    }
  }
  return field;
}

std::string canonicalize_without_value(const mail::HeaderField& field, std::size_t begin,
                                       std::size_t end, Canonicalization canonicalization) {
  std::string body(field.body.substr(0, begin));
  body.append(field.body.substr(end));
  if (canonicalization == Canonicalization::relaxed) return canonicalize_relaxed(field.name, body);
  // The body is the end of the raw field; what stands before it is name and colon.
  return body.insert(0, field.raw.substr(0, field.raw.size() - field.body.size()));
}

HeaderHasher::HeaderHasher(const mail::HeaderSection& header)
    : header_(header), relaxed_(header.fields().size()) {}

const std::string& HeaderHasher::relaxed(std::uint32_t position) {
  std::string& form = relaxed_[position];
  if (form.empty()) {
    const mail::HeaderField& field = header_.fields()[position];
    form = canonicalize_relaxed(field.name, field.body);
  }
  return form;
}

std::vector<std::uint32_t> HeaderHasher::select(const std::vector<std::string>& names,
                                                std::uint32_t own_position) const {
  // How many fields of a name are used up, at the position of the topmost one.
  std::vector<std::uint32_t> used(header_.fields().size());
  std::vector<std::uint32_t> selected;
  selected.reserve(names.size());
  for (const std::string& name : names) {
    const auto positions = header_.named(name);
    if (positions.empty()) continue;
    std::uint32_t& count = used[positions.front()];
    if (count < positions.size() && positions[positions.size() - 1 - count] == own_position) {
      ++count;
    }
    if (count == positions.size()) continue;
    ++count;
    selected.push_back(positions[positions.size() - count]);
  }
  return selected;
}

HeaderHasher::Result HeaderHasher::hash(const Crypto& crypto, const Signature& signature,
                                        std::uint32_t own_position) {
  Result result;
  const auto hasher = crypto.sha256();
  const bool is_relaxed = signature.header_canonicalization == Canonicalization::relaxed;
  for (const std::uint32_t position : select(signature.signed_names, own_position)) {
    const mail::HeaderField& field = header_.fields()[position];
    result.has_cut_field |= field.body.size() >= cut_field_size;
    hasher->update(is_relaxed ? std::string_view(relaxed(position)) : field.raw);
    hasher->update(crlf);
  }
  hasher->update(canonicalize_without_value(header_.fields()[own_position], signature.value_begin,
                                            signature.value_end,
                                            signature.header_canonicalization));
  result.digest = hasher->finish();
  return result;
}

}  // namespace postern::dkim
