#include "tests/oracles/comparison.hpp"

#include <algorithm>
#include <exception>
#include <fstream>
#include <iostream>
#include <set>
#include <stdexcept>
#include <string_view>

#include <nlohmann/json.hpp>

namespace postern::oracle {
namespace {

bool is_ours_right(const Case& row) {
  return row.ours == row.expected.front();
}

bool is_theirs_right(const Case& row) {
  return std::find(row.expected.begin(), row.expected.end(), row.theirs) != row.expected.end();
}

std::string who_is_right(const Case& row, const std::string& library) {
  if (is_ours_right(row)) return is_theirs_right(row) ? "both are allowed" : "Postern is right";
  return is_theirs_right(row) ? library + " is right" : "neither is right";
}

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " or ") + word;
  return text;
}

void print_case(const Case& row, const std::string& library, const std::string& cause,
                std::ostream& out) {
  out << row.id << ": ours " << row.ours << "; " << library << " " << row.theirs << "; expected "
      << join(row.expected) << "; " << who_is_right(row, library);
  if (!cause.empty()) out << " (" << cause << ")";
  out << "\n";
}

// Why a difference needs a look, or nothing.
std::string surprise(const Case& row, const KnownDifferences& known) {
  const auto entry = known.find(row.id);
  const bool is_different = row.ours != row.theirs;
  if (entry == known.end()) return is_different ? "not in expected_differences.json" : "";
  if (!is_different) return "listed in expected_differences.json, but there is no difference";
  if (entry->second.theirs == row.theirs) return "";
  return "expected_differences.json has the answer " + entry->second.theirs;
}

}  // namespace

KnownDifferences read_known_differences(const std::string& library) {
  std::ifstream file("tests/oracles/expected_differences.json");
  if (!file) throw std::runtime_error("tests/oracles/expected_differences.json not found");
  KnownDifferences known;
  const auto all = nlohmann::json::parse(file);
  for (const auto& group : all.at(library)) {
    for (const auto& [id, theirs] : group.at("cases").items()) {
      const KnownDifference entry{theirs.get<std::string>(), group.at("cause")};
      if (!known.emplace(id, entry).second) throw std::runtime_error(id + " is listed twice");
    }
  }
  return known;
}

Totals compare(const std::string& library, const std::vector<Case>& cases,
               const KnownDifferences& known, std::ostream& out) {
  Totals totals;
  std::string surprises;
  std::set<std::string> ids;
  for (const Case& row : cases) {
    ++totals.cases;
    ids.insert(row.id);
    totals.ours_right += is_ours_right(row) ? 1 : 0;
    totals.theirs_right += is_theirs_right(row) ? 1 : 0;
    totals.differences += row.ours != row.theirs ? 1 : 0;
    const auto entry = known.find(row.id);
    if (row.ours != row.theirs || !is_ours_right(row)) {
      print_case(row, library, entry != known.end() ? entry->second.cause : "", out);
    }
    if (const std::string why = surprise(row, known); !why.empty()) {
      ++totals.surprises;
      surprises += "surprise: " + row.id + ": " + why + "\n";
    }
  }
  for (const auto& [id, difference] : known) {
    if (ids.count(id) > 0) continue;
    ++totals.surprises;
    surprises += "surprise: " + id + ": listed, but no case of the suite\n";
  }
  out << surprises << library << " agrees on " << totals.theirs_right << " of " << totals.cases
      << "; Postern on " << totals.ours_right << "; " << totals.differences << " differences, "
      << totals.surprises << " surprises\n";
  return totals;
}

void print_differences(const std::vector<Case>& cases, std::ostream& out) {
  auto differences = nlohmann::ordered_json::object();
  for (const Case& row : cases) {
    if (row.ours != row.theirs) differences[row.id] = row.theirs;
  }
  out << differences.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
}

int finish(const std::string& library, const std::vector<Case>& cases, int argc, char** argv) {
  if (argc > 1 && argv[1] == std::string_view("--list")) {
    print_differences(cases, std::cout);
    return 0;
  }
  try {
    const KnownDifferences known = read_known_differences(library);
    return compare(library, cases, known, std::cout).is_as_expected() ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}

}  // namespace postern::oracle
