#include "lib/mail/open_parts.hpp"

#include <algorithm>
#include <utility>

#include "lib/base/ascii.hpp"

namespace postern::mail {

bool OpenPart::has_ended() const {
  return std::all_of(boundaries.begin(), boundaries.end(),
                     [](const Boundary& boundary) { return boundary.has_ended; });
}

void OpenParts::push(OpenPart part) {
  for (std::size_t i = 0; i < part.boundaries.size(); ++i) {
    by_boundary_[part.boundaries[i].text].push_back({parts_.size(), i});
  }
  parts_.push_back(std::move(part));
}

void OpenParts::pop() {
  for (const Boundary& boundary : parts_.back().boundaries) {
    const auto entry = by_boundary_.find(boundary.text);
    entry->second.pop_back();
    if (entry->second.empty()) by_boundary_.erase(entry);
  }
  parts_.pop_back();
}

bool OpenParts::knows(std::string_view boundary) const {
  return by_boundary_.find(boundary) != by_boundary_.end();
}

bool OpenParts::has_ended(const Place& place) const {
  return parts_[place.part].boundaries[place.boundary].has_ended;
}

void OpenParts::find_innermost(std::string_view boundary, Delimiter kind,
                               DelimiterLine& found) const {
  const auto entry = by_boundary_.find(boundary);
  if (entry == by_boundary_.end()) return;
  const std::vector<Place>& places = entry->second;
  auto place = std::find_if(places.rbegin(), places.rend(),
                            [&](const Place& one) { return !has_ended(one); });
  const bool is_late = place == places.rend();
  if (is_late) place = places.rbegin();
  const bool is_better = found.kind == Delimiter::none || (found.is_late && !is_late) ||
                         (found.is_late == is_late && place->part > found.part);
  if (is_better) found = {kind, place->part, place->boundary, is_late, false};
}

// Prefixes are looked for in the innermost multipart only: it is where a reader would go wrong.
bool OpenParts::is_near(std::string_view line) const {
  const auto multipart = std::find_if(parts_.rbegin(), parts_.rend(),
                                      [](const OpenPart& part) { return part.is_multipart(); });
  if (multipart == parts_.rend()) return false;
  const auto& boundaries = multipart->boundaries;
  return std::any_of(boundaries.begin(), boundaries.end(), [&](const Boundary& boundary) {
    return !boundary.text.empty() && line.starts_with(boundary.text);
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
  if (found.kind == Delimiter::none) found.is_near = is_near(line);
  return found;
}

}  // namespace postern::mail
