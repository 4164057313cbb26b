#include "lib/mail/open_parts.hpp"

#include <algorithm>
#include <utility>

#include "lib/base/ascii.hpp"

namespace postern::mail {

void OpenParts::push(OpenPart part) {
  for (const std::string& boundary : part.boundaries) {
    by_boundary_[boundary].push_back(parts_.size());
  }
  parts_.push_back(std::move(part));
}

void OpenParts::pop() {
  for (const std::string& boundary : parts_.back().boundaries) {
    const auto entry = by_boundary_.find(boundary);
    entry->second.pop_back();
    if (entry->second.empty()) by_boundary_.erase(entry);
  }
  parts_.pop_back();
}

bool OpenParts::knows_any(const std::vector<std::string>& boundaries) const {
  return std::any_of(boundaries.begin(), boundaries.end(), [&](const std::string& boundary) {
    return by_boundary_.find(boundary) != by_boundary_.end();
  });
}

void OpenParts::find_innermost(std::string_view boundary, Delimiter kind,
                               DelimiterLine& found) const {
  const auto entry = by_boundary_.find(boundary);
  if (entry == by_boundary_.end()) return;
  const auto& positions = entry->second;
  const auto open = std::find_if(positions.rbegin(), positions.rend(),
                                 [&](std::size_t i) { return !parts_[i].has_ended; });
  if (open == positions.rend()) {
    found.is_late = true;
  } else if (found.kind == Delimiter::none || *open > found.position) {
    found.kind = kind;
    found.position = *open;
  }
}

// Prefixes are looked for in the innermost multipart only: it is where a reader would go wrong.
bool OpenParts::is_near(std::string_view line) const {
  const auto multipart = std::find_if(parts_.rbegin(), parts_.rend(), [](const OpenPart& part) {
    return !part.boundaries.empty();
  });
  if (multipart == parts_.rend()) return false;
  const auto& boundaries = multipart->boundaries;
  return std::any_of(boundaries.begin(), boundaries.end(), [&](const std::string& boundary) {
    return !boundary.empty() && line.starts_with(boundary);
  });
}

DelimiterLine OpenParts::find(std::string_view line) const {
  line.remove_prefix(2);
  while (!line.empty() && ascii::is_space(line.back())) line.remove_suffix(1);
  DelimiterLine found;
  find_innermost(line, Delimiter::next, found);
  if (line.ends_with("--")) {
    find_innermost(line.substr(0, line.size() - 2), Delimiter::last, found);
  }
  if (found.kind == Delimiter::none && !found.is_late) found.is_near = is_near(line);
  return found;
}

}  // namespace postern::mail
