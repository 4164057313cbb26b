#include "lib/attachments/outcome.hpp"

namespace postern::attachments {

std::string_view to_word(Kind kind) {
  switch (kind) {
    case Kind::limit: return "limit";
    case Kind::unread: return "unread";
    case Kind::damaged: return "damaged";
    case Kind::encrypted: return "encrypted";
    case Kind::type_mismatch: return "type_mismatch";
    case Kind::deceptive_name: return "deceptive_name";
    case Kind::double_extension: return "double_extension";
    case Kind::extension: return "extension";
    case Kind::executable: return "executable";
  }
  return "?";
}

std::string describe(const Finding& finding) {
  std::string text(to_word(finding.kind));
  if (!finding.what.empty()) text += " " + finding.what;
  if (finding.in_archive) text += " in an archive";
  return text;
}

const Finding* gravest(const Outcome& outcome) {
  const Finding* worst = nullptr;
  for (const Finding& finding : outcome.findings) {
    if (worst == nullptr || finding.kind > worst->kind) worst = &finding;
  }
  return worst;
}

}  // namespace postern::attachments
