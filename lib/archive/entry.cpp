#include "lib/archive/entry.hpp"

#include <algorithm>
#include <utility>

#include "lib/mail/charset.hpp"

namespace postern::archive {

std::string_view to_text(Defect defect) {
  switch (defect) {
    case Defect::truncated: return "truncated";
    case Defect::corrupt: return "corrupt";
    case Defect::ambiguous: return "ambiguous";
    case Defect::hidden: return "hidden";
    case Defect::overlapping: return "overlapping";
    case Defect::long_name: return "long_name";
  }
  return "?";
}

void add_name(Entry& entry, std::string_view octets, Defects& defects) {
  if (octets.empty()) return;
  if (octets.size() > max_name_size) {
    defects.add(Defect::long_name);
    octets.remove_prefix(octets.size() - max_name_size);  // the extension is at the end
  }
  std::string name = mail::unlabelled_to_utf8(octets);
  const bool is_new = std::find(entry.names.begin(), entry.names.end(), name) == entry.names.end();
  if (is_new) entry.names.push_back(std::move(name));
}

}  // namespace postern::archive
