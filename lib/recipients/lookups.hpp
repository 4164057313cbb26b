// What Postfix's tables have answered so far, and what an expansion still needs of them. Nothing
// here waits.
#pragma once

#include <compare>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace postern::recipients {

/// One key in one table.
struct Lookup {
  std::string table;  ///< "type:name", as main.cf has it.
  std::string key;    ///< One line, without TAB.
  auto operator<=>(const Lookup&) const = default;
};

/// What a table says of a key.
struct Answer {
  enum class Kind { found, missing, failed };
  Kind kind = Kind::missing;
  std::string text;  ///< When found the value; when failed the reason, one line.
  bool operator==(const Answer&) const = default;
};

class TableAnswers {
 public:
  [[nodiscard]] const Answer* find(const Lookup& lookup) const {
    const auto found = answers_.find(lookup);
    return found == answers_.end() ? nullptr : &found->second;
  }
  /// The first answer to a lookup stays.
  void add(Lookup lookup, Answer answer) { answers_.emplace(std::move(lookup), std::move(answer)); }

 private:
  std::map<Lookup, Answer> answers_;
};

/// How one expansion reads TableAnswers: what it does not find becomes a missing lookup.
class Wants {
 public:
  explicit Wants(const TableAnswers& answers) : answers_(answers) {}

  /// The answer, or nullptr after noting the lookup as missing.
  const Answer* find(Lookup lookup) {
    const Answer* answer = answers_.find(lookup);
    if (answer == nullptr) missing_.insert(std::move(lookup));
    return answer;
  }

  /// Each once, those of one table together.
  [[nodiscard]] std::vector<Lookup> missing() const { return {missing_.begin(), missing_.end()}; }

 private:
  const TableAnswers& answers_;
  std::set<Lookup> missing_;
};

}  // namespace postern::recipients
