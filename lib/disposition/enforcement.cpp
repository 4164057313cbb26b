#include "lib/disposition/enforcement.hpp"

#include <algorithm>
#include <array>

namespace postern::disposition {

std::string_view to_word(Mode mode) {
  switch (mode) {
    case Mode::observe: return "observe";
    case Mode::enforce: return "enforce";
  }
  return "";
}

bool Enforcement::covers(std::string_view name) const {
  return mode == Mode::enforce || std::find(names.begin(), names.end(), name) != names.end();
}

std::string Enforcement::text() const {
  std::string text(to_word(mode));
  if (mode == Mode::enforce || names.empty()) return text;
  text += ", but enforce";
  for (const std::string& name : names) text += " " + name;
  return text;
}

std::span<const Subject> subjects() {
  static constexpr std::array<Subject, 9> rows = {{
      {"spf", "rejects by spf.reject_fail, defers by spf.fail"},
      {"dkim", "defers by dkim.fail"},
      {"dmarc", "rejects, holds, or tags what the author's domain asks for"},
      {"attachments", "does with attachments what section [attachments] says"},
      {"antivirus", "does with viruses what section [antivirus] says"},
      {"antispam", "tags, holds, and rejects spam by the scores of section [antispam]"},
      {"unjudged", "does with messages over a limit what limits.action says"},
      {"submission",
       "does with addresses that are not the user's what submission.check_author says"},
      {"signing", "defers mail of ours that cannot be signed, by signing.fail"},
  }};
  return rows;
}

bool is_taken_name(std::string_view name) {
  const auto rows = subjects();
  return name == all_subjects || std::any_of(rows.begin(), rows.end(), [&](const Subject& subject) {
           return subject.name == name;
         });
}

}  // namespace postern::disposition
